#pragma once
// A stamp: the SHA-256 of what stat says of files, with their names. While nobody changes them it
// stays the same; any change of content, mode, owner or place gives another one (ctime can't be
// set).
//
// Example: Stamper s; s.text("a.zip"); s.stat(st); memo.knows(s.take())

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/h1.hpp"
#include "recovery/state/memo.hpp"

namespace recovery {

// A stamp in the making: names, and what stat says of them.
class Stamper {
 public:
  void text(std::string_view text);
  void stat(const struct stat& st);
  void absent();
  Stamp take();                                         // and begins the next one
  long long changed_ns() const { return changed_ns_; }  // the youngest ctime so far

 private:
  void number(std::uint64_t n);
  Sha256 sum_;
  std::string buffer_;
  long long changed_ns_ = 0;
};

struct ListedFile {
  std::string name;  // relative to the tree
  std::uint64_t size;
};

// Stamps all that lies in a directory, and lists its files; false when there is anything in it but
// files and directories that can be read. `dir` is an open descriptor, not owned.
bool list_tree(int dir, Stamper& stamper, std::vector<ListedFile>& files);

// The same without stamps; sizes are 0.
bool list_names(int dir, std::vector<ListedFile>& files);

}  // namespace recovery
