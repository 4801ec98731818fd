#include "shim/companion/install/install.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "recovery/os/env.hpp"
#include "recovery/os/text.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/install/install_to.hpp"
#include "shim/companion/install/place.hpp"
#include "shim/companion/install/startup_files.hpp"
#include "shim/invocation/session.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::env_value;

std::vector<Shell> chosen_shells(const ParsedArguments& given,
                                 const std::vector<std::string>& env) {
  std::string list = given.value("shell");
  if (list.empty()) return shells_of(env);
  if (list == "none") return {};
  std::vector<Shell> shells;
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    const auto shell = shell_named(list.substr(0, end));
    if (!shell)
      throw UsageError("--shell takes bash, zsh, fish and sh, separated by commas, or none");
    shells.push_back(*shell);
    list = end == list.npos ? "" : list.substr(end + 1);
  }
  return shells;
}

// A line break would end a line of the record, a colon an entry of PATH.
void check_names(const InstallPlan& plan) {
  if (plan.place.dir.find_first_of(":\n") != std::string::npos)
    throw UsageError("a directory on PATH can't contain a colon or a line break");
  for (const std::string& file : plan.startup_files) {
    if (file.find('\n') != std::string::npos)
      throw UsageError("HOME contains a line break; run: gomend install --shell none");
  }
}

std::vector<std::string> files_of(const std::vector<Shell>& shells,
                                  const std::vector<std::string>& env) {
  const std::string home = env_value(env, "HOME");
  struct stat st;
  if (!shells.empty() &&
      (!home.starts_with("/") || stat(home.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)))
    throw UsageError("HOME is not a directory; run: gomend install --system (or --shell none)");
  if (!shells.empty() && st.st_uid != geteuid())
    throw UsageError(home +
                     " belongs to another user; run gomend install as its owner, or with --system");
  std::vector<std::string> files;
  for (const Shell shell : shells) {
    for (const std::string& file : startup_files(shell, env)) {
      if (std::ranges::find(files, file) == files.end()) files.push_back(file);
    }
  }
  return files;
}

std::string next_step(const InstallPlan& plan, const std::vector<std::string>& env) {
  const std::string path = plan.place.dir + "/bin/gomend";
  if (plan.place.is_system && (plan.startup_files.empty() || !plan.place.root.empty()))
    return "in an image: ENV PATH=" + plan.place.dir + "/bin:$PATH";
  const std::string name = std::filesystem::path(env_value(env, "SHELL")).filename();
  const std::string flag = plan.is_alias ? " --alias" : "";
  std::string gomend = recovery::quoted(path);
  if (gomend != path && name == "fish") gomend = quoted(path, Shell::fish);
  const std::string here = name == "fish"
                               ? gomend + " activate fish" + flag + " | source"
                               : "eval \"$(" + gomend + " activate " +
                                     std::string(shell_named(name) ? name : "sh") + flag + ")\"";
  return "open a new shell, or run: " + here;
}

}  // namespace

static int install(const Call& call) {
  const ParsedArguments& given = call.given;
  const auto env = env_of(environ);
  InstallPlan plan{
      call.commands, chosen_place(given, env), {}, given.has("alias"), given.has("dry-run")};
  if (!plan.place.is_system)
    plan.startup_files = files_of(chosen_shells(given, env), env);
  else if (given.value("shell") != "none")
    plan.startup_files = system_startup_files(plan.place.root);
  check_names(plan);
  const Done done = install_to(plan, plan.place.root.empty() ? env_value(env, "HOME") : "");
  tell(done, plan.is_dry);
  if (!plan.is_dry) write_out(printable(next_step(plan, env)) + "\n");
  return done.problems.empty() ? 0 : 1;
}

const CommandRow& install_row() {
  static const CommandRow row{
      .name = "install",
      .summary = "install gomend, and put it first on PATH as go",
      .arguments = "",
      .about =
          "Copies gomend into a directory of its own and adds a marked block to the start-up "
          "files of your shells. Run it again to update an older one. With --alias PATH is not "
          "changed: then go is gomend only where you type it, not in scripts, makefiles and "
          "editors.",
      .options = {system_option,
                  dir_option,
                  {"shell", "bash|zsh|fish|sh|none",
                   "only for these (bash,zsh); none: change no start-up file"},
                  {"alias", "", "alias go='gomend go' instead of a directory on PATH"},
                  root_option,
                  dry_run_option},
      .examples = {{"gomend install --system --shell none",
                    "in an image; then ENV PATH=/usr/lib/gomend/bin:$PATH"}},
      .status = "0 done, 1 a start-up file could not be changed, 2 nothing was done",
      .json = {},
      .run = install};
  return row;
}

}  // namespace shim
