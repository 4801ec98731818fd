#pragma once
// What the cases of hostility have in common: damage, links that are planted, and who may be hurt.

#include <functional>

#include "tests/bed/bed.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {

inline const std::string alpha = "github.com/acme/alpha@v1.1.0";
inline const Args build = {"build", "./..."};

inline void lose_a_file(const Bed& bed) {
  remove_tree(bed.tree(alpha) / "extra.go");
}

// A directory outside the caches that looks like one, and must stay as it is to the inode.
class Victim {
 public:
  explicit Victim(const Bed& bed) : path(bed.root / "tmp/victim") {
    copy_tree(fs::exists(bed.tree(alpha)) ? bed.tree(alpha) : fs::path(bed.app), path / "tree");
    {
      const Writable writable(path / "tree");
      remove_tree(path / "tree/extra.go");
    }
    copy_tree(bed.zip(alpha).parent_path(), path / "@v");
    damage(path / "@v/v1.1.0.zip", "half");
    write_file(path / "passwd", "root:x:0:0\n");
    before_ = snapshot(path);
  }
  [[nodiscard]] std::string changes() const {
    // go itself follows a link and locks there.
    return difference(before_, snapshot(path), {.ignore = {"*.lock"}, .inodes = true});
  }

  const fs::path path;

 private:
  Snapshot before_;
};

inline void plant(const fs::path& link, const fs::path& target) {
  remove_tree(link);
  const Writable parent(link.parent_path());
  fs::create_symlink(target, link);
}

}  // namespace tests
