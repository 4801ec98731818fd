#include "recovery/go/zip_rules.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace recovery {
namespace {

constexpr std::uint64_t largest_text = 16 << 20;  // MaxGoMod, MaxLICENSE

// No overlong form, no surrogate, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80   ? 1
                             : byte < 0xc2 ? 0
                             : byte < 0xe0 ? 2
                             : byte < 0xf0 ? 3
                                           : 4;
    if (size == 0 || byte > 0xf4 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    const auto second = size > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
        (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f))
      return false;
    i += size;
  }
  return true;
}

bool is_name_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&()+,-.=@[]^_{}~ ").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string all(text);
  for (char& c : all) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return all;
}

bool is_device_of_windows(std::string_view element) {
  static constexpr std::array devices{
      "con", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "nul",
      "prn", "aux",  "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"};
  const std::string name = lower(element.substr(0, element.find('.')));
  return std::ranges::find(devices, name) != devices.end();
}

bool is_element(std::string_view element) {
  return !element.empty() && element.back() != '.' &&
         std::ranges::all_of(element, is_name_character) && !is_device_of_windows(element);
}

// Names as a file system that does not tell case apart would have them.
class Names {
 public:
  std::string clash(std::string_view path, bool is_directory) {
    const auto [known, is_new] =
        known_.try_emplace(lower(path), Known{std::string(path), is_directory});
    if (!is_new) {
      if (known->second.path != path) return "names that differ in case only";
      if (known->second.is_directory != is_directory) return "a name for a file and a directory";
      if (!is_directory) return "a name twice";
      return {};  // and so its parents
    }
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? std::string() : clash(path.substr(0, slash), true);
  }

 private:
  struct Known {
    std::string path;
    bool is_directory;
  };
  std::map<std::string, Known> known_;
};

std::string fault_in_go_mod(std::string_view path, std::uint64_t size) {
  const std::string_view base = path.substr(path.rfind('/') + 1);
  if (lower(base) == "go.mod") {
    if (base.size() != path.size()) return "a go.mod below its root";
    if (path != "go.mod") return "a go.mod in another case";
  }
  const bool is_text = path == "go.mod" || path == "LICENSE";
  return is_text && size > largest_text ? "a " + std::string(path) + " that is too large" : "";
}

}  // namespace

bool is_file_path(std::string_view path) {
  if (!is_utf8(path)) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_element(path.substr(0, slash))) return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string fault_in_names(const std::vector<ZipEntry>& entries, const ModuleVersion& m) {
  const std::string prefix = m.str() + "/";
  Names names;
  for (const ZipEntry& entry : entries) {
    if (!entry.name.starts_with(prefix)) return "a name outside " + prefix;
    std::string_view path = std::string_view(entry.name).substr(prefix.size());
    if (path.empty()) continue;
    const bool is_directory = path.ends_with('/');
    if (is_directory) path.remove_suffix(1);
    if (!is_file_path(path)) return "a name that is not a file path";
    if (std::string clash = names.clash(path, is_directory); !clash.empty()) return clash;
    if (is_directory) continue;
    if (std::string fault = fault_in_go_mod(path, entry.size); !fault.empty()) return fault;
  }
  return {};
}

}  // namespace recovery
