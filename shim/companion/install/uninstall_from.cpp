#include "shim/companion/install/uninstall_from.hpp"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "recovery/go/h1.hpp"
#include "shim/companion/install/startup_files.hpp"
#include "shim/invocation/real_go.hpp"

namespace shim {
namespace {

namespace fs = std::filesystem;

// What the record names and is as it was put there; without a record, what carries gomend's mark or
// is byte for byte what gomend would write.
class TakingAway {
 public:
  TakingAway(const Commands& commands, const Installation& place, Ground& ground,
             const Record& record, bool is_dry)
      : commands_(commands), place_(place), ground_(ground), record_(record), is_dry_(is_dry) {}

  Done run() {
    for (const std::string& file : record_.blocks) take_block(file);
    for (const char* name : {"go", "gomend", "go.new", "gomend.new"}) {
      const std::string path = place_.dir + "/bin/" + name;
      const bool is_marked = !record_.files.contains(path) && is_own_program(path);
      if (is_marked || is_as_recorded(path)) remove(path, true);
    }
    for (const bool is_alias : {false, true}) {
      for (const TextFile& file : text_files(commands_, place_, is_alias)) {
        const std::string path = place_.dir + "/" + file.name;
        const bool is_ours = hash_of(ground_.at(path)) == recovery::sha256_hex(file.text);
        if (is_ours || is_as_recorded(path)) remove(path, false);
      }
    }
    for (const auto& [path, hash] : record_.files) {
      if (is_as_recorded(path)) remove(path, path == system_link);
    }
    const std::string target = place_.dir + "/bin/gomend";
    if (place_.is_system && hash_of(ground_.at(system_link)) == recovery::sha256_hex(target))
      remove(system_link, true);
    for (const auto& [path, hash] : record_.files) {
      if (!removed_.contains(path) && is_there(ground_.at(path)))
        done_.lines.push_back("kept " + path + " (changed since it was installed)");
    }
    const std::string installed = place_.dir + "/installed";
    if (fs::is_regular_file(fs::symlink_status(ground_.at(installed)))) remove(installed, false);
    if (is_dry_) return std::move(done_);
    std::vector<std::string> made = record_.made;
    std::ranges::sort(made, std::greater<>(), &std::string::size);
    for (const std::string& path : made) rmdir(ground_.at(path).c_str());
    return std::move(done_);
  }

 private:
  void take_block(const std::string& file) {
    try {
      const std::string path = ground_.through(file);
      const auto text = read_startup_file(path);
      if (!text || !has_block(*text)) return;
      const auto rest = without_block(*text);
      if (!is_dry_) write_startup_file(path, rest);
      done_.lines.push_back((rest ? "removed the block from " : "removed ") + file);
    } catch (const std::exception& error) {
      done_.problems.push_back(file + ": " + error.what());
    }
  }

  bool is_own_program(const std::string& path) {
    const std::string place = ground_.at(path);
    return fs::is_regular_file(fs::symlink_status(place)) && is_gomend(place.c_str());
  }

  bool is_as_recorded(const std::string& path) {
    const auto known = record_.files.find(path);
    return known != record_.files.end() && hash_of(ground_.at(path)) == known->second;
  }

  void remove(const std::string& path, bool is_told) {
    if (!removed_.insert(path).second) return;
    if (!is_dry_ && unlink(ground_.at(path).c_str()) != 0)
      done_.problems.push_back(path + ": " + strerror(errno));
    else if (is_told)
      done_.lines.push_back("removed " + path);
  }

  const Commands& commands_;
  const Installation& place_;
  Ground& ground_;
  const Record& record_;
  const bool is_dry_;
  std::set<std::string> removed_;
  Done done_;
};

bool is_below(const std::string& path, const std::string& dir) {
  return path.starts_with(dir + "/") && (path + "/").find("/../") == std::string::npos;
}

// A record may have been written by anybody, that of an image above all: of files it speaks for our
// own, of directories for those that lead to them or to a start-up file.
void leave_our_own(Record& record, const Installation& place) {
  std::erase_if(record.files, [&](const auto& file) {
    return !is_below(file.first, place.dir) && !(place.is_system && file.first == system_link);
  });
  std::vector<std::string> ours = record.blocks;
  ours.insert(ours.end(), {place.dir + "/installed", system_link});
  std::erase_if(record.made, [&](const std::string& dir) {
    return !is_below(dir, place.dir) &&
           std::ranges::none_of(ours, [&](const std::string& one) { return is_below(one, dir); });
  });
}

}  // namespace

Done take_away(const Commands& commands, const Installation& place, Ground& ground,
               const Record& record, bool is_dry) {
  return TakingAway(commands, place, ground, record, is_dry).run();
}

Done uninstall_from(const Commands& commands, const Installation& place,
                    const std::vector<std::string>& startup_files, bool is_dry) {
  Ground ground(place.root);
  return on_ground(ground, [&] {
    Record record;
    try {
      record = read_record(place, ground).value_or(Record{});
    } catch (const std::runtime_error&) {
      // then what is known without it goes
    }
    for (const std::string& file : startup_files) add_once(record.blocks, file);
    leave_our_own(record, place);
    return take_away(commands, place, ground, record, is_dry);
  });
}

}  // namespace shim
