#pragma once
// What an installation is put into: this machine, or a directory that stands for / (an image's
// root). Below such a directory a path means what it means to who runs there: an absolute link
// leads to what is in the image, and ".." does not lead out of it (openat2(2), RESOLVE_IN_ROOT;
// step by step without it). What is handed out leads by /proc/self/fd, so that no later look goes
// elsewhere.

#include <map>
#include <memory>
#include <string>

#include "recovery/os/fd.hpp"

namespace shim {

class Ground {
 public:
  // Empty: this machine. Throws std::system_error when it is no directory, or /proc is not there.
  explicit Ground(const std::string& root);

  // By which the thing can be reached that stands at an absolute path; a link as its last name is
  // not followed. Empty (which no system call finds) when its directory is not there. Throws
  // std::system_error for anything else that is in the way.
  std::string at(const std::string& path);
  // The same, to write there: throws when its directory is not there.
  std::string must(const std::string& path);
  // Of what that leads to, where it is a link.
  std::string through(const std::string& path);
  // Of a directory itself; empty when there is none.
  std::string directory(const std::string& path);

  // Words in which such a path may stand, as a person knows it.
  std::string clean(std::string words) const;

 private:
  std::string root_;
  recovery::Fd fd_;
  std::map<std::string, recovery::Fd> directories_;
};

}  // namespace shim
