#include "recovery/upkeep/sum_repair.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "recovery/os/env.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/scoped_directory.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/sources.hpp"
#include "recovery/repair/stage.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "recovery/settings/go_setting.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/state/journal.hpp"
#include "recovery/state/kept_copy.hpp"

namespace recovery {
namespace {

constexpr std::size_t most_at_once = 500;  // versions that one go is asked for

[[noreturn]] void fail(const std::string& file, const std::string& why, const std::string& next) {
  throw std::runtime_error(with_next(file + ": " + why, next));
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
        list_(settings, cache_, {}),
        sources_(settings, request, config_, &list_) {
    // Its lines are what the user asks about, as far as the module's name has gone out anyway.
    std::set<ModuleVersion> typed;
    for (const ModuleVersion& m : list_.modules()) {
      const policy::Standing standing = list_.standing(m);
      if (standing == policy::Standing::stale_version || standing == policy::Standing::unsettled)
        typed.insert(m);
    }
    sources_.note_typed(std::move(typed));
  }

  void ask(const std::set<ModuleVersion>& all) {
    std::vector<ModuleVersion> asked;
    for (const ModuleVersion& m : all) {
      if (!database_.empty() && !match_prefix_patterns(settings_.no_sumdb, m.path()) &&
          sources_.may_ask(m))
        asked.push_back(m);
    }
    if (asked.empty()) return;
    Stage stage(cache_, settings_, request_);
    std::map<ModuleVersion, Walk> walks;
    for (const ModuleVersion& m : asked) walks.emplace(m, sources_.walk(m));
    // go asks the database about what a source has given it: one that lies is passed by.
    while (true) {
      std::map<std::string, std::vector<ModuleVersion>> by_proxy;
      for (const auto& [m, walk] : walks) {
        if (const auto source = walk.next()) by_proxy[source->proxy].push_back(m);
      }
      if (by_proxy.empty()) return;
      for (const auto& [proxy, some] : by_proxy) {
        ask(stage, some, proxy);
        for (const ModuleVersion& m : some) walks.at(m).answered(answer_about(m));
      }
    }
  }

  const GoSums& verified() const { return verified_; }

  // Why nothing vouches for it.
  std::string reason(const ModuleVersion& m) const {
    if (database_.empty()) return "GOSUMDB=off";
    if (match_prefix_patterns(settings_.no_sumdb, m.path()))
      return "covered by GONOSUMDB or GOPRIVATE";
    if (!sources_.may_ask(m)) return sources_.walk(m).why();
    // go's own word about it, if there is one.
    const std::size_t at = errors_.find(m.str());
    if (at == errors_.npos) return "not verified by " + database_;
    const std::size_t begin = errors_.rfind('\n', at) + 1;
    return "not verified by " + database_ + " (" +
           errors_.substr(begin, errors_.find('\n', at) - begin) + ")";
  }

 private:
  void ask(Stage& stage, const std::vector<ModuleVersion>& all, const std::string& proxy) {
    for (std::size_t i = 0; i < all.size(); i += most_at_once) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = first + static_cast<std::ptrdiff_t>(std::min(most_at_once, all.size() - i));
      take(stage.ask_sumdb({first, end}, database_, proxy), {first, end});
      errors_ += stage.error();
      for (const auto& [m, error] : stage.errors()) last_errors_[m] = error;
    }
  }

  policy::Answer answer_about(const ModuleVersion& m) const {
    if (verified_.go_mod.contains(m)) return policy::Answer::gave;
    const auto error = last_errors_.find(m);
    return error == last_errors_.end() ? policy::Answer::wrong_bytes
                                       : policy::answer_in(error->second);
  }

  // go keeps an answer there only when it has verified it.
  void take(const std::string& answers, const std::vector<ModuleVersion>& asked) {
    for (const ModuleVersion& m : asked) {
      const auto answer =
          cache_.read(answers + "/lookup/" + m.escaped_path() + "@" + m.escaped_version(), 1 << 20);
      if (!answer || !is_lookup(*answer)) continue;
      GoSums sums;
      sums.add(*answer);
      if (sums.zip.contains(m)) verified_.zip[m] = sums.zip[m];
      if (sums.go_mod.contains(m)) verified_.go_mod[m] = sums.go_mod[m];
    }
  }

  const Request& request_;
  const Settings& settings_;
  std::string database_;
  ScopedDirectory lent_;
  Root cache_;
  Config config_;
  BuildList list_;
  Sources sources_;
  GoSums verified_;
  std::string errors_;
  std::map<ModuleVersion, std::string> last_errors_;
};

// The old one, before anything changes.
std::string keep_old(const std::vector<std::string>& env, const SumRepair& repair) {
  const std::string state = make_state_dir(env);
  if (state.empty())
    throw std::runtime_error("no backup of " + repair.file +
                             " possible: no private state directory; "
                             "run: export XDG_STATE_HOME=DIR");
  const std::string dir = state + "/go.sum";
  ::mkdir(dir.c_str(), 0700);
  const std::string name = repair.file.substr(repair.file.rfind('/') + 1);
  struct stat own = {};
  own.st_uid = ::geteuid();
  own.st_gid = ::getegid();
  std::string path;
  for (int i = 0; path.empty() || exists(path); ++i)
    path = dir + "/" + now_in_utc() + "-" + std::to_string(i) + "-" + name;
  write_new(path, repair.old_text, 0600, own);
  keep_newest(dir);
  return path;
}

std::string resolved(const std::string& file) {
  char* real = ::realpath(file.c_str(), nullptr);
  if (real == nullptr) fail(file, std::strerror(errno), "ls -l " + quoted(file));
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
    repairs.push_back({file, read_whole(file), {}, ""});
    texts.emplace_back(repairs.back().old_text);
    if (!texts.back().is_readable())
      fail(file, "not a go.sum file: no valid line", "git log -- " + quoted(file));
    named.merge(texts.back().modules());
  }
  if (settings.sum_files.empty()) throw std::runtime_error("no go.mod here");
  if (repairs.empty())
    fail(settings.sum_files.front(), "does not exist", in_same_place(request, "mod tidy"));
  Witness witness(request, settings);
  witness.ask(named);
  for (std::size_t i = 0; i < repairs.size(); ++i) {
    repairs[i].judged = texts[i].judged_by(witness.verified());
    for (SumText::Refused& refused : repairs[i].judged.refused)
      refused.what += ", and none can be verified: " + witness.reason(refused.module);
    if (const auto m = texts[i].first_without(witness.verified()))
      repairs[i].why_unproven = witness.reason(*m);
  }
  return repairs;
}

std::string write_sum(const std::vector<std::string>& env, const SumRepair& repair) {
  const std::string file = resolved(repair.file);
  const Fd old(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat st;
  if (!old || ::fstat(old.get(), &st) != 0)
    fail(file, std::strerror(errno), "ls -l " + quoted(file));
  ::flock(old.get(), LOCK_EX);  // as go does while it writes
  if (read_whole(file) != repair.old_text)
    fail(file, "changed in the meantime; nothing was written", "gomend fix --gosum");
  const std::string kept = keep_old(env, repair);
  const std::string beside = file + ".gomend-" + std::to_string(::getpid());
  write_new(beside, repair.judged.text, st.st_mode & 07777, st);
  if (::rename(beside.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    fail(file, std::strerror(error), "ls -ld " + quoted(directory_of(file)));
  }
  return kept;
}

}  // namespace recovery
