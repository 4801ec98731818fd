#pragma once
// What gomend has put where, one line each in the file "installed" of an installation: what a line
// does not name is not taken away, and what was changed since stays.
//
//   made /home/me/.config/fish
//   block /home/me/.bashrc
//   file <64 hex> /home/me/.local/share/gomend/env.sh
//
// Paths are as those who use the installation see them.

#include <map>
#include <string>
#include <vector>

namespace shim {

struct Record {
  std::vector<std::string> made;             // directories, outermost first; go only when empty
  std::vector<std::string> blocks;           // start-up files
  std::map<std::string, std::string> files;  // and their SHA-256; of a link that of its text
};

std::string text_of(const Record& record);
// Throws std::runtime_error when it is damaged; `path` is for the words.
Record parse_record(const std::string& text, const std::string& path);

}  // namespace shim
