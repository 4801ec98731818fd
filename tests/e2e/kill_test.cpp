// gomend is killed (SIGKILL) in the middle of a repair: at each of its system calls that change
// something, by ptrace, before the call is made. Whatever that leaves: no file is torn, plain go
// fails no worse than before, and the next gomend succeeds.
//
// With every test run some of the points, in the long one ([.long]) all.

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "tests/bed/bed.hpp"
#include "tests/bed/image.hpp"
#include "tests/bed/machine.hpp"
#include "tests/bed/tally.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const Args build = {"build", "./..."};

using Call = __ptrace_syscall_info;

bool opens_to_write(pid_t pid, const Call& call) {
  const auto flags_at = call.entry.args[2];
  if (call.entry.nr == SYS_openat) return (flags_at & (O_CREAT | O_WRONLY | O_RDWR)) != 0;
  // struct open_how begins with the flags
  const long flags = ::ptrace(PTRACE_PEEKDATA, pid, flags_at, nullptr);
  return (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0;
}

bool changes_something(pid_t pid, const Call& call) {
  switch (call.entry.nr) {
    case SYS_openat:
    case SYS_openat2:
      return opens_to_write(pid, call);
    case SYS_write:
      return call.entry.args[0] > 2;
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_linkat:
    case SYS_symlinkat:
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_fchmod:
    case SYS_fchmodat:
    case SYS_fchownat:
    case SYS_ftruncate:
    case SYS_rename:
    case SYS_unlink:
    case SYS_mkdir:
      return true;
    default:
      return false;
  }
}

struct Reached {
  int changes = 0;  // how many it came to; -1: nothing can be traced here
  int status = 0;   // as from waitpid
  bool was_sent = false;
};

// It goes on by itself, with the signal; who is stopped by it is woken after a while.
int end_after(pid_t child, int signal) {
  int status = 0;
  if (signal == SIGKILL) ::kill(child, signal);
  ::ptrace(PTRACE_DETACH, child, nullptr, signal);
  if (signal == SIGSTOP) {
    ::usleep(100000);
    ::kill(child, SIGCONT);
  }
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

// Runs gomend's go and sends it a signal before its n-th change; 0: never. Only its first thread is
// traced: that one does the changing.
Reached run_until_change(const Bed& bed, int n, int sent = SIGKILL) {
  Env env = bed.env;
  env["PATH"] = bed.shim.parent_path().string() + ":" + env["PATH"];
  Args argv{"go"};
  argv.insert(argv.end(), build.begin(), build.end());
  const Image image(argv, env);
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(null, fd);
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(125);
    ::raise(SIGSTOP);
    image.become(bed.app);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return {-1, status, false};
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr,
           PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  int changes = 0, signal = 0;
  while (true) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, signal);
    if (::waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status))
      return {changes, status, false};
    const int stop = WSTOPSIG(status);
    const bool is_ours =
        stop == (SIGTRAP | 0x80) || status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
    signal = is_ours ? 0 : stop;
    if (stop != (SIGTRAP | 0x80)) continue;
    Call call = {};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call);
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !changes_something(child, call)) continue;
    if (++changes == n) return {changes, end_after(child, sent), true};
  }
}

struct Row {
  std::string name;
  std::function<void(const Bed&)> inflict;
  Modules modules = Modules::full;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"a tree that lost a file and has another changed",
       [](const Bed& bed) {
         damage(bed.tree(alpha) / "extra.go", "deleted");
         damage(bed.tree(alpha) / "alpha.go", "garbage");
       }},
      {"a zip cut off", [](const Bed& bed) { damage(bed.zip(alpha), "half"); }, Modules::downloads},
      {"a go.mod and its ziphash",
       [](const Bed& bed) {
         damage(bed.download(alpha, ".mod"), "garbage");
         damage(bed.download(alpha, ".ziphash"), "garbage");
       }},
      {"a directory in the place of the lock, and of the zip",
       [](const Bed& bed) {
         damage(bed.zip(alpha), "dir");
         damage(bed.download(alpha, ".lock"), "dir");
       },
       Modules::downloads},
  };
  return all;
}

// Files that are neither as they should be nor as they were: half written, or put together wrongly.
std::string torn(const Bed& bed, const Snapshot& damaged) {
  std::string found;
  const auto is_in = [](const Snapshot& all, const std::string& path, const Entry& entry) {
    const auto other = all.find(path);
    return other != all.end() && other->second.kind == entry.kind &&
           other->second.digest == entry.digest;
  };
  for (const auto& [path, entry] : bed.modules()) {
    const bool is_own = path.starts_with("cache/gomend") || path.ends_with(".lock") ||
                        path.ends_with(".tmp") || path == "cache/lock";
    if (is_own || entry.kind == 'd') continue;
    // A go that gomend had started again died with it: its own mark says that this is not whole.
    const bool is_marked =
        path.ends_with(".partial") ||
        (fs::exists(bed.download(alpha, ".partial")) &&
         (bed.gomodcache / path).string().starts_with(bed.tree(alpha).string() + "/"));
    if (is_marked) continue;
    if (!is_in(bed.pristine_modules(), path, entry) && !is_in(damaged, path, entry))
      found += path + "\n";
  }
  return found;
}

void check_point(const Go& go, const Row& row, int n, int signal) {
  const Bed bed(go, {.modules = row.modules});
  row.inflict(bed);
  const Snapshot damaged = bed.modules();
  const Witness witness(bed);
  const Reached reached = run_until_change(bed, n, signal);
  INFO(go.version << ": " << row.name << ", signal " << signal << " before change " << n);
  const bool ends = signal != SIGSTOP;  // else it has gone on, and mended
  if (reached.was_sent) CHECK(reached.status == (ends ? signal : 0));
  CHECK(torn(bed, damaged) == "");
  CHECK(witness.changes() == "");
  const Ran plain = bed.go(build);
  INFO("plain go: " << plain.text());
  CHECK((plain.code() == 0 || plain.code() == 1));
  const Ran next = bed.gomend(build);
  INFO("the next gomend: " << next.text());
  CHECK(next.code() == 0);
  tally("table 11 (killed)", go.version, "points at which the next gomend succeeds");
  CHECK(torn(bed, {}) == "");
  CHECK(witness.changes() == "");
  // Nothing of the one that was killed is left but what it had put into quarantine; where there was
  // nothing to repair any more, the next repair clears it away.
  if (plain.code() == 0) return;
  if (!fs::exists(bed.gomodcache / "cache/gomend")) return;
  for (const auto& entry : fs::directory_iterator(bed.gomodcache / "cache/gomend"))
    CHECK(!entry.path().filename().string().starts_with("stage-"));
}

// At about `points` changes, evenly, one of the signals in turn; 0: at each change each signal.
void check_row(const Go& go, const Row& row, int points, const std::vector<int>& signals) {
  const int changes = [&] {
    const Bed bed(go, {.modules = row.modules});
    row.inflict(bed);
    return run_until_change(bed, 0).changes;
  }();
  if (changes < 0) return skip("needs ptrace");
  INFO(row.name);
  CHECK(changes > 5);
  const int step = points == 0 ? 1 : std::max(1, changes / points);
  std::size_t turn = 0;
  for (int n = 1 + (changes - 1) % step; n <= changes; n += step) {
    if (points != 0) {
      check_point(go, row, n, signals[turn++ % signals.size()]);
    } else {
      for (const int signal : signals) check_point(go, row, n, signal);
    }
  }
}

void check_some(int points, const std::vector<int>& signals) {
  for (std::size_t n = 0; n < rows().size(); ++n) {
    for (const Go& go : gos_of_row(n)) check_row(go, rows()[n], points, signals);
  }
}

void check_all(const std::vector<int>& signals) {
  for (const Go& go : gos()) {
    for (const Row& row : rows()) check_row(go, row, 0, signals);
  }
}

}  // namespace

TEST_CASE("gomend may be killed at any point of a repair", "[e2e]") {
  check_some(4, {SIGKILL});
}

TEST_CASE("gomend may be ended, or stopped for a while, at any point of a repair (issue 15.13)",
          "[e2e]") {
  check_some(3, {SIGTERM, SIGHUP, SIGSTOP});
}

TEST_CASE("gomend may be ended, or stopped for a while, at every point of a repair",
          "[.long][kill]") {
  check_all({SIGTERM, SIGHUP, SIGSTOP});
}

TEST_CASE("gomend may be killed at every point of a repair", "[.long][kill]") {
  check_all({SIGKILL});
}

}  // namespace tests
