#include "shim/companion/install/record.hpp"

#include <stdexcept>

namespace shim {
namespace {

constexpr std::string_view record_head = "gomend installed 1\n";
constexpr std::size_t hash_size = 64;

}  // namespace

std::string text_of(const Record& record) {
  std::string text(record_head);
  for (const std::string& path : record.made) text += "made " + path + "\n";
  for (const std::string& path : record.blocks) text += "block " + path + "\n";
  for (const auto& [path, hash] : record.files) text += "file " + hash + " " + path + "\n";
  return text;
}

Record parse_record(const std::string& text, const std::string& path) {
  const std::runtime_error damaged(path + " is corrupt; run: gomend install");
  if (!text.starts_with(record_head)) throw damaged;
  Record record;
  std::size_t at = record_head.size();
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    if (end == text.npos) throw damaged;
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("made /"))
      record.made.push_back(line.substr(5));
    else if (line.starts_with("block /"))
      record.blocks.push_back(line.substr(6));
    else if (line.starts_with("file ") && line.find(" /") == 5 + hash_size)
      record.files[line.substr(6 + hash_size)] = line.substr(5, hash_size);
    else
      throw damaged;
  }
  return record;
}

}  // namespace shim
