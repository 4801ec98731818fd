#include "recovery/repair/stage.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/run.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view prefix = "stage-";
// go itself has no limit at all: a silent server would hold us for ever. What gets on has none
// here.
constexpr auto longest_silence = 30s;
constexpr std::size_t largest_lent = 1 << 20;

std::string go_sum_lines(const ModuleVersion& m, const Expected& lines) {
  std::string text;
  for (const std::string& h1 : lines.zip) text += m.path() + " " + m.version() + " " + h1 + "\n";
  for (const std::string& h1 : lines.go_mod) {
    text += m.path() + " " + m.version() + "/go.mod " + h1 + "\n";
  }
  return text;
}

// Copies what lies below one directory into another; both may be absent. Small state of the
// checksum database only.
void copy_tree(const Root& from, const std::string& source, const Root& to,
               const std::string& target) {
  const auto names = from.list(source);
  if (!names) return;
  to.make_directories(target);
  for (const std::string& name : *names) {
    if (from.stat(source + "/" + name).kind == Kind::directory) {
      copy_tree(from, source + "/" + name, to, target + "/" + name);
    } else if (const auto bytes = from.read(source + "/" + name, 1 << 20)) {
      to.write_new(target + "/" + name, *bytes, 0666);
    }
  }
}

void hand_over(const Root& cache, const std::string& from, const std::string& to) {
  for (const std::string& name : cache.list(from).value_or(std::vector<std::string>{})) {
    const std::string source = from + "/" + name, target = to + "/" + name;
    if (cache.stat(source).kind == Kind::directory)
      hand_over(cache, source, target);
    else if (cache.stat(target).kind == Kind::absent) {
      cache.make_directories(to);
      cache.move(source, target);
    }
  }
}

std::string error_of(const RunResult& result) {
  if (result.timed_out) return "download timed out: no byte came for 30 s";
  const Json error = Json::parse(result.out)["Error"];
  return error.is_string() ? error.text() : result.err;
}

// One JSON object a module, each ended by a brace at the line's begin. `go list` has the words
// inside an object.
std::map<ModuleVersion, std::string> errors_by_module(std::string_view objects) {
  std::map<ModuleVersion, std::string> errors;
  constexpr std::string_view closing = "\n}\n";
  for (std::size_t end; (end = objects.find(closing)) != objects.npos;
       objects.remove_prefix(end + closing.size())) {
    const Json object = Json::parse(objects.substr(0, end + 2));
    const Json error = object["Error"];
    const auto m = ModuleVersion::parse(object["Path"].text(), object["Version"].text());
    if (m && error.is_string()) errors.emplace(*m, error.text());
    if (m && error.is_object()) errors.emplace(*m, error["Err"].text());
  }
  return errors;
}

// Which toolchain the user's command runs with is not known here (go.mod of the main module, or of
// P in `go install P@V`, chooses it), so the one that is there fetches. It says at the end that the
// module wants a newer one; what it checked lies there all the same.
bool only_wants_newer_go(const std::string& error) {
  return error.find(" requires go >= ") != error.npos &&
         error.find("; GOTOOLCHAIN=local)") != error.npos;
}

}  // namespace

Stage::Stage(const Root& cache, const Settings& settings, const Request& request)
    : cache_(cache), settings_(settings), request_(request) {
  const std::string base(own_dir);
  made_own_dir_ = cache_.stat(base).kind == Kind::absent;
  cache_.make_directories(base);
  remove_stale(cache_);
  int i = 0;
  do {
    dir_ = base + "/" + std::string(prefix) + std::to_string(::getpid()) + "-" + std::to_string(i);
    if (i++ == 100) throw std::runtime_error("no place for a stage in " + cache_.absolute(base));
  } while (!claim());
}

// False when it belongs to somebody else (containers that share a cache have the same process ids),
// or was taken for a stale one and removed before it could be locked.
bool Stage::claim() {
  if (cache_.stat(dir_).kind != Kind::absent) return false;
  try {
    cache_.make_directories(dir_);
  } catch (const std::system_error& error) {
    if (error.code().value() == ENOENT) return false;  // a stage that ended took own_dir with it
    throw;
  }
  lock_ = cache_.try_open(dir_, O_RDONLY | O_DIRECTORY);
  if (!lock_) return false;
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    throw std::system_error(errno, std::generic_category(), cache_.absolute(dir_));
  }
  struct stat locked;
  const Stat there = cache_.stat(dir_);
  return ::fstat(lock_.get(), &locked) == 0 && there.kind == Kind::directory &&
         there.st.st_ino == locked.st_ino;
}

Stage::~Stage() {
  try {
    cache_.remove_tree(dir_);
    // Nothing was replaced: the cache is left as it was. With a quarantine in it, it stays.
    const auto left = cache_.list(std::string(own_dir));
    if (made_own_dir_ && left && left->empty()) cache_.remove(std::string(own_dir));
  } catch (const std::exception&) {  // the next one removes it
  }
}

void Stage::remove_stale(const Root& cache) {
  const std::string base(own_dir);
  for (const std::string& name : cache.list(base).value_or(std::vector<std::string>{})) {
    if (!name.starts_with(prefix)) continue;
    const Fd dir = cache.try_open(base + "/" + name, O_RDONLY | O_DIRECTORY);
    if (!dir || ::flock(dir.get(), LOCK_EX | LOCK_NB) != 0) continue;
    try {
      cache.remove_tree(base + "/" + name);
    } catch (const std::system_error& error) {  // somebody else's: it is in nobody's way
      trace("stage: " + std::string(error.what()));
    }
  }
}

std::string Stage::fresh_name() {
  return dir_ + "/new-" + std::to_string(names_++);
}

std::string Stage::file(const ModuleVersion& m, std::string_view extension) const {
  return fetched_ + "/" + download_file(m, extension);
}

Stage::Fetched Stage::fetch(const ModuleVersion& m, const Expected& lines,
                            const std::string& proxy) {
  const bool has_lines = !lines.zip.empty() && !lines.go_mod.empty();
  Fetched fetched = download(m.str(), go_sum_lines(m, lines), proxy, !has_lines);
  fetched.ok = fetched.ok && cache_.stat(file(m, ".zip")).kind == Kind::regular &&
               cache_.stat(file(m, ".ziphash")).kind == Kind::regular;
  trace("fetch " + m.str() + (proxy.empty() ? "" : " from another source") +
        (fetched.ok ? ": done" : ": " + fetched.error.substr(0, 400)));
  return fetched;
}

Stage::Fetched Stage::fetch_unverified(const ModuleVersion& m, const std::string& proxy) {
  Fetched fetched = download(m.str(), "", proxy, false, m.path());
  fetched.ok = fetched.ok && cache_.stat(file(m, ".zip")).kind == Kind::regular;
  return fetched;
}

std::string Stage::fetch_clone(const std::string& query, const std::optional<ModuleVersion>& m,
                               const Expected& lines, const std::string& hash) {
  const Fetched fetched = download(query, m ? go_sum_lines(*m, lines) : "", "", true);
  const std::string clone = fetched_ + "/cache/vcs/" + hash;
  const bool is_there = cache_.stat(clone).kind == Kind::directory &&
                        cache_.stat(clone + ".info").kind == Kind::regular;
  trace("fetch " + query + " for its clone" +
        (fetched.ok && is_there ? ": done" : ": " + fetched.error.substr(0, 400)));
  return fetched.ok && is_there ? clone : std::string();
}

std::string Stage::fetch_sumdb(const ModuleVersion& m, const std::string& database) {
  const Fetched fetched = download(m.str(), "", "", false);
  error_ = fetched.error;
  trace("fetch " + m.str() +
        " for what the checksum database says: " + (fetched.ok ? "done" : error_.substr(0, 400)));
  return fetched.ok ? fetched_ + "/cache/download/sumdb/" + database : std::string();
}

void Stage::hand_over_answers() const {
  hand_over(cache_, fetched_ + "/cache/download/sumdb", "cache/download/sumdb");
}

std::string Stage::ask_sumdb(const std::vector<ModuleVersion>& all, const std::string& database,
                             const std::string& proxy) {
  const std::string place = prepare("", false);
  std::vector<std::string> list{"list", "-m", "-e", "-json"};
  for (const ModuleVersion& m : all) list.push_back(m.str());
  const RunResult result = ask(list, place, proxy);
  errors_ = errors_by_module(result.out);
  error_.clear();
  for (const auto& [m, error] : errors_) error_ += error + "\n";
  error_ += result.timed_out ? error_of(result) : result.err;
  trace("ask the checksum database for " + std::to_string(all.size()) +
        " modules: " + error_.substr(0, 400));
  return fetched_ + "/cache/download/sumdb/" + database;
}

// An empty cache, and a module of its own beside it. Gives their place.
std::string Stage::prepare(const std::string& go_sum, bool with_tiles) {
  const std::string place = fresh_name();
  fetched_ = place + "/mod";
  cache_.make_directories(fetched_);
  cache_.make_directories(place + "/main");
  cache_.write_new(place + "/main/go.mod", "module gomend.invalid/stage\n", 0666);
  cache_.write_new(place + "/main/go.sum", go_sum, 0666);
  if (!settings_.go_path.empty() && settings_.go_path.starts_with("/")) {
    try {
      copy_tree(Root(settings_.go_path), "pkg/sumdb", cache_, place + "/gopath/pkg/sumdb");
    } catch (const std::system_error&) {  // no GOPATH yet: nothing to copy
    }
  }
  if (with_tiles) copy_tiles();
  return place;
}

// The tree's tiles only, of each database: go proves them before it uses them. Its records stay
// out: go would take one that was forged for an answer, and fail.
void Stage::copy_tiles() {
  for (const std::string& name : databases("cache/download/sumdb")) {
    const std::string tiles = "cache/download/sumdb/" + name + "/tile";
    if (cache_.stat(tiles).kind == Kind::directory)
      copy_tree(cache_, tiles, cache_, fetched_ + "/" + tiles);
  }
}

// A name may have a path behind its host, and GOSUMDB may name another than it means.
std::vector<std::string> Stage::databases(const std::string& in) const {
  auto names = cache_.list(in).value_or(std::vector<std::string>{});
  if (const std::string name = sumdb_name(settings_); name.find('/') != name.npos)
    names.push_back(name);
  return names;
}

Expected Stage::answer(const ModuleVersion& m) const {
  for (const std::string& name : databases(fetched_ + "/cache/download/sumdb")) {
    Expected said = read_record(cache_, fetched_ + "/" + record_file(name, m), m);
    if (said.by != Expected::By::nothing) return said;
  }
  return {};
}

RunResult Stage::ask(const std::vector<std::string>& arguments, const std::string& place,
                     const std::string& proxy, const std::string& unverified) {
  std::vector<std::string> env = request_.env;
  set_env(env, "GOMODCACHE", cache_.absolute(fetched_));
  set_env(env, "GOPATH", cache_.absolute(place + "/gopath"));
  set_env(env, "GOFLAGS", "-modcacherw");  // an empty one would let go's env file speak
  set_env(env, "GOWORK", "off");
  set_env(env, "GO111MODULE", "on");
  set_env(env, "GOTOOLCHAIN", "local");
  if (!proxy.empty()) set_env(env, "GOPROXY", proxy);
  if (!unverified.empty()) set_env(env, "GONOSUMDB", unverified);
  std::vector<std::string> argv{request_.go};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run_while_it_moves(argv, env, cache_.absolute(place + "/main"), longest_silence);
}

Stage::Fetched Stage::download(const std::string& query, const std::string& go_sum,
                               const std::string& proxy, bool with_tiles,
                               const std::string& unverified) {
  const std::string place = prepare(go_sum, with_tiles);
  const RunResult result = ask({"mod", "download", "-json", query}, place, proxy, unverified);
  Fetched fetched;
  fetched.error = result.ok ? "" : redacted(error_of(result));
  fetched.ok = result.ok || only_wants_newer_go(fetched.error);
  if (with_tiles && !fetched.ok && fetched.error.find("inconsistent tile") != std::string::npos)
    return download(query, go_sum, proxy, false, unverified);  // one in the cache was damaged
  return fetched;
}

// What the cache holds need not be asked for again: a go.mod that is go.sum's, and an .info that is
// of this version.
void Stage::lend(const Wanted& one) {
  const ModuleVersion& m = one.module;
  const auto give = [&](std::string_view extension, const std::string& bytes) {
    cache_.make_directories(directory_of(file(m, extension)));
    cache_.write_new(file(m, extension), bytes, 0666);
  };
  const auto go_mod = cache_.read(download_file(m, ".mod"), largest_lent);
  if (go_mod && one.lines.go_mod.contains(hash_go_mod(*go_mod))) give(".mod", *go_mod);
  const auto info = cache_.read(download_file(m, ".info"), largest_lent);
  if (info && Json::parse(*info)["Version"].text() == m.version()) give(".info", *info);
}

std::map<ModuleVersion, std::string> Stage::fetch_all(const std::vector<Wanted>& wanted,
                                                      const std::string& proxy) {
  std::string go_sum;
  std::vector<std::string> download{"mod", "download", "-json"};
  std::vector<std::string> list{"list", "-m", "-e", "-json"};  // reads the go.mod of each
  const std::size_t no_downloads = download.size(), no_lists = list.size();
  for (const Wanted& one : wanted) {
    go_sum += go_sum_lines(one.module, one.lines);
    (one.whole ? download : list).push_back(one.module.str());
  }
  const std::string place = prepare(go_sum, true);
  for (const Wanted& one : wanted) {
    if (one.whole) lend(one);
  }
  std::map<ModuleVersion, std::string> errors;
  const auto fetch_some = [&](const std::vector<std::string>& arguments, std::size_t none) {
    if (arguments.size() == none) return;
    const RunResult result = ask(arguments, place, proxy);
    errors.merge(errors_by_module(result.out));
    const std::string all = result.ok ? "" : error_of(result);
    trace("fetch " + std::to_string(arguments.size() - none) +
          " modules: " + (result.ok ? "done" : all.substr(0, 400)));
    for (std::size_t i = none; i < arguments.size(); ++i) {
      if (const auto m = ModuleVersion::parse(arguments[i]); m && !all.empty())
        errors.emplace(*m, all);
    }
  };
  fetch_some(download, no_downloads);
  fetch_some(list, no_lists);
  return errors;
}

}  // namespace recovery
