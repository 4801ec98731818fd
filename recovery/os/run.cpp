#include "recovery/os/run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#define BOOST_PROCESS_V2_DISABLE_PIDFD_OPEN 1
#define BOOST_PROCESS_USE_STD_FS 1  // else 1.81 wants Boost.Filesystem linked, for a path
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/optional.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

#include "recovery/os/changed_signal.hpp"
#include "recovery/os/process_tree.hpp"

namespace recovery {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_output = 16 << 20;
constexpr std::chrono::milliseconds shortest_pause(1);
constexpr std::chrono::milliseconds longest_pause(20);
constexpr std::chrono::milliseconds longest_glance(1000);

// A kernel before 5.9 has no close_range(2), with which the launcher closes all that is not the
// helper's. Its own pipe, by which it tells of an exec that failed, is O_CLOEXEC already.
void keep_from_exec() {
  rlimit most = {};
  if (::syscall(SYS_close_range, ~0U, ~0U, 0) == 0 || ::getrlimit(RLIMIT_NOFILE, &most) != 0)
    return;
  const int end = static_cast<int>(std::min<rlim_t>(most.rlim_cur, 1 << 16));
  for (int fd = 3; fd < end; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

// The helper's environment, and its death with ours: a gomend that is killed leaves no go behind.
// Signals reach it as they reached us.
struct Surroundings {
  std::vector<const char*> env;
  pid_t parent = ::getpid();
  explicit Surroundings(const std::vector<std::string>& entries) {
    for (const std::string& entry : entries) env.push_back(entry.c_str());
    env.push_back(nullptr);
  }
  template <class Launcher>
  boost::system::error_code on_setup(Launcher& launcher, const process::filesystem::path&,
                                     const char* const*&) {
    launcher.env = env.data();
    return {};
  }
  template <class Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                          const char* const*&) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    give_back_signals();
    keep_from_exec();
    return {};
  }
};

// Reads one of the helper's streams to its end, and says so.
class Capture {
 public:
  Capture(asio::readable_pipe& pipe, std::string& into, std::function<void()> at_end)
      : pipe_(pipe), into_(into), at_end_(std::move(at_end)) {}
  void start() {
    pipe_.async_read_some(asio::buffer(buffer_),
                          [this](const boost::system::error_code& error, std::size_t n) {
                            if (into_.size() < most_output) into_.append(buffer_.data(), n);
                            if (error)
                              at_end_();
                            else
                              start();
                          });
  }

 private:
  asio::readable_pipe& pipe_;
  std::string& into_;
  std::function<void()> at_end_;
  std::array<char, 16384> buffer_ = {};
};

// A helper that has been started: it is waited for, whatever happens. Not by Boost's handle of it,
// which wants pidfd_open(2) (Linux 5.3; a container's seccomp may forbid it) or a handler of
// SIGCHLD.
class Helper {
 public:
  explicit Helper(pid_t pid) : pid_(pid) {}
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  ~Helper() { end(); }

  bool has_ended() {
    while (!ended_) {
      const pid_t pid = ::waitpid(pid_, &status_, WNOHANG);
      if (pid == 0) break;
      ended_ = pid == pid_ || errno != EINTR;
    }
    return ended_;
  }
  // With all that it has started: its git and its ssh.
  void end() {
    if (has_ended()) return;
    end_with_all_below(pid_);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
    ended_ = true;
  }
  int status() const { return status_; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  bool ended_ = false;
  int status_ = -1;
};

enum class LimitOf { time, silence };

RunResult run_child(const std::vector<std::string>& argv, const std::vector<std::string>& env,
                    const std::string& dir, std::chrono::milliseconds limit, LimitOf limit_of) {
  const ChangedSignal children(SIGCHLD, SIG_DFL);  // who ignores it can wait for none
  RunResult result;
  asio::io_context context;
  asio::readable_pipe out(context);
  asio::readable_pipe err(context);
  const std::vector<std::string> arguments(argv.begin() + 1, argv.end());
  Helper helper(process::process(context.get_executor(), argv.at(0), arguments,
                                 process::process_stdio{nullptr, out, err},
                                 process::process_start_dir(dir), Surroundings(env))
                    .detach()
                    .id());
  asio::steady_timer deadline(context, limit);
  asio::steady_timer look(context);
  std::chrono::milliseconds pause = shortest_pause;
  int streams = 2;
  auto looked = Clock::now();
  // We were stopped (Ctrl-Z), and the helper, too: that time is nobody's.
  const auto time_away = [&] {
    const auto away = Clock::now() - std::exchange(looked, Clock::now());
    return away > std::chrono::seconds(1) ? away : Clock::duration::zero();
  };
  const std::function<void(const boost::system::error_code&)> close_streams =
      [&](const boost::system::error_code& error) {
        if (error || Clock::now() < deadline.expiry()) return;  // it was put off meanwhile
        if (const auto away = time_away(); away.count() != 0 && !helper.has_ended()) {
          deadline.expires_at(deadline.expiry() + away);
          return deadline.async_wait(close_streams);
        }
        result.timed_out = !helper.has_ended();
        helper.end();
        look.cancel();
        boost::system::error_code ignored;
        out.close(ignored);
        err.close(ignored);
      };
  // A helper that gets on puts its end off.
  unsigned long long moved = 0;
  auto glanced = Clock::now();
  const auto put_off = [&] {
    if (Clock::now() - glanced < std::min(limit / 4, longest_glance)) return;
    glanced = Clock::now();
    const unsigned long long now = bytes_moved_below(helper.pid());
    if (now == std::exchange(moved, now)) return;
    deadline.expires_after(limit);
    deadline.async_wait(close_streams);
  };
  const std::function<void(const boost::system::error_code&)> look_for_end =
      [&](const boost::system::error_code& error) {
        if (error) return;
        if (!helper.has_ended()) {
          if (const auto away = time_away(); away.count() != 0) {
            deadline.expires_at(deadline.expiry() + away);
            deadline.async_wait(close_streams);
          }
          if (limit_of == LimitOf::silence) put_off();
          look.expires_after(pause);
          pause = std::min(2 * pause, longest_pause);
          return look.async_wait(look_for_end);
        }
        // A grandchild (git's maintenance) may hold the streams open for long: what it says is not
        // waited for.
        if (streams == 0) return void(deadline.cancel());
        deadline.expires_after(std::chrono::milliseconds(500));
        deadline.async_wait(close_streams);
      };
  const auto one_at_end = [&] {
    if (--streams > 0) return;
    if (helper.has_ended()) return void(deadline.cancel());
    pause = shortest_pause;  // it is about to end
    look.expires_after(pause);
    look.async_wait(look_for_end);
  };
  Capture capture_out(out, result.out, one_at_end);
  Capture capture_err(err, result.err, one_at_end);
  capture_out.start();
  capture_err.start();
  deadline.async_wait(close_streams);
  look.expires_after(pause);
  look.async_wait(look_for_end);

  context.run();
  if (!result.timed_out && WIFEXITED(helper.status()))
    result.exit_code = WEXITSTATUS(helper.status());
  result.ok = result.exit_code == 0;
  return result;
}

// Boost's own words name its parts, files and lines.
RunResult run_limited(const std::vector<std::string>& argv, const std::vector<std::string>& env,
                      const std::string& dir, std::chrono::milliseconds limit, LimitOf limit_of) {
  try {
    return run_child(argv, env, dir, limit, limit_of);
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code().value(), std::generic_category(),
                            "can't run " + argv.at(0));
  }
}

}  // namespace

RunResult run(const std::vector<std::string>& argv, const std::vector<std::string>& env,
              const std::string& dir, std::chrono::milliseconds limit) {
  return run_limited(argv, env, dir, limit, LimitOf::time);
}

RunResult run_while_it_moves(const std::vector<std::string>& argv,
                             const std::vector<std::string>& env, const std::string& dir,
                             std::chrono::milliseconds silence) {
  return run_limited(argv, env, dir, silence, LimitOf::silence);
}

}  // namespace recovery
