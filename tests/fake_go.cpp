// A stand-in for the real go, without a line of gomend's code. It does what FAKE_GO says, step by
// step, whatever its arguments are; steps are separated by ';'. With no step left it exits 0.
//
//   out TEXT, err TEXT           a line on stdout or stderr
//   raw-out TEXT, raw-err TEXT   the same without a newline
//   err-file FILE                prints FILE on stderr
//   order N                      N lines on stdout and stderr, in turns
//   big N                        N bytes on stdout
//   stream N                     N MiB on stdout, piece by piece
//   cat, read-fd N               copies stdin, or descriptor N, to stdout
//   args, env NAME               prints its arguments; a variable
//   fds                          prints the open descriptors
//   is-tty N                     prints "tty N yes|no"
//   signals                      prints SigBlk and SigIgn
//   pid FILE                     writes its pid to FILE
//   append FILE                  adds a line to FILE: a counter
//   log FILE                     adds its arguments to FILE, one invocation a line
//   damage FILE                  overwrites FILE
//   first FILE                   goes on only the first time; the next times, skips to `again`
//   sleep MS                     waits
//   catch N                      prints "caught N" when that signal comes, and exits 7
//   exit N, die N                ends; ends by signal N
//   lines N                      N empty lines on stdout, many at once
//   ignore N                     ignores that signal
//   daemon MS TEXT               leaves a child that holds the streams, and says TEXT after MS
//   leave STEPS                  leaves a child that holds the streams and does STEPS, separated by
//                                ','
//   start WORDS                  starts a copy of itself that is called so, and sleeps; goes on
//   program STEPS                runs "the user's program" as go would, through -exec if there is
//                                one; STEPS are separated by ','
//   env-by GO                    becomes GO if it is asked for `go env`
//   call-back                    becomes the `go` that PATH names, as a version manager does;
//   nothing
//                                if it is a go itself, by its note
//   nested                       becomes the `go` that PATH names, which says "nested"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

// What Go's linker puts into every program. The stand-in is a go; a copy that is to be none has its
// note changed (shim_real_go_test.cpp).
struct GoNote {
  unsigned name_size, desc_size, type;
  char name[4];
  char desc[20];
};
[[gnu::section(".note.go.buildid"), gnu::used, gnu::retain,
  gnu::aligned(4)]] const volatile GoNote note = {4, 20, 4, "Go\0", "stand-in"};

std::vector<std::string> arguments;

void do_step(const std::string& name, const std::string& rest);

void print(int fd, const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = write(fd, rest.data(), rest.size());
    if (n < 0 && errno != EINTR) return;
    if (n > 0) rest.remove_prefix(static_cast<size_t>(n));
  }
}

std::string unescape(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char c = text[++i];
    result += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return result;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) {
    part.erase(0, part.find_first_not_of(" \n"));
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

void print_fds() {
  DIR* dir = opendir("/proc/self/fd");
  std::vector<int> open_ones;
  while (const dirent* entry = readdir(dir)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(dir)) open_ones.push_back(fd);
  }
  closedir(dir);
  std::sort(open_ones.begin(), open_ones.end());
  std::string line = "fds";
  for (int fd : open_ones) line += " " + std::to_string(fd);
  print(1, line + "\n");
}

void print_signals() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk") || line.starts_with("SigIgn")) print(1, line + "\n");
  }
}

void on_caught(int signal) {
  char text[] = "caught 00\n";
  text[7] = static_cast<char>('0' + signal / 10);
  text[8] = static_cast<char>('0' + signal % 10);
  print(1, text);
  _exit(7);
}

void leave_daemon(const std::string& rest) {
  const size_t space = rest.find(' ');
  if (fork() != 0) return;
  usleep(static_cast<useconds_t>(atoi(rest.c_str()) * 1000));
  print(2, rest.substr(space + 1) + "\n");
  _exit(0);
}

void leave_doing(const std::string& steps) {
  if (fork() != 0) return;
  for (const std::string& step : split(steps, ',')) {
    const size_t space = step.find(' ');
    do_step(step.substr(0, space), space == std::string::npos ? "" : step.substr(space + 1));
  }
  _exit(0);
}

void start(const std::string& rest) {
  if (fork() != 0) return;
  setenv("FAKE_GO", "sleep 60000", 1);
  std::vector<std::string> words = split(rest, ' ');
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

// The words of -exec=…, split at spaces, quotes taken away: enough for what gomend puts there.
std::vector<std::string> exec_words() {
  for (const std::string& argument : arguments) {
    if (!argument.starts_with("-exec=")) continue;
    std::string value = argument.substr(6);
    std::erase(value, '\'');
    return split(value, ' ');
  }
  return {};
}

int run_program(std::string steps) {
  std::replace(steps.begin(), steps.end(), ',', ';');
  std::vector<std::string> words = exec_words();
  words.push_back(steps.starts_with("no-such") ? "/nonexistent/program" : "/proc/self/exe");
  if (words.back() == "/proc/self/exe") {
    char self[4096];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    words.back() = std::string(self, static_cast<size_t>(n));
  }
  words.push_back("the-program");
  const pid_t child = fork();
  if (child == 0) {
    setenv("FAKE_GO", steps.c_str(), 1);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int raw = 0;
  while (waitpid(child, &raw, 0) < 0 && errno == EINTR) continue;
  if (raw == 0) return 0;
  print(2, WIFSIGNALED(raw) ? "signal: killed\n"
                            : "exit status " + std::to_string(WEXITSTATUS(raw)) + "\n");
  return 1;
}

[[noreturn]] void die(int number) {
  signal(number, SIG_DFL);
  sigset_t all;
  sigemptyset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  raise(number);
  _exit(99);
}

bool first_time(const std::string& file) {
  const int fd = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

void print_file(int from, int to) {
  char buffer[4096];
  for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
    print(to, {buffer, static_cast<size_t>(n)});
}

void log_arguments(const std::string& file) {
  std::string line;
  for (size_t i = 1; i < arguments.size(); ++i) line += (i > 1 ? " " : "") + arguments[i];
  std::ofstream(file, std::ios::app) << line + "\n";
}

void answer_env_by(const std::string& go) {
  if (arguments.size() < 2 || arguments[1] != "env") return;
  std::vector<char*> argv;
  for (std::string& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(go.c_str(), argv.data());
  _exit(127);
}

[[noreturn]] void be_go_on_path() {
  arguments[0] = "go";
  std::vector<char*> argv;
  for (std::string& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp("go", argv.data());
  _exit(126);
}

[[noreturn]] void start_nested() {
  setenv("FAKE_GO", "out nested", 1);
  arguments = {"go", "version"};
  be_go_on_path();
}

void print_whole_file(const std::string& file, int to) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  print_file(fd, to);
  close(fd);
}

void do_step(const std::string& name, const std::string& rest) {
  const int number = atoi(rest.c_str());
  if (name == "out") print(1, unescape(rest) + "\n");
  if (name == "err") print(2, unescape(rest) + "\n");
  if (name == "raw-out") print(1, unescape(rest));
  if (name == "raw-err") print(2, unescape(rest));
  if (name == "exit") _exit(number);
  if (name == "die") die(number);
  if (name == "append") std::ofstream(rest, std::ios::app) << "x\n";
  if (name == "damage") std::ofstream(rest) << "damaged\n";
  if (name == "log") log_arguments(rest);
  if (name == "env-by") answer_env_by(rest);
  if (name == "call-back" && note.type != 4) be_go_on_path();
  if (name == "nested") start_nested();
  if (name == "err-file") print_whole_file(rest, 2);
  if (name == "sleep") usleep(static_cast<useconds_t>(number * 1000));
  if (name == "big") print(1, std::string(static_cast<size_t>(number), 'b'));
  if (name == "args")
    for (const std::string& argument : arguments) print(1, argument + "\n");
  if (name == "env")
    print(1, rest + "=" + (getenv(rest.c_str()) ? getenv(rest.c_str()) : "(unset)") + "\n");
  for (int i = 0; name == "stream" && i < number * 16; ++i) print(1, std::string(1 << 16, 's'));
  if (name == "fds") print_fds();
  if (name == "signals") print_signals();
  if (name == "is-tty") print(1, "tty " + rest + (isatty(number) ? " yes\n" : " no\n"));
  if (name == "catch") signal(number, on_caught);
  if (name == "pid") std::ofstream(rest) << getpid() << "\n";
  if (name == "cat") print_file(0, 1);
  if (name == "read-fd") print_file(number, 1);
  for (int left = number; name == "lines" && left > 0; left -= 1 << 16)
    print(1, std::string(static_cast<size_t>(std::min(left, 1 << 16)), '\n'));
  if (name == "ignore") signal(number, SIG_IGN);
  if (name == "daemon") leave_daemon(rest);
  if (name == "leave") leave_doing(rest);
  if (name == "start") start(rest);
  if (name == "program" && run_program(rest) != 0) _exit(1);
  for (int i = 0; name == "order" && i < number; ++i) {
    print(1, "out " + std::to_string(i) + "\n");
    print(2, "err " + std::to_string(i) + "\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  arguments.assign(argv, argv + argc);
  const char* script = getenv("FAKE_GO");
  bool skipping = false;
  for (const std::string& step : split(script ? script : "", ';')) {
    const size_t space = step.find(' ');
    const std::string name = step.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : step.substr(space + 1);
    if (name == "again" && !skipping) return 0;
    if (name == "again") skipping = false;
    if (skipping) continue;
    if (name == "first") skipping = !first_time(rest);
    do_step(name, rest);
  }
  return 0;
}
