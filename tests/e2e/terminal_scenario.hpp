#pragma once
// A scenario on a terminal, played twice: with the real go, and with gomend in its place. Who sits
// there must see the same: the bytes on the screen, how it ended, who is stopped and who is left.
// gomend's own process is the one difference.
//
// Example: check_as_plain_go(bed, [](const Place& place) {
//            Terminal terminal({"go", "build", "./..."}, place.options());
//            return end_of(terminal);
//          });

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <regex>

#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/terminal.hpp"
#include "tests/catch.hpp"

namespace tests {

inline const std::string alpha = "github.com/acme/alpha@v1.1.0";
inline const std::string prompt = "ready> ";
inline constexpr const char* ctrl_c = "\x03";
inline constexpr const char* ctrl_z = "\x1a";
inline constexpr const char* ctrl_backslash = "\x1c";

inline bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

inline std::string how(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

// The bed's project with tests/probe as its cmd/probe.
struct ProbeBed : Bed {
  explicit ProbeBed(const Go& go = gos().back(), const BedOptions& options = {})
      : Bed(go, options) {
    copy_tree(fs::path(tests_dir) / "probe", app / "cmd/probe");
  }
};

// Where a scenario is played: with the real go, or with gomend in its place.
struct Place {
  const Bed& bed;
  bool gomend;

  [[nodiscard]] RunOptions options(Env env = {}) const {
    env.insert(bed.env.begin(), bed.env.end());
    if (gomend) env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"];
    return {.env = env, .cwd = bed.app};
  }
  [[nodiscard]] RunOptions shell_options() const {
    return options({{"PS1", prompt}, {"HISTFILE", "/dev/null"}});
  }
};

inline const Args interactive = {"bash", "--norc", "--noprofile", "--noediting", "-i"};

// Who else is in the leader's session: "go stopped, probe stopped".
inline std::string who(const Terminal& terminal, const Bed& bed) {
  std::vector<std::string> all;
  std::string shim;
  std::string go;
  for (const Process& process : terminal.processes()) {
    if (process.state == 'Z' || process.program.empty()) continue;
    const std::string state = process.state == 'T' ? " stopped" : " runs";
    const bool is_shim = process.program == bed.shim;
    const std::string name = fs::path(process.program).filename();
    if (is_shim) shim = state;
    if (!is_shim && name == "go") go = state;
    if (is_shim || name == "bash") continue;
    all.push_back(name + state);
  }
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return shim.empty() || shim == go ? text : text + ", but gomend" + shim;
}

inline void wait_for_state(Terminal& terminal, const Bed& bed, const std::string& wanted) {
  terminal.wait_until(wanted, [&] { return who(terminal, bed) == wanted; });
}

inline bool is_there(const Terminal& terminal, const std::string& words) {
  const std::vector<Process> all = terminal.processes();
  return std::any_of(all.begin(), all.end(), [&](const Process& process) {
    return process.state != 'Z' && contains(process.words, words);
  });
}

// The job that the shell has started: go, or gomend in its place.
inline pid_t job_of(const Terminal& shell) {
  for (const Process& process : shell.processes()) {
    if (process.parent == shell.pid() && fs::path(process.program).filename() == "go")
      return process.pid;
  }
  throw std::runtime_error("the shell has no job");
}

// Without what is never the same twice.
inline std::string lasting(std::string text) {
  text = std::regex_replace(text, std::regex("\\[1\\] [0-9]+"), "[1] PID");
  text = std::regex_replace(text, std::regex("go-build[0-9]+"), "go-buildN");
  text = std::regex_replace(text, std::regex("[0-9]+\\.[0-9]+ ?(s|ns/op)"), "N s");
  // What ends by the Ctrl-C that ends go too is told of by go, or not.
  text = std::regex_replace(text, std::regex("example[^\\n]*hold: signal: interrupt\r?\n?"), "");
  // The last prompt may come too late to be read, or not.
  return std::regex_replace(text, std::regex("[\\r\\n]*(ready> )?$"), "");
}

using Scenario = std::function<std::string(const Place&)>;

inline void check_as_plain_go(const Bed& bed, const Scenario& scenario) {
  const std::string plain = lasting(scenario({bed, false}));
  const std::string ran = lasting(scenario({bed, true}));
  INFO("plain go: " << plain);
  INFO("gomend:   " << ran);
  CHECK(ran == plain);
}

inline std::string end_of(Terminal& terminal) {
  const int status = terminal.wait_end();
  return terminal.screen() + "\n" + how(status);
}

// Asks the shell how its last command ended.
inline void check_ended(Terminal& shell, const std::string& wanted) {
  shell.type("echo ended with $?\n");
  shell.wait_for(wanted);
}

inline fs::path write_script(const fs::path& path, const std::string& lines) {
  write_file(path, "#!/bin/sh\n" + lines);
  fs::permissions(path, fs::perms{0755});
  return path;
}

// A package whose compiler never comes to an end: it has become a `sleep`.
struct HeldCompiler {
  std::string flag;
  explicit HeldCompiler(const Bed& bed) {
    write_file(bed.app / "cmd/slow/main.go", "package main\n\nfunc main() {}\n");
    const fs::path hold = write_script(
        bed.tmp / "hold", "case \"$*\" in *-V=full*) exec \"$@\";; esac\nexec sleep 1000\n");
    flag = "-toolexec=" + hold.string();
  }
  static void wait(Terminal& terminal) {
    terminal.wait_until("the compiler", [&] { return is_there(terminal, "sleep 1000"); });
  }
  // Types the build, and waits until it is there; `behind`: " &" for the background.
  void build_in(Terminal& shell, const std::string& behind = "") const {
    shell.type("go build " + flag + " ./cmd/slow" + behind + "\n");
    wait(shell);
  }
};

// A zip that is broken and must be fetched again, from a source that says nothing until its fault
// is cleared: gomend repairs for ever.
inline void break_and_silence(const Bed& bed) {
  remove_tree(bed.tree(alpha));
  damage(bed.zip(alpha), "half");
  bed.proxy.fault({.match = "zip$", .kind = "silence"});
}

inline void wait_for_repair(Terminal& terminal) {
  terminal.wait_until("a download", [&] { return is_there(terminal, "mod download"); });
}

}  // namespace tests
