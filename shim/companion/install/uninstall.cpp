#include "shim/companion/install/uninstall.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "recovery/go/layout.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/root.hpp"
#include "recovery/settings/settings.hpp"
#include "recovery/state/journal.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/companion/install/place.hpp"
#include "shim/companion/install/startup_files.hpp"
#include "shim/companion/install/uninstall_from.hpp"
#include "shim/invocation/real_go.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/pipes.hpp"

namespace shim {
namespace {

namespace fs = std::filesystem;

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (!one.empty() && std::ranges::find(all, one) == all.end()) all.push_back(one);
}

// The one that go uses here, and those that the journal tells of.
std::vector<std::string> known_caches(const std::vector<std::string>& env) {
  std::vector<std::string> caches;
  for (const auto& entry : recovery::read_journal(env)) add_once(caches, entry.cache);
  try {
    add_once(caches, recovery::read_settings(request_here("env")).mod_cache);
  } catch (const std::exception&) {
    // no go any more: the journal must do
  }
  return caches;
}

bool is_own_directory(const std::string& path) {
  struct stat st;
  return lstat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

void remove_below(const recovery::Root& root, const std::string& rel, bool is_dry, Done& done) {
  if (!is_dry) root.remove_tree(rel);
  done.lines.push_back("removed " + root.absolute(rel));
}

void remove_corner(const std::string& cache, bool is_dry, Done& done) {
  if (!cache.starts_with("/") || !is_own_directory(cache + "/" + std::string(recovery::own_dir)))
    return;
  try {
    remove_below(recovery::Root(cache), std::string(recovery::own_dir), is_dry, done);
  } catch (const std::exception& error) {
    done.problems.emplace_back(error.what());
  }
}

void remove_state(const std::vector<std::string>& env, bool keep_journal, bool is_dry, Done& done) {
  const std::string dir = recovery::state_dir(env);
  if (dir.empty() || !is_own_directory(dir)) return;
  try {
    const fs::path parent = fs::path(dir).parent_path();
    if (!keep_journal) return remove_below(recovery::Root(parent), "gomend", is_dry, done);
    const recovery::Root root(dir);
    for (const std::string& name : root.list("").value_or(std::vector<std::string>{})) {
      if (name != "journal.jsonl") remove_below(root, name, is_dry, done);
    }
    done.lines.push_back("kept " + dir + "/journal.jsonl");
  } catch (const std::exception& error) {
    done.problems.emplace_back(error.what());
  }
}

// Where the lines may stand, whatever the record says.
std::vector<std::string> all_startup_files(const Installation& place,
                                           const std::vector<std::string>& env) {
  if (place.is_system) return system_startup_files(place.root);
  std::vector<std::string> files;
  if (recovery::env_value(env, "HOME").empty()) return files;
  for (const Shell shell : {Shell::sh, Shell::bash, Shell::zsh, Shell::fish}) {
    for (const std::string& file : startup_files(shell, env)) add_once(files, file);
  }
  return files;
}

}  // namespace

static int uninstall(const Call& call) {
  const ParsedArguments& given = call.given;
  const auto env = env_of(environ);
  const bool is_dry = given.has("dry-run");
  Installation place = chosen_place(given, env);
  const auto own = own_installation();
  const bool is_here = place.root.empty();  // an image's users are not this machine's
  if (own && !given.has("system") && !given.has("dir")) place = *own;
  const bool is_installed = has_record(place);
  if (!is_installed && has_gomend(place))
    throw UsageError(place.dir +
                     " was not made by gomend install; remove the package that it came with");
  // What gomend kept goes first: to ask go, this installation's gomend need not be there.
  const auto caches = is_here ? known_caches(env) : std::vector<std::string>{};
  Done done = uninstall_from(call.commands, place, all_startup_files(place, env), is_dry);
  if (!is_installed && done.lines.empty()) throw UsageError("no gomend in " + place.dir);
  for (const std::string& cache : caches) remove_corner(cache, is_dry, done);
  if (is_here) remove_state(env, given.has("keep-journal"), is_dry, done);
  tell(done, is_dry);
  return done.problems.empty() ? 0 : 1;
}

const CommandRow& uninstall_row() {
  static const CommandRow row{
      .name = "uninstall",
      .summary = "remove gomend, its state and its quarantine",
      .arguments = "",
      .about =
          "Start-up files are restored byte for byte. The quarantine in the module cache (gomend "
          "restore) is removed, too. Your own config.toml is kept.",
      .options = {{"keep-journal", "", "keep the journal of repairs"},
                  system_option,
                  dir_option,
                  root_option,
                  dry_run_option},
      .examples = {},
      .status = "0 done, 1 not all of it could be removed, 2 there is nothing to uninstall",
      .json = {},
      .run = uninstall};
  return row;
}

}  // namespace shim
