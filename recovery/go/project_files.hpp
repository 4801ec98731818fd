#pragma once
// What the project's own files say beyond the build list: marks of an unfinished merge, replace
// directives that name directories, the repository that they lie in. Read, never written.
//
// Example: {"/src/app/go.mod", "example.com/a@v1.0.0", "example.com/a", "../a", "/src/a"}

#include <string>
#include <vector>

namespace recovery {

// True if git has left both sides of a merge in the file.
bool has_conflict(const std::string& file);
int line_of_conflict(const std::string& file);  // of its first mark; 0: there is no such merge

struct LocalReplace {
  std::string file;    // the go.mod or go.work that has the line
  std::string old;     // "github.com/a/b", or with "@v1.2.3"
  std::string path;    // github.com/a/b
  std::string target;  // as written
  std::string dir;     // absolute
};
std::vector<LocalReplace> local_replacements(const std::string& file);

}  // namespace recovery
