#include "shim/companion/frame/row.hpp"

#include <algorithm>

namespace shim {

const CommandRow* find_command(const Commands& commands, std::string_view name) {
  const auto found = std::ranges::find(commands, name, &CommandRow::name);
  return found == commands.end() ? nullptr : *found;
}

}  // namespace shim
