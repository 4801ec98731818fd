#include "shim/commands/installation.hpp"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "recovery/fd.hpp"
#include "recovery/run.hpp"
#include "shim/commands/completions.hpp"
#include "shim/commands/help.hpp"
#include "shim/commands/startup_files.hpp"
#include "shim/real_go.hpp"

namespace shim {
namespace {

namespace fs = std::filesystem;

constexpr char system_link[] = "/usr/bin/gomend";

// By its path where there is one: under qemu-user /proc/self/exe has the path right, but is the
// emulator's file.
std::string own_binary() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return !error && fs::exists(path, error) ? path.string() : "/proc/self/exe";
}

bool is_there(const std::string& path) {
  struct stat st;
  return lstat(path.c_str(), &st) == 0;
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat one, other;
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

struct TextFile {
  std::string name;  // below the installation
  std::string text;
};

std::vector<TextFile> text_files(const InstallPlan& plan) {
  const ShellText what{plan.place.dir, plan.is_alias};
  const std::string head = "# made by gomend install; gomend uninstall removes it\n";
  return {{"env.sh", head + shell_text(Shell::sh, what)},
          {"env.fish", head + shell_text(Shell::fish, what)},
          {"share/man/man1/gomend.1", manual()},
          {"share/bash-completion/completions/gomend", bash_completions()},
          {"share/zsh/site-functions/_gomend", zsh_completions()},
          {"share/fish/vendor_completions.d/gomend.fish", fish_completions()}};
}

std::string lines_for(const std::string& startup_file, const InstallPlan& plan,
                      const std::string& home) {
  const bool is_fish = startup_file.ends_with(".fish");
  return reading_line(is_fish ? Shell::fish : Shell::sh,
                      plan.place.dir + (is_fish ? "/env.fish" : "/env.sh"), home);
}

// --- the record ---

constexpr std::string_view record_head = "gomend installed 1\n";

std::string text_of(const Record& record) {
  std::string text(record_head);
  for (const std::string& path : record.made) text += "made " + path + "\n";
  for (const std::string& path : record.blocks) text += "block " + path + "\n";
  return text;
}

Record parse_record(const std::string& text, const std::string& path) {
  const std::runtime_error damaged(path + " is damaged; next: gomend install");
  if (!text.starts_with(record_head)) throw damaged;
  Record record;
  std::size_t at = record_head.size();
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    if (end == text.npos) throw damaged;
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("made /"))
      record.made.push_back(line.substr(5));
    else if (line.starts_with("block /"))
      record.blocks.push_back(line.substr(6));
    else
      throw damaged;
  }
  return record;
}

// --- putting it there ---

class Putting {
 public:
  Putting(const InstallPlan& plan, Record record) : plan_(plan), record_(std::move(record)) {}

  void directory(const std::string& path) {  // seen from inside
    if (path.empty() || path == "/" || is_there(plan_.place.at(path))) return;
    directory(fs::path(path).parent_path());
    fs::create_directory(plan_.place.at(path));
    if (plan_.place.is_system)  // whatever root's umask is: it is for all
      fs::permissions(plan_.place.at(path), fs::perms(0755));
    add_once(record_.made, path);
  }

  void text(const TextFile& file) {
    directory(fs::path(plan_.place.dir + "/" + file.name).parent_path());
    write_startup_file(plan_.place.in(file.name), file.text);
    if (plan_.place.is_system) fs::permissions(plan_.place.in(file.name), fs::perms(0644));
  }

  // A running gomend keeps the file that it was started from.
  void binaries() {
    directory(plan_.place.dir + "/bin");
    const std::string go = plan_.place.in("bin/go"), gomend = plan_.place.in("bin/gomend");
    if (!is_same_file(own_binary(), go)) {
      fs::copy_file(own_binary(), go + ".new", fs::copy_options::overwrite_existing);
      fs::permissions(go + ".new", fs::perms(0755));
      fs::rename(go + ".new", go);
    }
    if (is_same_file(go, gomend)) return;
    std::error_code error;
    fs::remove(gomend + ".new", error);
    fs::create_hard_link(go, gomend + ".new", error);
    if (error) fs::copy_file(go, gomend + ".new");
    fs::rename(gomend + ".new", gomend);
  }

  void link() {
    const std::string place = plan_.place.at(system_link);
    if (is_there(place)) return;
    directory(fs::path(system_link).parent_path());
    fs::create_symlink(plan_.place.dir + "/bin/gomend", place);
  }

  void save() { write_startup_file(plan_.place.in("installed"), text_of(record_)); }

  Record& record() { return record_; }

 private:
  const InstallPlan& plan_;
  Record record_;
};

void check_place(const InstallPlan& plan, bool is_installed) {
  const Installation& place = plan.place;
  const std::string bin = place.in("bin");
  if (is_there(place.at(place.dir)) && !fs::is_directory(place.at(place.dir)))
    throw std::runtime_error(place.dir + " is no directory");
  if (!is_there(bin)) return;
  for (const auto& entry : fs::directory_iterator(bin)) {
    const std::string name = entry.path().filename();
    if ((name == "go" || name == "gomend") && is_gomend(entry.path().c_str())) continue;
    if (name == "go.new" || name == "gomend.new") continue;
    throw std::runtime_error(entry.path().string() +
                             " is not gomend's: it wants a directory of its own; next: gomend "
                             "install --dir DIRECTORY");
  }
  if (place.is_system && !is_installed && is_there(place.in("bin/go")))
    throw std::runtime_error(
        "a package has put gomend into " + place.dir +
        "; next: update that package, or choose another place: gomend install --dir DIRECTORY");
}

void check_link(const InstallPlan& plan) {
  const std::string place = plan.place.at(system_link);
  std::error_code error;
  if (plan.place.is_system && is_there(place) &&
      fs::read_symlink(place, error) != plan.place.dir + "/bin/gomend")
    throw std::runtime_error(std::string(system_link) + " is there, and not of this installation");
}

void remove_if_ours(const std::string& path, Done& done, const std::string& told, bool is_dry) {
  if (!is_there(path)) return;
  std::error_code error;
  if (!is_dry) fs::remove(path, error);
  if (error)
    done.problems.push_back(told + ": " + error.message());
  else
    done.lines.push_back("removed " + told);
}

// What the record and the layout name, and is gomend's.
Done take_away(const Installation& place, const Record& record, bool is_dry) {
  Done done;
  for (const std::string& file : record.blocks) {
    try {
      const auto text = read_startup_file(place.at(file));
      if (!text || !has_block(*text)) continue;
      const auto rest = without_block(*text);
      if (!is_dry) write_startup_file(place.at(file), rest);
      done.lines.push_back((rest ? "lines taken out of " : "removed ") + file);
    } catch (const std::exception& error) {
      done.problems.push_back(file + ": " + error.what());
    }
  }
  for (const char* name : {"bin/go", "bin/gomend", "bin/go.new", "bin/gomend.new"}) {
    if (is_gomend(place.in(name).c_str()))
      remove_if_ours(place.in(name), done, place.dir + "/" + name, is_dry);
  }
  Done quiet;
  for (const TextFile& file : text_files({place, {}}))
    remove_if_ours(place.in(file.name), quiet, file.name, is_dry);
  remove_if_ours(place.in("installed"), quiet, "installed", is_dry);
  std::error_code error;
  if (place.is_system &&
      fs::read_symlink(place.at(system_link), error) == place.dir + "/bin/gomend")
    remove_if_ours(place.at(system_link), done, system_link, is_dry);
  done.problems.insert(done.problems.end(), quiet.problems.begin(), quiet.problems.end());
  if (is_dry) return done;
  std::vector<std::string> made = record.made;
  std::ranges::sort(made, std::greater<>(), &std::string::size);
  for (const std::string& path : made) rmdir(place.at(path).c_str());
  return done;
}

}  // namespace

std::optional<Installation> user_installation(const std::vector<std::string>& env) {
  const std::string data = recovery::env_value(env, "XDG_DATA_HOME");
  if (data.starts_with("/")) return Installation{data + "/gomend"};
  const std::string home = recovery::env_value(env, "HOME");
  if (!home.starts_with("/")) return std::nullopt;
  return Installation{(home == "/" ? "" : home) + "/.local/share/gomend"};
}

std::optional<Record> read_record(const Installation& place) {
  const auto text = read_startup_file(place.in("installed"));
  if (!text) return std::nullopt;
  return parse_record(*text, place.in("installed"));
}

Done install_to(const InstallPlan& plan, const std::vector<std::string>& env) {
  const std::string home = recovery::env_value(env, "HOME");
  const Installation& place = plan.place;
  const bool is_installed = is_there(place.in("installed"));
  std::optional<Record> before;
  try {
    before = read_record(place);
  } catch (const std::runtime_error&) {
    // a damaged one is made anew
  }
  check_place(plan, is_installed);
  check_link(plan);
  Done done;
  done.lines.push_back("gomend and its go: " + place.dir + "/bin");
  Putting put(plan, before.value_or(Record{}));
  if (!plan.is_dry) {
    try {
      put.binaries();
      for (const TextFile& file : text_files(plan)) put.text(file);
      if (place.is_system) put.link();
      put.save();
    } catch (...) {
      unlink(place.in("bin/go.new").c_str());
      if (!is_installed) take_away(place, put.record(), false);
      throw;
    }
  }
  for (const std::string& file : plan.startup_files) {
    try {
      const std::string path = place.at(file);
      const auto text = read_startup_file(path);
      const std::string wanted = with_block(text, lines_for(file, plan, home));
      add_once(put.record().blocks, file);
      if (text == wanted) {
        done.lines.push_back("as it should be: " + file);
        continue;
      }
      if (!plan.is_dry) {
        put.directory(fs::path(file).parent_path());
        put.save();  // before: what is put there can be found again whatever happens
        write_startup_file(path, wanted);
        if (!text && place.is_system) fs::permissions(path, fs::perms(0644));
      }
      done.lines.push_back((text ? "lines added to " : "made ") + file);
    } catch (const std::exception& error) {
      done.problems.push_back(file + ": " + error.what());
    }
  }
  return done;
}

Done uninstall_from(const Installation& place, const std::vector<std::string>& startup_files,
                    bool is_dry) {
  Record record;
  try {
    record = read_record(place).value_or(Record{});
  } catch (const std::runtime_error&) {
    // then what is known without it goes
  }
  for (const std::string& file : startup_files) add_once(record.blocks, file);
  return take_away(place, record, is_dry);
}

std::optional<Installation> own_installation() {
  const fs::path bin = fs::path(own_binary()).parent_path();
  if (bin.filename() != "bin" || !is_gomend((bin / "go").c_str())) return std::nullopt;
  const std::string dir = bin.parent_path();
  return Installation{dir, dir == system_dir};
}

}  // namespace shim
