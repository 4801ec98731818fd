#pragma once
// The one line for what only a person can mend. It rests on evidence too: the words of a failed go
// are held against the disk, and a path that text named is put into a command only if it is a plain
// one.

#include <string>
#include <string_view>
#include <vector>

#include "recovery/mend.hpp"

namespace recovery {

// No source has the bytes that go.sum wants. Who is right is told by the checksum database: it
// alone saw the module when it was first published.
std::string checksum_story(const ModuleVersion& m, const Expected& expected,
                           const Mender::Testimony& testimony);

// Why `path` can't be read or written, and the command that mends it; empty if nothing there
// explains it.
std::string permission_advice(const std::string& path);

// Which of these directories lies on a disk that is full; empty if none does.
std::string disk_full_advice(const std::vector<std::string>& directories);

// Letters, digits and what paths of Go's caches consist of: may stand in a command without quotes.
bool is_plain(std::string_view text);

}  // namespace recovery
