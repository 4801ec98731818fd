#include "recovery/advice.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "recovery/go_mod.hpp"
#include "recovery/go_setting.hpp"
#include "recovery/h1.hpp"
#include "recovery/plan.hpp"
#include "recovery/run.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

constexpr unsigned long long nearly_nothing = 4 << 20;  // bytes

// The deepest directory or file on the way to `path` that can be looked at.
std::string deepest_existing(std::string path, struct stat& st) {
  while (::lstat(path.c_str(), &st) != 0) {
    const std::size_t slash = path.rfind('/');
    if (slash == path.npos || slash == 0) return {};
    path.resize(slash);
  }
  return path;
}

bool is_full(const std::string& directory) {
  struct statvfs fs;
  if (::statvfs(directory.c_str(), &fs) != 0 || fs.f_blocks == 0) return false;
  return fs.f_bavail * fs.f_frsize < nearly_nothing || (fs.f_files > 0 && fs.f_favail == 0);
}

std::string permission(const Circumstances& c, const Diagnosis& d) {
  const bool is_build_cache =
      !c.settings.build_cache.empty() && d.path.starts_with(c.settings.build_cache);
  if (d.line.find("GOMODCACHE entry is relative") != d.line.npos) {
    const GoSetting setting = go_setting(c.request, c.settings, "GOMODCACHE");
    return "GOMODCACHE (from " + setting.where() +
           ") is no absolute path; next: " + setting.undone(command_line(c.request));
  }
  return permission_advice(d.path, is_build_cache ? "GOCACHE" : "GOMODCACHE",
                           command_line(c.request));
}

// What can be spared is the build cache: go makes it again.
std::string disk_full(const Circumstances& c, const Diagnosis&) {
  const Settings& settings = c.settings;
  std::string temporary = env_value(c.request.env, "TMPDIR");
  if (temporary.empty()) temporary = "/tmp";
  if (is_plain(settings.build_cache) && is_full(settings.build_cache))
    return "the disk that holds " + settings.build_cache + " is full; next: go clean -cache";
  if (is_plain(temporary) && is_full(temporary) && is_plain(settings.build_cache))
    return "the disk that holds " + temporary +
           " is full, that of the build cache is not; next: " + "GOTMPDIR=" + settings.build_cache +
           " " + command_line(c.request);
  return disk_full_advice({settings.mod_cache});
}

struct Row {
  std::string_view class_id;
  Advice advice;
};

constexpr std::array rows{
    Row{"checksum/gosum-missing", gosum_missing},
    Row{"checksum/sumdb-unavailable", unknown_to_sumdb},
    Row{"cache/permission", permission},
    Row{"cache/disk-full", disk_full},
    Row{"revision/unknown", unknown_revision},
    Row{"module/not-found", module_not_found},
    Row{"module/no-required", gopath_mode},
    Row{"module/lookup-disabled", lookup_disabled},
    Row{"network/timeout", network_down},
    Row{"network/dns", network_down},
    Row{"network/refused", network_down},
    Row{"network/tls", network_down},
    Row{"auth/git-https", git_https_login},
    Row{"auth/git-ssh", git_ssh_login},
    Row{"auth/git-hostkey", git_host_key},
    Row{"auth/proxy-401-403", proxy_login},
    Row{"auth/repo-not-found", no_repository},
    Row{"gomod/updates-needed", updates_needed},
    Row{"gomod/replace-missing", replace_missing},
    Row{"gomod/path-mismatch", path_mismatch},
    Row{"gomod/ambiguous-import", ambiguous_import},
    Row{"gomod/parse-error", parse_error},
    Row{"gomod/go-version", toolchain_missing},
    Row{"gomod/other", project_file},
    Row{"toolchain/unavailable", toolchain_missing},
};

}  // namespace

std::string advice_on(const Circumstances& c) {
  const Diagnosis& root = c.diagnoses.front();
  const auto* const row =
      std::ranges::find_if(rows, [&](const Row& r) { return r.class_id == root.class_id; });
  const std::string words = row == rows.end() ? std::string() : row->advice(c, root);
  return words.empty() ? advice_for(policy_of(root.class_id), root) : words;
}

bool is_plain(std::string_view text) {
  return !text.empty() && text[0] != '-' && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+@~,:=").find(c) != std::string_view::npos;
  });
}

std::string permission_advice(const std::string& path, const std::string& setting,
                              const std::string& command) {
  struct stat st;
  const std::string place = path.starts_with("/") ? deepest_existing(path, st) : std::string();
  if (!is_plain(place)) return {};
  struct statvfs fs;
  if (::statvfs(place.c_str(), &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0) {
    return place + " is on a read-only file system; next: " + setting + "=$(mktemp -d) " + command;
  }
  if (::geteuid() == 0) return {};
  if (st.st_uid != ::geteuid()) {
    return place + " belongs to user " + std::to_string(st.st_uid) +
           ", not to you; next: sudo chown -R $(id -u):$(id -g) " + place;
  }
  const mode_t needed = S_ISDIR(st.st_mode) ? 0700 : 0400;
  if ((st.st_mode & needed) != needed) {
    return place + " is yours, but its mode keeps you out; next: chmod -R u+rwX " + place;
  }
  return {};
}

bool is_refuted(const Diagnosis& d) {
  return d.class_id == "checksum/sumdb-mismatch" && is_h1(d.got) && d.got != d.expected;
}

std::string gosum_fix(const Request& request, const Settings& settings) {
  const bool is_there = request.cwd == request.dir && settings.sumdb != "off" &&
                        flag_value(request, settings.flags, "modfile").empty();
  return is_there ? "gomend fix --gosum" : "";
}

std::string refuted_hash_advice(const Diagnosis& d, const std::string& go_sum,
                                const std::string& command) {
  if (!is_refuted(d)) return {};
  if (read_text_file(go_sum).find(" " + d.got + "\n") == std::string::npos) return {};
  const std::string words =
      d.module + "@" + d.version +
      ": what was downloaded is not what the checksum database has, yet go has noted its hash in "
      "go.sum, and would accept it the next time; ";
  if (!command.empty()) return words + "next: " + command;
  if (!is_plain(go_sum)) return words + "no command mends it: take the line with " + d.got + " out";
  return words + "next: sed -i '\\|" + d.got + "|d' " + go_sum;
}

std::string disk_full_advice(const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    if (is_plain(directory) && is_full(directory)) {
      return "the disk that holds " + directory + " is full; next: df -h " + directory;
    }
  }
  return {};
}

std::string checksum_story(const ModuleVersion& m, const Expected& expected,
                           const Mender::Testimony& testimony, const std::string& command) {
  const std::string history = "git log -p -S" + m.version() + " -- go.sum";
  const auto in_go_sum = [&](const std::string& h1) {
    return expected.zip.contains(h1) || expected.go_mod.contains(h1);
  };
  if (!testimony.is_asked) {
    return "no source has the bytes that go.sum wants, and no checksum database is asked about it: "
           "its tag was moved, or who wrote go.sum had an older copy in his cache (there: gomend "
           "evict --refetch " +
           m.str() + "); next: " + history;
  }
  if (testimony.is_served && std::ranges::all_of(testimony.vouched, in_go_sum))
    return "a source gave wrong bytes, and gives the right ones now; next: run the same command "
           "again";
  if (!testimony.is_served && std::ranges::any_of(testimony.vouched, in_go_sum)) {
    return "the module was changed upstream after it was published: go.sum and the checksum "
           "database agree, what is "
           "served now is something else; don't use it, tell its authors; next: go list -m "
           "-versions " +
           m.path();
  }
  if (testimony.is_served) {
    return "go.sum is wrong: the checksum database has what is served, go.sum has another hash (a "
           "bad merge, or a tag that was moved before it was recorded); " +
           (command.empty() ? "next: " + history
                            : "who wrote it: " + history + "; next: " + command);
  }
  return "no source that your settings trust has the bytes that go.sum wants; next: " + history;
}

}  // namespace recovery
