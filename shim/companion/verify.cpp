#include "shim/companion/verify.hpp"

#include <unistd.h>

#include <condition_variable>
#include <limits>
#include <mutex>
#include <stop_token>
#include <thread>

#include "recovery/os/json.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/progress.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/upkeep/verify.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::Json;
using recovery::Verified;

// A line on the terminal that says how far it is, drawn from time to time, and gone at the end.
class Bar {
 public:
  explicit Bar(const recovery::Progress& progress) : progress_(progress) {
    if (::isatty(STDERR_FILENO) == 1 && !is_quiet())
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

recovery::VerifyScope scope_of(const ParsedArguments& given) {
  if (given.has("all") && !given.positionals.empty())
    throw UsageError("--all and module arguments exclude each other");
  recovery::VerifyScope scope;
  scope.all = given.has("all");
  scope.full = given.has("full");
  scope.names = given.positionals;
  return scope;
}

std::string as_json(const Verified& verified) {
  Json findings = Json::array();
  for (const Verified::Finding& finding : verified.findings) {
    findings.push_back({{"kind", finding.kind},
                        {"name", finding.name},
                        {"problem", finding.what},
                        {"repaired", finding.is_repaired},
                        {"done", finding.done},
                        {"next", finding.next}});
  }
  return Json{{"version", 1},
              {"sound", verified.is_sound()},
              {"modules", verified.modules},
              {"unchanged", verified.unchanged},
              {"clones", verified.clones},
              {"buildEntries", verified.build_entries},
              {"deadBuildEntries", verified.dead_entries},
              {"bytesRead", verified.bytes_read},
              {"findings", findings}}
      .pretty();
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

std::string as_text(const Verified& verified) {
  std::string text;
  for (const Verified::Finding& finding : verified.findings) {
    const std::string subject = finding.kind == "module"         ? finding.name
                                : finding.kind == "clone"        ? "the clone of " + finding.name
                                : finding.kind == "sumdb"        ? "the checksum database's answers"
                                : finding.kind == "module-cache" ? "the module cache"
                                                                 : "the build cache";
    const std::string words =
        subject + ": " + finding.what + (finding.done.empty() ? "" : "; " + finding.done);
    text += printable(recovery::with_next(words, finding.next)) + "\n";
  }
  if (!text.empty()) return text;
  text = "all modules verified: " + counted(verified.modules, "module", "modules");
  if (verified.unchanged > 0)
    text += " (" + std::to_string(verified.unchanged) + " unchanged since the last check)";
  if (verified.clones > 0) text += ", " + counted(verified.clones, "clone", "clones");
  if (verified.build_entries > 0)
    text += ", " + counted(verified.build_entries, "build cache entry", "build cache entries");
  return text + "\n";
}

}  // namespace

static int verify(const Call& call) {
  const ParsedArguments& given = call.given;
  const recovery::VerifyScope scope = scope_of(given);
  recovery::Request request = request_here("verify");
  request.advise_only = !given.has("repair");
  recovery::Progress progress;
  Verified verified;
  {
    const Bar bar(progress);
    verified = recovery::verify(request, scope, progress);
  }
  write_out(given.has("json") ? as_json(verified) : as_text(verified));
  if (!verified.is_answer()) return 2;
  return verified.is_sound() ? 0 : 1;
}

const CommandRow& verify_row() {
  static const CommandRow row{
      .name = "verify",
      .summary = "check everything in the caches",
      .arguments = "[MODULE[@VERSION]…]",
      .about =
          "Checks zips, extracted directories, .ziphash, .mod and .info files, version lists, "
          "package indexes, clones, cached answers of the checksum database, and the build cache. "
          "Without a module: those of the build in this directory; outside a module, all that are "
          "cached. Works offline.",
      .options =
          {{"all", "", "everything in the caches, inside a module too"},
           {"full", "",
            "read everything again, also what was verified before and has not changed since"},
           {"repair", "",
            "repair what is corrupt, as after a failure; what is replaced is kept (gomend "
            "restore)"},
           json_option},
      .examples = {{"gomend verify --repair", "before going offline"}},
      .status = "0 all verified, or repaired; 1 something is corrupt; 2 could not be determined",
      .json =
          {{"version", "1"},
           {"sound", "true if all is verified, or was repaired"},
           {"modules", "how many were checked"},
           {"unchanged", "of these: verified before, and not changed since"},
           {"clones", "how many were checked"},
           {"buildEntries", "entries of the build cache that were checked"},
           {"deadBuildEntries", "entries whose content is gone, as go's trimming leaves them"},
           {"bytesRead", "how much was read for it"},
           {"findings",
            "list of objects: kind (module, clone, sumdb or build-cache), name, problem, repaired, "
            "done, next (a command, or empty)"}},
      .run = verify,
      .most_positionals = std::numeric_limits<std::size_t>::max()};
  return row;
}

}  // namespace shim
