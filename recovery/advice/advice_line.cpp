#include "recovery/advice/advice_line.hpp"

#include <string_view>

namespace recovery {

Advice advice_in(const std::string& line) {
  for (const std::string_view mark : {"; run: ", "; see: ", "; next: "}) {
    const std::size_t at = line.find(mark);
    if (at != line.npos) return {line.substr(0, at), line.substr(at + mark.size())};
  }
  return line;
}

}  // namespace recovery
