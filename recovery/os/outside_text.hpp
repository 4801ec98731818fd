#pragma once
// Text from outside (what go, a server, a file's name, a setting says), before a person sees it:
// nothing in it moves the cursor or turns the line round, and no secret in a URL is passed on.

#include <string>
#include <string_view>

namespace recovery {

// One line of valid UTF-8. A control character is a blank; what no terminal should get otherwise
// (C1 controls, marks that change the direction, line and paragraph separators, bytes that are no
// UTF-8) is U+FFFD.
std::string printable(std::string_view text);

// Of each URL the scheme and the host are left; a user, a path and a query may be secrets of a
// source. "Get "https://me:pw@h.example/token/x?y": EOF" -> "Get "https://***@h.example/…": EOF".
// Of ssh:// and other schemes only the user goes; file:// stays as it is.
std::string redacted(std::string_view text);

// The same of a list as in GOPROXY, where an entry may lack its scheme.
std::string redacted_proxies(std::string_view goproxy);

}  // namespace recovery
