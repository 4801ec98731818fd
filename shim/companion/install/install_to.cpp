#include "shim/companion/install/install_to.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "recovery/go/h1.hpp"
#include "recovery/os/fd.hpp"
#include "shim/companion/install/shell_text.hpp"
#include "shim/companion/install/startup_files.hpp"
#include "shim/companion/install/uninstall_from.hpp"
#include "shim/invocation/real_go.hpp"

namespace shim {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms for_others_to_write = fs::perms(0022);

// A new file, whatever stood there: never through a link.
void copy_anew(const std::string& from, const std::string& to) {
  unlink(to.c_str());
  const auto must = [&](bool is_well) {
    if (!is_well) throw std::system_error(errno, std::generic_category(), to);
  };
  const recovery::Fd in(open(from.c_str(), O_RDONLY | O_CLOEXEC));
  const recovery::Fd out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
  must(in && out);
  std::string buffer(256 * 1024, '\0');
  while (const ssize_t n = read(in.get(), buffer.data(), buffer.size())) {
    if (n < 0 && errno == EINTR) continue;
    must(n > 0);
    for (ssize_t done = 0; done < n;) {
      const ssize_t m = write(out.get(), buffer.data() + done, static_cast<std::size_t>(n - done));
      must(m > 0 || errno == EINTR);
      done += std::max<ssize_t>(m, 0);
    }
  }
  must(fchmod(out.get(), 0755) == 0);
}

// A link in the place of b is another file.
bool is_same_file(const std::string& a, const std::string& b) {
  struct stat one, other;
  return stat(a.c_str(), &one) == 0 && lstat(b.c_str(), &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// A user's file may be a link into his own repository; into somebody else's file nothing is
// written.
void must_be_own(const std::string& path) {
  struct stat name, target;
  const bool is_link =
      lstat(path.c_str(), &name) == 0 && S_ISLNK(name.st_mode) && stat(path.c_str(), &target) == 0;
  if (is_link && target.st_uid != geteuid())
    throw std::runtime_error(
        "is a link to a file of another user; run: gomend install --shell none");
}

std::string lines_for(const std::string& startup_file, const InstallPlan& plan,
                      const std::string& home) {
  const bool is_fish = startup_file.ends_with(".fish");
  return reading_line(is_fish ? Shell::fish : Shell::sh,
                      plan.place.dir + (is_fish ? "/env.fish" : "/env.sh"), home);
}

class Putting {
 public:
  Putting(const InstallPlan& plan, Ground& ground, Record record)
      : plan_(plan), ground_(ground), record_(std::move(record)) {}

  void directory(const std::string& path) {  // seen from inside
    if (path.empty() || path == "/" || is_there(ground_.at(path))) return;
    directory(fs::path(path).parent_path());
    fs::create_directory(ground_.must(path));
    if (plan_.place.is_system)  // whatever root's umask is: it is for all
      fs::permissions(ground_.directory(path), fs::perms(0755));
    else  // a shell reads what lies here
      fs::permissions(ground_.must(path), for_others_to_write, fs::perm_options::remove);
    add_once(record_.made, path);
  }

  void text(const TextFile& file) {
    const std::string path = plan_.place.dir + "/" + file.name;
    directory(fs::path(path).parent_path());
    write_own(path, file.text);
    record_.files[path] = recovery::sha256_hex(file.text);
  }

  // A running gomend keeps the file that it was started from.
  void binaries() {
    directory(plan_.place.dir + "/bin");
    const std::string inside = plan_.place.dir + "/bin/";
    const std::string go = ground_.must(inside + "go"), gomend = ground_.must(inside + "gomend");
    if (!is_same_file(own_binary(), go)) {
      copy_anew(own_binary(), go + ".new");
      fs::rename(go + ".new", go);
    }
    if (!is_same_file(go, gomend)) {
      std::error_code error;
      fs::remove(gomend + ".new", error);
      fs::create_hard_link(go, gomend + ".new", error);
      if (error) copy_anew(go, gomend + ".new");
      fs::rename(gomend + ".new", gomend);
    }
    record_.files[inside + "go"] = record_.files[inside + "gomend"] = hash_of(go);
  }

  void link() {
    const std::string target = plan_.place.dir + "/bin/gomend";
    if (!is_there(ground_.at(system_link))) {
      directory(fs::path(system_link).parent_path());
      fs::create_symlink(target, ground_.must(system_link));
    }
    record_.files[system_link] = recovery::sha256_hex(target);
  }

  void save() { write_own(plan_.place.dir + "/installed", text_of(record_)); }

  Record& record() { return record_; }

 private:
  // In our own directory a link is somebody's trap.
  void write_own(const std::string& path, const std::string& text) {
    const std::string place = ground_.must(path);
    if (fs::is_symlink(place)) unlink(place.c_str());
    write_startup_file(place, text);
    if (plan_.place.is_system) fs::permissions(place, fs::perms(0644));
  }

  const InstallPlan& plan_;
  Ground& ground_;
  Record record_;
};

void check_place(const InstallPlan& plan, Ground& ground, bool is_installed) {
  const std::string& dir = plan.place.dir;
  if (is_there(ground.at(dir)) && !fs::is_directory(ground.through(dir)))
    throw std::runtime_error(dir + " is not a directory");
  const std::string bin = ground.directory(dir + "/bin");
  if (bin.empty() || !is_there(bin)) return;
  for (const auto& entry : fs::directory_iterator(bin)) {
    const std::string name = entry.path().filename();
    if ((name == "go" || name == "gomend") && is_gomend(entry.path().c_str())) continue;
    if (name == "go.new" || name == "gomend.new") continue;
    throw std::runtime_error(entry.path().string() +
                             " is not gomend's: it needs a directory of its own; run: gomend "
                             "install --dir DIRECTORY");
  }
  if (plan.place.is_system && !is_installed && is_there(ground.at(dir + "/bin/go")))
    throw std::runtime_error(
        dir + " belongs to a package; update that package, or run: gomend install --dir DIRECTORY");
}

void check_link(const InstallPlan& plan, Ground& ground) {
  const std::string place = ground.at(system_link);
  std::error_code error;
  if (plan.place.is_system && is_there(place) &&
      fs::read_symlink(place, error) != plan.place.dir + "/bin/gomend")
    throw std::runtime_error(std::string(system_link) +
                             " exists, and does not belong to this installation");
}

Done install_on(Ground& ground, const InstallPlan& plan, const std::string& home) {
  const Installation& place = plan.place;
  const bool is_installed = is_there(ground.at(place.dir + "/installed"));
  std::optional<Record> before;
  try {
    before = read_record(place, ground);
  } catch (const std::runtime_error&) {
    // a damaged one is made anew
  }
  check_place(plan, ground, is_installed);
  check_link(plan, ground);
  Done done;
  done.lines.push_back("installed in " + place.dir + "/bin");
  Putting put(plan, ground, before.value_or(Record{}));
  if (!plan.is_dry) {
    try {
      put.binaries();
      for (const TextFile& file : text_files(plan.commands, place, plan.is_alias)) put.text(file);
      if (place.is_system) put.link();
      put.save();
    } catch (...) {
      unlink(ground.at(place.dir + "/bin/go.new").c_str());
      if (!is_installed) take_away(plan.commands, place, ground, put.record(), false);
      throw;
    }
  }
  for (const std::string& file : plan.startup_files) {
    try {
      const std::string path = ground.through(file);
      const auto text = read_startup_file(path);
      const std::string wanted = with_block(text, lines_for(file, plan, home));
      if (text) must_be_own(path);
      add_once(put.record().blocks, file);
      if (text == wanted) {
        done.lines.push_back("unchanged: " + file);
        continue;
      }
      if (!plan.is_dry) {
        put.directory(fs::path(file).parent_path());
        put.save();  // before: what is put there can be found again whatever happens
        const std::string there = path.empty() ? ground.must(file) : path;
        write_startup_file(there, wanted);
        if (!text && place.is_system) fs::permissions(there, fs::perms(0644));
      }
      done.lines.push_back((text ? "added a block to " : "created ") + file);
    } catch (const std::exception& error) {
      done.problems.push_back(file + ": " + error.what());
    }
  }
  return done;
}

}  // namespace

Done install_to(const InstallPlan& plan, const std::string& home) {
  Ground ground(plan.place.root);
  return on_ground(ground, [&] { return install_on(ground, plan, home); });
}

}  // namespace shim
