#include "shim/commands/install.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "recovery/run.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/place.hpp"
#include "shim/commands/startup_files.hpp"
#include "shim/pipes.hpp"
#include "shim/session.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::env_value;

std::vector<Shell> chosen_shells(const Chosen& chosen, const std::vector<std::string>& env) {
  std::string list = chosen.value("shell");
  if (list.empty()) return shells_of(env);
  if (list == "none") return {};
  std::vector<Shell> shells;
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    const auto shell = shell_named(list.substr(0, end));
    if (!shell) throw Misuse("--shell takes bash, zsh, fish and sh, separated by commas, or none");
    shells.push_back(*shell);
    list = end == list.npos ? "" : list.substr(end + 1);
  }
  return shells;
}

// A line break would end a line of the record, a colon an entry of PATH.
void check_names(const InstallPlan& plan) {
  if (plan.place.dir.find_first_of(":\n") != std::string::npos)
    throw Misuse("a directory on PATH can't have a colon or a line break in its name");
  for (const std::string& file : plan.startup_files) {
    if (file.find('\n') != std::string::npos)
      throw Misuse("HOME has a line break in its name; next: gomend install --shell none");
  }
}

std::vector<std::string> files_of(const std::vector<Shell>& shells,
                                  const std::vector<std::string>& env) {
  const std::string home = env_value(env, "HOME");
  struct stat st;
  if (!shells.empty() && (!home.starts_with("/") || stat(home.c_str(), &st) != 0))
    throw Misuse("HOME is no directory; next: gomend install --system, or --shell none");
  if (!shells.empty() && st.st_uid != geteuid())
    throw Misuse(home +
                 " belongs to somebody else; next: as its owner, or gomend install --system");
  std::vector<std::string> files;
  for (const Shell shell : shells) {
    for (const std::string& file : startup_files(shell, env)) {
      if (std::ranges::find(files, file) == files.end()) files.push_back(file);
    }
  }
  return files;
}

std::string next_step(const InstallPlan& plan, const std::vector<std::string>& env) {
  const std::string gomend = plan.place.dir + "/bin/gomend";
  if (plan.place.is_system && plan.startup_files.empty())
    return "in an image: ENV PATH=" + plan.place.dir + "/bin:$PATH";
  const std::string name = std::filesystem::path(env_value(env, "SHELL")).filename();
  const std::string flag = plan.is_alias ? " --alias" : "";
  const std::string here = name == "fish"
                               ? gomend + " activate fish" + flag + " | source"
                               : "eval \"$(" + gomend + " activate " +
                                     std::string(shell_named(name) ? name : "sh") + flag + ")\"";
  return "in new shells it is there; in this one: " + here;
}

}  // namespace

int install(const Arguments& arguments) {
  const Chosen chosen = parse("install", arguments, 0);
  const auto env = env_of(environ);
  InstallPlan plan{chosen_place(chosen, env), {}, chosen.has("alias"), chosen.has("dry-run")};
  if (!plan.place.is_system)
    plan.startup_files = files_of(chosen_shells(chosen, env), env);
  else if (chosen.value("shell") != "none")
    plan.startup_files = system_startup_files(plan.place.root);
  check_names(plan);
  const Done done = install_to(plan, env);
  tell(done, plan.is_dry);
  if (!plan.is_dry) write_all(STDOUT_FILENO, printable(next_step(plan, env)) + "\n");
  return done.problems.empty() ? 0 : 1;
}

}  // namespace shim
