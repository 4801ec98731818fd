#pragma once
// A place beside the cache, on its file system, where replacements are fetched and verified before
// anything is swapped: GOMODCACHE/cache/gomend/stage-…, gone when the object is. go itself fetches,
// into a GOMODCACHE of its own there, in a module of its own whose go.sum holds the expected lines,
// with a copy of GOPATH/pkg/sumdb (that fetch must not move the user's signed tree head). The
// user's environment, his go and the sources he trusts; nothing of verification is changed.
//
// Stages left behind by a gomend that was killed are removed by the next one: each holds a flock on
// its directory.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recovery/go/sumdb_record.hpp"
#include "recovery/os/run.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {

class Stage {
 public:
  Stage(const Root& cache, const Settings& settings, const Request& request);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // What a gomend that was killed has left. A new stage does it; so should a repair that needs
  // none.
  static void remove_stale(const Root& cache);

  struct Fetched {
    bool ok = false;
    std::string error;  // what go said, when not ok
  };
  // `go mod download M@V` with this GOPROXY (empty: the user's own, untouched) and go.sum lines.
  // Afterwards the files are at file(m, ".zip") and so on. Each call starts from an empty cache.
  Fetched fetch(const ModuleVersion& m, const Expected& lines, const std::string& proxy);

  // What a source serves, to be looked at and nothing else: nobody vouches for it, and it must not
  // come into the cache.
  Fetched fetch_unverified(const ModuleVersion& m, const std::string& proxy);

  // `go mod download QUERY` ("example.com/a@latest") for the sake of the clone that go makes on the
  // way: its path relative to the cache, .info beside it; empty when go made none by that name.
  // `lines` are go.sum's of `m`, which the query names, if it names a version.
  std::string fetch_clone(const std::string& query, const std::optional<ModuleVersion>& m,
                          const Expected& lines, const std::string& hash);

  // What the checksum database says of it, go having verified that in the last fetch or question:
  // no record lies in a stage but those that this go asked for. Nothing, if go did not ask.
  Expected answer(const ModuleVersion& m) const;

  // M@V with nothing but the user's signed tree head to go by, so that go asks the checksum
  // database for all it needs: the directory of its answers, relative to the cache; empty: see
  // error().
  std::string fetch_sumdb(const ModuleVersion& m, const std::string& database);
  // The same of many at once, and of no more than their go.mods, with this GOPROXY (empty: the
  // user's own). What go did not verify is not there.
  std::string ask_sumdb(const std::vector<ModuleVersion>& all, const std::string& database,
                        const std::string& proxy);
  const std::string& error() const { return error_; }
  const std::map<ModuleVersion, std::string>& errors() const { return errors_; }  // of ask_sumdb

  // Many at once, for when a source was down: what of them can be had with this GOPROXY lies at
  // file(m, …) afterwards. A module that is not wanted whole: its go.mod and .info, and no zip.
  // Gives what go said of each that it did not get.
  struct Wanted {
    ModuleVersion module;
    Expected lines;
    bool whole = true;
  };
  std::map<ModuleVersion, std::string> fetch_all(const std::vector<Wanted>& wanted,
                                                 const std::string& proxy);

  // Gives the cache what the checksum database said in the last fetch, go having verified it, as
  // far as the cache has none of it yet.
  void hand_over_answers() const;

  // Paths relative to the cache, of what was fetched and of new files to be made here.
  std::string file(const ModuleVersion& m, std::string_view extension) const;
  std::string fresh_name();  // a name in the stage that is not taken
  const std::string& dir() const { return dir_; }

 private:
  Fetched download(const std::string& query, const std::string& go_sum, const std::string& proxy,
                   bool with_tiles, const std::string& unverified = "");
  std::string prepare(const std::string& go_sum, bool with_tiles);
  RunResult ask(const std::vector<std::string>& arguments, const std::string& place,
                const std::string& proxy, const std::string& unverified = "");
  bool claim();
  void lend(const Wanted& one);
  void copy_tiles();
  std::vector<std::string> databases(const std::string& in) const;
  const Root& cache_;
  const Settings& settings_;
  const Request& request_;
  std::string dir_;
  std::string fetched_;  // GOMODCACHE of the last fetch, relative to the cache
  std::string error_;    // of the last fetch_sumdb, ask_sumdb
  std::map<ModuleVersion, std::string> errors_;
  Fd lock_;
  bool made_own_dir_ = false;
  int names_ = 0;
};

}  // namespace recovery
