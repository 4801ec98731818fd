#pragma once
// Runs the built binary as `go` with the stand-in go behind it: the shim is tested from outside, as
// a process. Each stream has a pipe of its own unless `merged`. The stand-in's behaviour is in
// FAKE_GO (see fake_go.cpp).
//
// Example: run_go({"build"}, "err broken; exit 3").exit_code() == 3.

#include <string>
#include <vector>

struct GoRun {
  int raw = 0;  // as from waitpid
  std::string out;
  std::string err;
  int exit_code() const;     // -1: died of a signal
  int death_signal() const;  // 0: exited
};

struct GoOptions {
  std::vector<std::string>
      env;  // added to a small environment; GOMEND_REAL_GO=<fake go> unless it is given here
  bool merged = false;  // 2>&1: one open file; what was said is in `out`
  std::string input;
  void (*before_exec)() = nullptr;  // in the child: closes descriptors, ignores signals
  bool real_go = false;             // find the real go on PATH instead
  bool companion = false;           // called as `gomend go …`
};

GoRun run_go(const std::vector<std::string>& arguments, const std::string& script,
             const GoOptions& options = {});

// A directory of the test's own, removed at its end.
class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  std::string path(const std::string& name = "") const {
    return name.empty() ? dir_ : dir_ + "/" + name;
  }
  int lines_of(const std::string& name) const;  // 0 when there is no such file
  std::string text_of(const std::string& name) const;

 private:
  std::string dir_;
};

// The environment of a run: PATH, HOME, FAKE_GO, GOMEND_REAL_GO, then options.env.
std::vector<std::string> environment_for(const std::string& script, const GoOptions& options);

// Starts it without waiting; the streams are the caller's. Returns the pid.
int start_go(const std::vector<std::string>& arguments, const std::string& script,
             const GoOptions& options, int in, int out, int err);

bool wait_until(bool (*condition)(const std::string&),
                const std::string& argument);  // at most 10 s
bool file_exists(const std::string& path);
bool process_gone(const std::string& pid);
// It passes signals on: while gomend starts go, the default action ends it, and go with it.
bool blocks_signals(const std::string& pid);
