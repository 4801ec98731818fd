#include "recovery/go/glob.hpp"

#include <optional>

namespace recovery {
namespace {

// One character of a class, taken off the front, a backslash before it resolved.
std::optional<unsigned char> take_char(std::string_view& glob) {
  if (glob.empty() || glob[0] == '-' || glob[0] == ']') return std::nullopt;
  if (glob[0] == '\\') glob.remove_prefix(1);
  if (glob.size() < 2) return std::nullopt;  // the class must still be closed
  const auto c = static_cast<unsigned char>(glob[0]);
  glob.remove_prefix(1);
  return c;
}

// "[…]" off the front of the glob: is `c` in it? nullopt for a malformed class.
std::optional<bool> take_class(std::string_view& glob, char c) {
  glob.remove_prefix(1);
  const bool negated = glob.starts_with('^');
  if (negated) glob.remove_prefix(1);
  const auto wanted = static_cast<unsigned char>(c);
  bool found = false;
  for (bool first = true; first || !glob.starts_with(']'); first = false) {
    const auto low = take_char(glob);
    if (!low) return std::nullopt;
    auto high = low;
    if (glob.starts_with('-')) {
      glob.remove_prefix(1);
      high = take_char(glob);
      if (!high) return std::nullopt;
    }
    found = found || (*low <= wanted && wanted <= *high);
  }
  glob.remove_prefix(1);
  return found != negated;
}

// Takes what matches one character off the glob's front (which is no star); false if `c` is not it.
bool take_one(std::string_view& glob, char c) {
  if (glob.empty()) return false;
  if (glob[0] == '[') return take_class(glob, c).value_or(false);
  if (glob[0] == '?') {
    glob.remove_prefix(1);
    return c != '/';
  }
  if (glob[0] == '\\') glob.remove_prefix(1);
  if (glob.empty() || glob[0] != c) return false;
  glob.remove_prefix(1);
  return true;
}

}  // namespace

bool glob_match(std::string_view glob, std::string_view name) {
  struct Place {
    std::string_view glob, name;
  };
  std::optional<Place> star;  // behind the last star, and where it has got to
  while (true) {
    if (glob.starts_with('*')) {
      glob.remove_prefix(1);
      star = {glob, name};
      continue;
    }
    if (glob.empty() && name.empty()) return true;
    if (!name.empty() && take_one(glob, name[0])) {
      name.remove_prefix(1);
      continue;
    }
    if (!star || star->name.empty() || star->name[0] == '/') return false;
    star->name.remove_prefix(1);  // the star takes one character more
    glob = star->glob;
    name = star->name;
  }
}

}  // namespace recovery
