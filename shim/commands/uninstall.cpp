#include "shim/commands/uninstall.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "recovery/journal.hpp"
#include "recovery/layout.hpp"
#include "recovery/root.hpp"
#include "recovery/run.hpp"
#include "recovery/settings.hpp"
#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/place.hpp"
#include "shim/commands/startup_files.hpp"
#include "shim/pipes.hpp"
#include "shim/real_go.hpp"
#include "shim/session.hpp"

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

int uninstall(const Arguments& arguments) {
  const Chosen chosen = parse("uninstall", arguments, 0);
  const auto env = env_of(environ);
  const bool is_dry = chosen.has("dry-run");
  Installation place = chosen_place(chosen, env);
  const auto own = own_installation();
  if (own && !chosen.has("system") && !chosen.has("dir")) place = *own;
  const bool is_installed = access(place.in("installed").c_str(), F_OK) == 0;
  if (!is_installed && is_gomend(place.in("bin/go").c_str()))
    throw Misuse("a package or an image has put gomend into " + place.dir +
                 "; remove it as it came");
  // What gomend kept goes first: to ask go, this installation's gomend need not be there.
  const std::vector<std::string> caches = known_caches(env);
  Done done = uninstall_from(place, all_startup_files(place, env), is_dry);
  if (!is_installed && done.lines.empty()) throw Misuse("there is no gomend in " + place.dir);
  for (const std::string& cache : caches) remove_corner(cache, is_dry, done);
  remove_state(env, chosen.has("keep-journal"), is_dry, done);
  tell(done, is_dry);
  return done.problems.empty() ? 0 : 1;
}

}  // namespace shim
