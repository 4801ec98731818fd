#pragma once
// What git, or hg, itself says of a clone in cache/vcs. git reads its own configuration alone and
// runs no hook; hg reads the user's, as it does for go: an extension may be needed to read a clone.
//
// Source of truth: git-fsck(1), hg(1) (verify), mercurial/lock.py.

#include <string>
#include <vector>

#include "recovery/os/run.hpp"

namespace recovery {

bool is_alive(int pid);  // a process of this machine, whoever's

class CloneJudge {
 public:
  // With the environment of the command that failed. A program that is not on its PATH can't judge.
  explicit CloneJudge(const std::vector<std::string>& env);

  // What is wrong with the clone in a directory (absolute), every object read: empty when nothing
  // is, or nobody can tell. `at_a_glance`: only what its program does not take for a repository at
  // all, and would look for in the directories above.
  std::string fault_of(const std::string& clone, bool at_a_glance = false) const;

  // "git3:https://example.com/a": what its name should be the hash of, by its own configuration.
  std::string key_of(const std::string& clone) const;

  static bool is_hg(const std::string& clone);  // else it is git's

  // Whether the holder of a lock of hg's, "host/namespace:pid", is a process of this machine that
  // lives. hg waits ten minutes for any that is not of this machine.
  static bool is_hg_lock_held(const std::string& holder);

 private:
  std::string fault_of_git(const std::string& clone) const;
  std::string fault_of_hg(const std::string& clone) const;
  RunResult ask_git(const std::string& clone, const std::vector<std::string>& words) const;
  RunResult ask_hg(const std::string& clone, const std::vector<std::string>& words) const;

  std::string git_;
  std::string hg_;
  std::vector<std::string> git_env_;
  std::vector<std::string> hg_env_;
};

}  // namespace recovery
