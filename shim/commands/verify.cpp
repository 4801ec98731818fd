#include "shim/commands/verify.hpp"

#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string_view>
#include <thread>

#include "recovery/verify.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::Verified;

// A line on the terminal that says how far it is, drawn from time to time, and gone at the end.
class Bar {
 public:
  explicit Bar(const recovery::Progress& progress) : progress_(progress) {
    const char* quiet = std::getenv("GOMEND_QUIET");
    const bool is_quiet = quiet != nullptr && std::string_view(quiet) == "1";
    if (::isatty(STDERR_FILENO) == 1 && !is_quiet)
      thread_ = std::jthread([this](const std::stop_token& stop) { draw(stop); });
  }
  ~Bar() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    write_all(STDERR_FILENO, "\r\x1b[K");
  }

 private:
  void draw(const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any ended;
    while (!ended.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; }) &&
           !stop.stop_requested()) {
      const std::uint64_t total = progress_.total, done = std::min(progress_.done.load(), total);
      const std::uint64_t percent = total == 0 ? 0 : done * 100 / total;
      std::string bar(width, ' ');
      std::fill_n(bar.begin(), width * percent / 100, '=');
      write_all(STDERR_FILENO, "\r\x1b[Kverifying [" + bar + "] " + std::to_string(percent) +
                                   "% of " + std::to_string(total >> 20) + " MiB");
    }
  }

  static constexpr std::size_t width = 30;
  const recovery::Progress& progress_;
  std::jthread thread_;
};

recovery::VerifyScope scope_of(const Chosen& chosen) {
  if (chosen.has("all") && !chosen.words.empty()) throw Misuse("either --all or modules");
  recovery::VerifyScope scope;
  scope.all = chosen.has("all");
  scope.full = chosen.has("full");
  scope.names = chosen.words;
  return scope;
}

std::string as_json(const Verified& verified) {
  auto findings = nlohmann::ordered_json::array();
  for (const Verified::Finding& finding : verified.findings) {
    findings.push_back({{"kind", finding.kind},
                        {"name", finding.name},
                        {"problem", finding.what},
                        {"mended", finding.is_mended},
                        {finding.is_mended ? "done" : "next", finding.done}});
  }
  const nlohmann::ordered_json answer{{"version", 1},
                                      {"sound", verified.is_sound()},
                                      {"modules", verified.modules},
                                      {"unchanged", verified.unchanged},
                                      {"clones", verified.clones},
                                      {"buildEntries", verified.build_entries},
                                      {"deadBuildEntries", verified.dead_entries},
                                      {"bytesRead", verified.bytes_read},
                                      {"findings", findings}};
  return answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string as_text(const Verified& verified) {
  std::string text;
  for (const Verified::Finding& finding : verified.findings) {
    const std::string subject = finding.kind == "module"  ? finding.name
                                : finding.kind == "clone" ? "the clone of " + finding.name
                                : finding.kind == "sumdb" ? "the checksum database's answers"
                                                          : "the build cache";
    text += printable(subject + ": " + finding.what +
                      (finding.done.empty() ? "" : "; " + finding.done)) +
            "\n";
  }
  if (!text.empty()) return text;
  text = "all is right: " + counted(verified.modules, "module", "modules");
  if (verified.unchanged > 0)
    text += " (" + std::to_string(verified.unchanged) + " unchanged since the last time)";
  if (verified.clones > 0) text += ", " + counted(verified.clones, "clone", "clones");
  if (verified.build_entries > 0)
    text += ", " + counted(verified.build_entries, "entry of the build cache",
                           "entries of the build cache");
  return text + "\n";
}

}  // namespace

int verify(const Arguments& arguments) {
  const Chosen chosen = parse("verify", arguments, std::numeric_limits<std::size_t>::max());
  const recovery::VerifyScope scope = scope_of(chosen);
  recovery::Request request = request_here("verify");
  request.advise_only = !chosen.has("repair");
  recovery::Progress progress;
  Verified verified;
  {
    const Bar bar(progress);
    verified = recovery::verify(request, scope, progress);
  }
  write_all(STDOUT_FILENO, chosen.has("json") ? as_json(verified) : as_text(verified));
  return verified.is_sound() ? 0 : 1;
}

}  // namespace shim
