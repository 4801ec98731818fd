#pragma once
// A terminal that a test sits at: it starts a program there, types, resizes, hangs up, and waits
// for what appears. The program leads a session whose terminal this is, as a login shell does: an
// interactive bash has job control there. And who is there: the session's processes, by /proc.
//
// Example: Terminal terminal({"bash", "-i"}, {.env = env});
//          terminal.wait_for("$ "); terminal.type("go build\n");

#include <sys/types.h>
#include <termios.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "tests/bed/process.hpp"

namespace tests {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = ' ';     // as in /proc/PID/stat; T is stopped, Z is dead and not yet waited for
  std::string program;  // the path of its executable; empty for a zombie
  std::string words;    // its command line, with spaces between
};

[[nodiscard]] std::vector<Process> processes_of_session(pid_t leader);

/// Looks again and again, for a minute at most: a condition that must come. False: it did not.
[[nodiscard]] bool comes_true(const std::function<bool()>& condition);

/// Descriptors that take the terminal's place as 0, 1 and 2; -1: the terminal; -2: closed.
using Standard = std::array<int, 3>;

class Terminal {
 public:
  /// 24 rows of 80 columns. `cwd` and `env` of `options` count.
  Terminal(const Args& argv, const RunOptions& options, const Standard& standard = {-1, -1, -1});
  ~Terminal();  // kills the session
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) const;
  void resize(int rows, int columns) const;
  void hang_up();
  [[nodiscard]] termios modes() const;

  /// Reads until this text has come, behind what the last call found. Throws std::runtime_error
  /// with what is on the screen if it does not come within a minute.
  void wait_for(const std::string& text);
  /// The same for a condition; what comes meanwhile is read.
  void wait_until(const std::string& what, const std::function<bool()>& condition);
  /// The status of the program when it has ended, as from waitpid. Its last words are on the
  /// screen then.
  [[nodiscard]] int wait_end();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& screen() const { return screen_; }
  [[nodiscard]] std::vector<Process> processes() const { return processes_of_session(pid_); }

 private:
  bool read_some(int wait_ms);

  int terminal_ = -1;
  pid_t pid_ = 0;
  bool ended_ = false;
  std::string screen_;
  std::size_t found_ = 0;  // the end of what the last wait_for found
};

}  // namespace tests
