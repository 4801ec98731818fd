#include "recovery/os/outside_text.hpp"

#include <algorithm>
#include <cstdint>

namespace recovery {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ends_url = " \t\r\n\"`<>|,";
constexpr std::string_view behind_url = ":;.')]}";  // may belong to the sentence

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

struct Rune {
  std::uint32_t code = 0;
  std::size_t size = 0;  // 0: no UTF-8
};

Rune first_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (size == 0 || lead > 0xF4 || text.size() < size) return {};
  std::uint32_t code = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least[size] || code > 0x10FFFF || is_surrogate ? Rune{} : Rune{code, size};
}

bool is_harmful(std::uint32_t code) {
  return (code >= 0x80 && code < 0xA0) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xFEFF || (code >= 0xE0000 && code <= 0xE007F);
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end != host.npos && host.substr(end + 1).find_first_not_of(":0123456789") == host.npos;
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  const auto is_of_name = [](char c) {
    return is_alnum(c) || c == '.' || c == '-' || c == '_' || (c & 0x80) != 0;
  };
  return colon > 0 && std::ranges::all_of(host.substr(0, colon), is_of_name) &&
         host.substr(colon).find_first_not_of(":0123456789") == host.npos;
}

// What stands behind "scheme://". Where a host should be and is none, what is there may be a part
// of a password.
std::string redacted_rest(std::string_view rest, bool hides_path) {
  const std::size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  const std::size_t at = authority.rfind('@');
  const std::string_view host = authority.substr(at + 1);  // npos + 1: all of it
  std::string text = at == authority.npos ? "" : "***@";
  text += is_host(host) ? host : "***";
  const std::string_view path = rest.substr(end);
  if (path.empty() || path == "/") return text.append(path);
  if (!hides_path && is_host(host)) return text.append(path);
  return text + "/…";
}

// Where the scheme of the URL begins whose "://" stands at `colon`.
std::size_t scheme_begin(std::string_view text, std::size_t colon) {
  std::size_t begin = colon;
  while (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == '+')) --begin;
  return begin;
}

bool is_web(std::string_view scheme) {
  const auto is = [&](std::string_view name) {
    return std::ranges::equal(scheme, name, [](char a, char b) { return (a | 0x20) == b; });
  };
  return is("http") || is("https");
}

}  // namespace

std::string printable(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    const std::size_t size = std::max<std::size_t>(rune.size, 1);
    if (rune.size == 0 || is_harmful(rune.code))
      line += replacement;
    else if (rune.code < 0x20 || rune.code == 0x7F)
      line += ' ';
    else
      line += text.substr(0, size);
    text.remove_prefix(size);
  }
  return line;
}

std::string redacted(std::string_view text) {
  std::string out;
  while (true) {
    // Some versions of go print one slash only.
    const std::size_t colon = text.find(":/");
    if (colon == text.npos) return out.append(text);
    const std::string_view scheme =
        text.substr(scheme_begin(text, colon), colon - scheme_begin(text, colon));
    const std::size_t begin = std::min(text.find_first_not_of('/', colon + 1), text.size());
    out += text.substr(0, begin);
    const bool is_url = !scheme.empty() && scheme != "file" &&
                        (begin - colon > 2 || is_web(scheme)) && begin < text.size();
    if (!is_url) {
      text.remove_prefix(begin);
      continue;
    }
    std::size_t end = std::min(text.find_first_of(ends_url, begin), text.size());
    const std::size_t least = text[begin] == '[' ? text.find(']', begin) + 1 : begin;  // IPv6
    while (end > begin && end != least && behind_url.find(text[end - 1]) != behind_url.npos) --end;
    out += redacted_rest(text.substr(begin, end - begin), is_web(scheme));
    text.remove_prefix(end);
  }
}

std::string redacted_proxies(std::string_view goproxy) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(goproxy.find_first_of(",|"), goproxy.size());
    const std::string_view entry = goproxy.substr(0, end);
    // go puts https:// in front of what has no scheme
    const bool is_bare = entry.find(":/") == entry.npos && !entry.starts_with('/');
    out += is_bare && entry.find_first_of("/@?#") != entry.npos ? redacted_rest(entry, true)
                                                                : redacted(entry);
    if (end == goproxy.size()) return out;
    out += goproxy[end];
    goproxy.remove_prefix(end + 1);
  }
}

}  // namespace recovery
