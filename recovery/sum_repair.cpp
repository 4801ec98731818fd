#include "recovery/sum_repair.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "recovery/fd.hpp"
#include "recovery/go_setting.hpp"
#include "recovery/journal.hpp"
#include "recovery/lent_directory.hpp"
#include "recovery/project_files.hpp"
#include "recovery/run.hpp"
#include "recovery/sources.hpp"
#include "recovery/stage.hpp"
#include "recovery/sumdb_state.hpp"

namespace recovery {
namespace {

constexpr std::size_t most_at_once = 500;  // versions that one go is asked for
constexpr std::size_t most_kept = 20;      // old files
constexpr off_t largest = 64 << 20;        // bytes

[[noreturn]] void fail(const std::string& file, const std::string& why, const std::string& next) {
  throw std::runtime_error(file + ": " + why + (next.empty() ? "" : "; next: " + next));
}

std::string read_sum(const std::string& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0) fail(file, std::strerror(errno), "ls -l " + file);
  if (!S_ISREG(st.st_mode)) fail(file, "it is no file", "ls -ld " + file);
  if (st.st_size > largest) fail(file, "that is no go.sum, it is too large", "ls -l " + file);
  return read_text_file(file);
}

// What the checksum database says of all that the files name.
class Witness {
 public:
  Witness(const Request& request, const Settings& settings)
      : request_(request),
        settings_(settings),
        database_(sumdb_name(settings)),
        lent_(settings.mod_cache, env_value(request.env, "HOME")),
        cache_(settings.mod_cache),
        config_(read_config(request.env, directory_of(settings.go_mod))),
        sources_(cache_, settings, request, config_) {}

  void ask(const std::set<ModuleVersion>& all) {
    std::vector<ModuleVersion> asked;
    for (const ModuleVersion& m : all) {
      if (!database_.empty() && !match_prefix_patterns(settings_.no_sumdb, m.path()))
        asked.push_back(m);
    }
    if (asked.empty()) return;
    Stage stage(cache_, settings_, request_);
    ask(stage, asked, "");
    // go asks the database about what a source has given it: one that lies is passed by.
    for (std::size_t i = 1; !asked.empty(); ++i) {
      std::map<std::string, std::vector<ModuleVersion>> by_proxy;
      for (const ModuleVersion& m : asked) {
        if (is_answered(m)) continue;
        const std::vector<Source> sources = sources_.for_module(m);
        if (i < sources.size()) by_proxy[sources[i].proxy].push_back(m);
      }
      asked.clear();
      for (const auto& [proxy, some] : by_proxy) {
        ask(stage, some, proxy);
        asked.insert(asked.end(), some.begin(), some.end());
      }
    }
  }

  const GoSums& vouched() const { return vouched_; }

  // Why nothing vouches for it.
  std::string reason(const ModuleVersion& m) const {
    if (database_.empty()) return "GOSUMDB=off";
    if (match_prefix_patterns(settings_.no_sumdb, m.path()))
      return "GONOSUMDB or GOPRIVATE covers it";
    // go's own word about it, if there is one.
    const std::size_t at = errors_.find(m.str());
    if (at == errors_.npos) return database_ + " does not vouch for it";
    const std::size_t begin = errors_.rfind('\n', at) + 1;
    return database_ + " does not vouch for it (" +
           errors_.substr(begin, errors_.find('\n', at) - begin) + ")";
  }

 private:
  void ask(Stage& stage, const std::vector<ModuleVersion>& all, const std::string& proxy) {
    for (std::size_t i = 0; i < all.size(); i += most_at_once) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = first + static_cast<std::ptrdiff_t>(std::min(most_at_once, all.size() - i));
      take(stage.ask_sumdb({first, end}, database_, proxy), {first, end});
      errors_ += stage.error();
    }
  }

  bool is_answered(const ModuleVersion& m) const { return vouched_.go_mod.contains(m); }

  // go keeps an answer there only when it has verified it.
  void take(const std::string& answers, const std::vector<ModuleVersion>& asked) {
    for (const ModuleVersion& m : asked) {
      const auto answer =
          cache_.read(answers + "/lookup/" + m.escaped_path() + "@" + m.escaped_version(), 1 << 20);
      if (!answer || !is_lookup(*answer)) continue;
      GoSums sums;
      sums.add(*answer);
      if (sums.zip.contains(m)) vouched_.zip[m] = sums.zip[m];
      if (sums.go_mod.contains(m)) vouched_.go_mod[m] = sums.go_mod[m];
    }
  }

  const Request& request_;
  const Settings& settings_;
  std::string database_;
  LentDirectory lent_;
  Root cache_;
  Config config_;
  Sources sources_;
  GoSums vouched_;
  std::string errors_;
};

void keep_newest(const std::string& dir) {
  std::vector<std::filesystem::path> kept;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error))
    kept.push_back(entry.path());
  std::ranges::sort(kept);  // their names begin with the time
  for (std::size_t i = 0; i + most_kept < kept.size(); ++i) std::filesystem::remove(kept[i], error);
}

void write_file(const std::string& path, const std::string& text, mode_t mode,
                const struct stat& owner) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) fail(path, std::strerror(errno), "");
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) break;
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  const bool is_ours = owner.st_uid == ::geteuid() && owner.st_gid == ::getegid();
  const bool is_given = is_ours || ::fchown(file.get(), owner.st_uid, owner.st_gid) == 0 ||
                        owner.st_uid == ::geteuid();
  if (done == text.size() && is_given && ::fchmod(file.get(), mode) == 0 &&
      ::fsync(file.get()) == 0)
    return;
  const int error = errno;
  ::unlink(path.c_str());
  fail(path, std::strerror(error), "");
}

// The old one, before anything changes.
std::string keep_old(const std::vector<std::string>& env, const SumRepair& repair) {
  const std::string state = make_state_dir(env);
  if (state.empty())
    throw std::runtime_error("the old " + repair.file +
                             " can't be kept: there is no state directory that is yours alone; "
                             "next: export XDG_STATE_HOME=DIR");
  const std::string dir = state + "/go.sum";
  ::mkdir(dir.c_str(), 0700);
  const std::string name = repair.file.substr(repair.file.rfind('/') + 1);
  struct stat own = {};
  own.st_uid = ::geteuid();
  own.st_gid = ::getegid();
  std::string path;
  for (int i = 0; path.empty() || exists(path); ++i)
    path = dir + "/" + now_in_utc() + "-" + std::to_string(i) + "-" + name;
  write_file(path, repair.old_text, 0600, own);
  keep_newest(dir);
  return path;
}

std::string resolved(const std::string& file) {
  char* real = ::realpath(file.c_str(), nullptr);
  if (real == nullptr) fail(file, std::strerror(errno), "ls -l " + file);
  const std::string path = real;
  std::free(real);
  return path;
}

}  // namespace

std::vector<SumRepair> plan_sum_repairs(const Request& request) {
  const Settings settings = read_settings(request);
  std::vector<SumRepair> repairs;
  std::vector<SumText> texts;
  std::set<ModuleVersion> named;
  struct stat st;
  for (const std::string& file : settings.sum_files) {
    if (::lstat(file.c_str(), &st) != 0 && errno == ENOENT) continue;
    repairs.push_back({file, read_sum(file), {}, ""});
    texts.emplace_back(repairs.back().old_text);
    if (!texts.back().is_readable())
      fail(file, "nothing in it is a line of go.sum's", "git log -- " + file);
    named.merge(texts.back().modules());
  }
  if (settings.sum_files.empty()) throw std::runtime_error("there is no go.mod here");
  if (repairs.empty())
    fail(settings.sum_files.front(), "there is none", in_same_place(request, "mod tidy"));
  Witness witness(request, settings);
  witness.ask(named);
  for (std::size_t i = 0; i < repairs.size(); ++i) {
    repairs[i].judged = texts[i].judged_by(witness.vouched());
    for (SumText::Refused& refused : repairs[i].judged.refused)
      refused.what += ", and nothing tells which is right: " + witness.reason(refused.module);
    if (const auto m = texts[i].first_without(witness.vouched()))
      repairs[i].why_unproven = witness.reason(*m);
  }
  return repairs;
}

std::string write_sum(const std::vector<std::string>& env, const SumRepair& repair) {
  const std::string file = resolved(repair.file);
  const Fd old(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat st;
  if (!old || ::fstat(old.get(), &st) != 0) fail(file, std::strerror(errno), "ls -l " + file);
  ::flock(old.get(), LOCK_EX);  // as go does while it writes
  if (read_sum(file) != repair.old_text)
    fail(file, "it has changed meanwhile; nothing was written", "gomend fix --gosum");
  const std::string kept = keep_old(env, repair);
  const std::string beside = file + ".gomend-" + std::to_string(::getpid());
  write_file(beside, repair.judged.text, st.st_mode & 07777, st);
  if (::rename(beside.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    fail(file, std::strerror(error), "ls -ld " + directory_of(file));
  }
  return kept;
}

}  // namespace recovery
