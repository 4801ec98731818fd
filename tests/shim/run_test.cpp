// The helper of the other shim tests (shim_run.hpp), in a file of the tests' glob.
#include "tests/bed/paths.hpp"
#include "tests/bed/shim_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {

std::vector<char*> array_of(std::vector<std::string>& words) {
  std::vector<char*> array;
  for (std::string& word : words) array.push_back(word.data());
  array.push_back(nullptr);
  return array;
}

struct Ends {
  int read = -1;
  int write = -1;
  Ends() {
    int both[2];
    if (pipe2(both, O_CLOEXEC) == 0) {
      read = both[0];
      write = both[1];
    }
  }
};

void collect(int out, int err, GoRun& run) {
  pollfd waits[] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* texts[] = {&run.out, &run.err};
  while (waits[0].fd >= 0 || waits[1].fd >= 0) {
    poll(waits, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (waits[i].fd < 0 || waits[i].revents == 0) continue;
      char buffer[65536];
      const ssize_t n = read(waits[i].fd, buffer, sizeof buffer);
      if (n > 0) {
        texts[i]->append(buffer, static_cast<size_t>(n));
        continue;
      }
      close(waits[i].fd);
      waits[i].fd = -1;
    }
  }
}

}  // namespace

int GoRun::exit_code() const {
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
}
int GoRun::death_signal() const {
  return WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
}

std::vector<std::string> environment_for(const std::string& script, const GoOptions& options) {
  const char* path = getenv("PATH");
  const char* home = getenv("HOME");
  std::vector<std::string> env = {"FAKE_GO=" + script,
                                  std::string("HOME=") + (home ? home : "/root"), "GOENV=off"};
  bool has_path = false;
  bool has_go = options.real_go;
  for (const std::string& entry : options.env) {
    has_path = has_path || entry.starts_with("PATH=");
    has_go = has_go || entry.starts_with("GOMEND_REAL_GO=") || has_path;
    env.push_back(entry);
  }
  if (!has_path) env.push_back(std::string("PATH=") + (path ? path : "/usr/bin:/bin"));
  if (!has_go) env.push_back("GOMEND_REAL_GO=" + std::string(tests::fake_go));
  return env;
}

int start_go(const std::vector<std::string>& arguments, const std::string& script,
             const GoOptions& options, int in, int out, int err) {
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), "go");
  if (options.companion) words.insert(words.begin(), "gomend");
  std::vector<std::string> env = environment_for(script, options);
  const std::vector<char*> argv = array_of(words);
  const std::vector<char*> environment = array_of(env);
  const pid_t child = fork();
  if (child != 0) return child;
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  close_range(3, ~0U, 0);  // what the machinery that runs the tests has left open
  if (options.before_exec != nullptr) options.before_exec();
  execve(tests::gomend_binary, argv.data(), environment.data());
  _exit(126);
}

GoRun run_go(const std::vector<std::string>& arguments, const std::string& script,
             const GoOptions& options) {
  Ends in;
  Ends out;
  Ends err;
  GoRun run;
  const int pid = start_go(arguments, script, options, in.read, out.write,
                           options.merged ? out.write : err.write);
  close(in.read);
  close(out.write);
  close(err.write);
  if (!options.input.empty() && write(in.write, options.input.data(), options.input.size()) < 0)
    run.raw = -1;
  close(in.write);
  collect(out.read, err.read, run);
  waitpid(pid, &run.raw, 0);
  return run;
}

ScratchDir::ScratchDir() {
  char name[] = "/tmp/gomend-test-XXXXXX";
  if (mkdtemp(name) != nullptr) dir_ = name;
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  if (!dir_.empty()) std::filesystem::remove_all(dir_, ignored);
}

std::string ScratchDir::text_of(const std::string& name) const {
  std::ifstream file(path(name));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int ScratchDir::lines_of(const std::string& name) const {
  int lines = 0;
  for (char c : text_of(name)) lines += c == '\n';
  return lines;
}

bool wait_until(bool (*condition)(const std::string&), const std::string& argument) {
  for (int i = 0; i < 1000; ++i) {
    if (condition(argument)) return true;
    usleep(10000);
  }
  return false;
}

bool file_exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

bool blocks_signals(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk:")) return line.find_first_of("123456789abcdef", 7) != line.npos;
  }
  return false;
}
bool process_gone(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string line;
  std::getline(stat, line);
  const size_t after_name = line.rfind(')');
  return after_name == std::string::npos || line.substr(after_name).starts_with(") Z");
}
