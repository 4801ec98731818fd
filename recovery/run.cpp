#include "recovery/run.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <optional>
#include <type_traits>

#define BOOST_PROCESS_USE_STD_FS 1  // else 1.81 wants Boost.Filesystem linked, for a path
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/optional.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>

namespace recovery {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

constexpr std::size_t most_output = 16 << 20;

// The helper's environment, and its death with ours: a gomend that is killed leaves no go behind.
struct Surroundings {
  std::vector<const char*> env;
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

}  // namespace

RunResult run(const std::vector<std::string>& argv, const std::vector<std::string>& env,
              const std::string& dir, std::chrono::milliseconds limit,
              const std::function<void()>& meanwhile) {
  RunResult result;
  asio::io_context context;
  asio::readable_pipe out(context);
  asio::readable_pipe err(context);
  const std::vector<std::string> arguments(argv.begin() + 1, argv.end());
  process::process child(context.get_executor(), argv.at(0), arguments,
                         process::process_stdio{nullptr, out, err}, process::process_start_dir(dir),
                         Surroundings(env));
  int awaited = 3;  // both streams and the process itself
  asio::steady_timer timer(context, limit);
  const auto one_ended = [&] {
    if (--awaited == 0) timer.cancel();
  };
  Capture capture_out(out, result.out, one_ended);
  Capture capture_err(err, result.err, one_ended);
  capture_out.start();
  capture_err.start();

  bool ended = false;
  const auto close_streams = [&](const boost::system::error_code& error) {
    if (error) return;
    boost::system::error_code ignored;
    result.timed_out = !ended;
    if (!ended) child.terminate(ignored);
    out.close(ignored);
    err.close(ignored);
  };
  timer.async_wait(close_streams);
  int status = -1;
  child.async_wait([&](const boost::system::error_code&, int) {
    status = static_cast<int>(child.native_exit_code());
    ended = true;
    // A grandchild (git's maintenance) may hold the streams open for long: what it says is not
    // waited for.
    timer.expires_after(std::chrono::milliseconds(500));
    timer.async_wait(close_streams);
    one_ended();
  });
  if (meanwhile) meanwhile();
  context.run();
  if (!result.timed_out && WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  result.ok = result.exit_code == 0;
  return result;
}

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  std::erase_if(env, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  env.push_back(name + "=" + value);
}

std::string env_value(const std::vector<std::string>& env, const std::string& name) {
  for (auto entry = env.rbegin(); entry != env.rend(); ++entry) {
    if (entry->starts_with(name + "=")) return entry->substr(name.size() + 1);
  }
  return {};
}

std::string program_on_path(const std::vector<std::string>& env, const std::string& name) {
  const std::string path = env_value(env, "PATH");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (candidate.starts_with("/") && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

}  // namespace recovery
