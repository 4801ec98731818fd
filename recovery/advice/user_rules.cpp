#include "recovery/advice/user_rules.hpp"

#include <sys/stat.h>

#include <exception>

#include "recovery/os/file.hpp"
#include "recovery/os/root.hpp"
#include "recovery/os/trusted_file.hpp"

namespace recovery {
namespace {

constexpr std::size_t most_files = 100;
constexpr off_t largest = 64 << 10;  // bytes

UserRules::File read_file(const std::string& path, const std::string& project) {
  UserRules::File file{path, "", {}};
  std::string why;
  const auto real = trusted_path(path, project, why);
  struct stat st;
  if (real && (::stat(real->c_str(), &st) != 0 || !S_ISREG(st.st_mode))) why = "not a regular file";
  if (real && why.empty() && st.st_size > largest) why = "larger than 64 KiB";
  if (!real || !why.empty()) {
    file.failure = path + ": not read: " + (why.empty() ? "a dangling link" : why);
    return file;
  }
  try {
    const std::string text = read_text_file(*real);
    file.rules = patterns::parse_user_rules({path, text});
  } catch (const std::exception& error) {
    file.failure = error.what();
  }
  return file;
}

}  // namespace

std::vector<patterns::Rule> UserRules::all() const {
  std::vector<patterns::Rule> rules;
  for (const File& file : files) rules.insert(rules.end(), file.rules.begin(), file.rules.end());
  return rules;
}

UserRules read_user_rules(const std::vector<std::string>& env, const std::string& here) {
  UserRules rules;
  const std::string dir = user_config_dir(env);
  if (dir.empty()) return rules;
  rules.dir = dir + "/rules";
  const std::string project = project_around(here);
  std::string why;
  const auto real = trusted_path(rules.dir, project, why);
  if (!why.empty()) rules.failure = rules.dir + ": not read: " + why;
  if (!real) return rules;
  struct stat st;
  if (::stat(real->c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) {
    rules.failure = rules.dir + ": not read: not a directory";
    return rules;
  }
  try {
    for (const std::string& name : Root(*real).list("").value_or(std::vector<std::string>{})) {
      if (!name.ends_with(".toml")) continue;
      if (rules.files.size() == most_files) {
        rules.failure = rules.dir + ": only the first 100 files are read";
        break;
      }
      rules.files.push_back(read_file(rules.dir + "/" + name, project));
    }
  } catch (const std::exception& error) {
    rules.failure = rules.dir + ": not read: " + error.what();
  }
  return rules;
}

}  // namespace recovery
