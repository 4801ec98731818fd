#include "recovery/settings/goproxy.hpp"

#include "recovery/os/text.hpp"

namespace recovery {

std::vector<std::string> proxy_entries(std::string_view goproxy) {
  std::vector<std::string> entries;
  while (true) {
    const std::size_t end = goproxy.find_first_of(",|");
    if (std::string entry = trimmed(goproxy.substr(0, end)); !entry.empty())
      entries.push_back(entry);
    if (end == goproxy.npos) return entries;
    goproxy.remove_prefix(end + 1);
  }
}

std::string source_name(std::string_view entry) {
  if (entry.starts_with("file://") || entry == "direct" || entry == "off") {
    return std::string(entry);
  }
  const std::size_t scheme = entry.find("://");  // go puts https:// in front where there is none
  std::string_view host = scheme == entry.npos ? entry : entry.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  return std::string(host.substr(host.rfind('@') + 1));  // npos + 1: all of it
}

}  // namespace recovery
