#include "recovery/go/module_version.hpp"

#include <algorithm>

#include "recovery/go/glob.hpp"

namespace recovery {
namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}
bool is_digits(std::string_view s) {
  return !s.empty() && std::ranges::all_of(s, is_digit);
}

bool path_char(char c, bool import) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || (import && c == '+');
}

// Names that Windows reserves; Go refuses them everywhere, so that modules work everywhere.
bool is_reserved(std::string_view element) {
  std::string stem(element.substr(0, element.find('.')));
  std::ranges::transform(stem, stem.begin(),
                         [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul") return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
         stem[3] >= '1' && stem[3] <= '9';
}

// The ~1 of a Windows short name at the end of an element's stem.
bool is_short_name(std::string_view element) {
  const std::string_view stem = element.substr(0, element.find('.'));
  const std::size_t tilde = stem.rfind('~');
  return tilde != stem.npos && is_digits(stem.substr(tilde + 1));
}

bool check_element(std::string_view element, bool import) {
  if (element.empty() || element.front() == '.' || element.back() == '.') {
    if (!import || element.empty() || element.back() == '.') return false;
    if (std::ranges::all_of(element, [](char c) { return c == '.'; })) return false;
  }
  return std::ranges::all_of(element, [import](char c) { return path_char(c, import); }) &&
         !is_reserved(element) && !is_short_name(element);
}

template <class Check>
bool every_element(std::string_view path, Check check) {
  if (path.empty() || path.size() > 4096 || path.front() == '-') return false;
  while (true) {
    const std::size_t slash = path.find('/');
    if (!check(path.substr(0, slash))) return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// module.SplitPathVersion: the major version suffix, "/v2" or ".v1" of gopkg.in; nullopt if
// malformed.
std::optional<std::string_view> path_major(std::string_view path) {
  const bool gopkg = path.starts_with("gopkg.in/");
  const std::size_t mark = path.rfind(gopkg ? '.' : '/');
  if (mark == path.npos || mark + 2 >= path.size() || path[mark + 1] != 'v') {
    return gopkg ? std::nullopt : std::optional<std::string_view>("");
  }
  std::string_view digits = path.substr(mark + 2);
  if (gopkg && digits.ends_with("-unstable")) digits.remove_suffix(9);
  if (!is_digits(digits)) return gopkg ? std::nullopt : std::optional<std::string_view>("");
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  if (!gopkg && (digits == "0" || digits == "1")) return std::nullopt;
  return path.substr(mark);
}

// A decimal number without leading zeros, taken off the front.
bool take_number(std::string_view& s) {
  const std::size_t end = std::min(s.find_first_not_of("0123456789"), s.size());
  if (end == 0 || end > 18 || (end > 1 && s[0] == '0')) return false;
  s.remove_prefix(end);
  return true;
}

bool check_prerelease(std::string_view s) {
  while (true) {
    const std::size_t dot = s.find('.');
    const std::string_view part = s.substr(0, dot);
    if (part.empty()) return false;
    if (!std::ranges::all_of(part, [](char c) { return is_alnum(c) || c == '-'; })) return false;
    if (is_digits(part) && part.size() > 1 && part[0] == '0') return false;
    if (dot == s.npos) return true;
    s.remove_prefix(dot + 1);
  }
}

// module.CheckPathMajor: v2.0.0 belongs to a path that ends in /v2, and so on.
bool fits_major(std::string_view version, std::string_view major) {
  if (major.ends_with("-unstable")) major.remove_suffix(9);
  if (version.starts_with("v0.0.0-") && major == ".v1") return true;
  const std::string_view number = version.substr(0, version.find('.'));
  if (major.empty()) {
    return number == "v0" || number == "v1" || version.ends_with("+incompatible");
  }
  return number == major.substr(1);
}

std::string escape(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (is_upper(c))
      out += {'!', static_cast<char>(c - 'A' + 'a')};
    else
      out += c;
  }
  return out;
}

std::optional<std::string> unescape_text(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (is_upper(s[i])) return std::nullopt;
    if (s[i] != '!') {
      out += s[i];
    } else if (++i < s.size() && is_lower(s[i])) {
      out += static_cast<char>(s[i] - 'a' + 'A');
    } else {
      return std::nullopt;
    }
  }
  return out;
}

// path.Match of a glob against exactly as many leading elements as the glob has.
bool match_leading(std::string_view glob, std::string_view path) {
  auto slashes = std::ranges::count(glob, '/');
  std::size_t end = 0;
  for (; end < path.size(); ++end) {
    if (path[end] == '/' && slashes-- == 0) break;
  }
  if (end == path.size() && slashes > 0) return false;
  return glob_match(glob, path.substr(0, end));
}

}  // namespace

bool is_canonical_version(std::string_view v) {
  if (v.empty() || v.size() > 256 || v[0] != 'v') return false;
  v.remove_prefix(1);
  if (v.ends_with("+incompatible")) v.remove_suffix(13);
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      if (v.empty() || v[0] != '.') return false;
      v.remove_prefix(1);
    }
    if (!take_number(v)) return false;
  }
  if (v.empty()) return true;
  return v[0] == '-' && check_prerelease(v.substr(1));
}

bool is_module_path(std::string_view path) {
  if (!every_element(path, [](std::string_view e) { return check_element(e, false); }))
    return false;
  const std::string_view first = path.substr(0, path.find('/'));
  if (first.find('.') == first.npos || first[0] == '-') return false;
  if (!std::ranges::all_of(
          first, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '.'; })) {
    return false;
  }
  return path_major(path).has_value();
}

bool is_import_path(std::string_view path) {
  return every_element(path, [](std::string_view e) { return check_element(e, true); });
}

std::optional<ModuleVersion> ModuleVersion::parse(std::string_view path, std::string_view version) {
  if (!is_module_path(path) || !is_canonical_version(version)) return std::nullopt;
  if (!fits_major(version, *path_major(path))) return std::nullopt;
  return ModuleVersion(std::string(path), std::string(version));
}

std::optional<ModuleVersion> ModuleVersion::parse(std::string_view at) {
  const std::size_t mark = at.find('@');
  if (mark == at.npos) return std::nullopt;
  return parse(at.substr(0, mark), at.substr(mark + 1));
}

std::optional<ModuleVersion> ModuleVersion::unescape(std::string_view path,
                                                     std::string_view version) {
  const auto plain_path = unescape_text(path);
  const auto plain_version = unescape_text(version);
  if (!plain_path || !plain_version) return std::nullopt;
  return parse(*plain_path, *plain_version);
}

std::string escape_path(std::string_view path) {
  return escape(path);
}

std::string ModuleVersion::escaped_path() const {
  return escape(path_);
}
std::string ModuleVersion::escaped_version() const {
  return escape(version_);
}

bool match_prefix_patterns(std::string_view globs, std::string_view path) {
  while (!globs.empty()) {
    const std::size_t comma = globs.find(',');
    std::string_view glob = globs.substr(0, comma);
    globs = comma == globs.npos ? std::string_view() : globs.substr(comma + 1);
    if (glob.ends_with('/')) glob.remove_suffix(1);
    if (!glob.empty() && match_leading(glob, path)) return true;
  }
  return false;
}

}  // namespace recovery
