#include "recovery/advice/advice.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "recovery/advice/plan.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/go_setting.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::FailureClass;
using patterns::RuleFlag;

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

Advice permission(const Circumstances& c, const Diagnosis& d) {
  const bool is_build_cache =
      !c.settings.build_cache.empty() && d.path.starts_with(c.settings.build_cache);
  if (d.flags.has(RuleFlag::relative_path)) {
    const GoSetting setting = go_setting(c.request, c.settings, "GOMODCACHE");
    return {"GOMODCACHE (from " + setting.where() + ") is not an absolute path",
            setting.undone(command_line(c.request))};
  }
  return permission_advice(d.path, is_build_cache ? "GOCACHE" : "GOMODCACHE",
                           command_line(c.request));
}

// What can be spared is the build cache: go makes it again.
Advice disk_full(const Circumstances& c, const Diagnosis&) {
  const Settings& settings = c.settings;
  std::string temporary = env_value(c.request.env, "TMPDIR");
  if (temporary.empty()) temporary = "/tmp";
  if (is_plain(settings.build_cache) && is_full(settings.build_cache))
    return {settings.build_cache + ": disk full", "go clean -cache"};
  if (is_plain(temporary) && is_full(temporary) && is_plain(settings.build_cache))
    return {temporary + ": disk full (that of the build cache is not)",
            "GOTMPDIR=" + settings.build_cache + " " + command_line(c.request)};
  return disk_full_advice({settings.mod_cache});
}

struct Row {
  FailureClass failure;
  AdviceFunction advice;
};

constexpr std::array rows{
    Row{FailureClass::gosum_missing, gosum_missing},
    Row{FailureClass::sumdb_unavailable, unknown_to_sumdb},
    Row{FailureClass::permission, permission},
    Row{FailureClass::disk_full, disk_full},
    Row{FailureClass::revision_unknown, unknown_revision},
    Row{FailureClass::module_not_found, module_not_found},
    Row{FailureClass::not_required, gopath_mode},
    Row{FailureClass::lookup_disabled, lookup_disabled},
    Row{FailureClass::timeout, network_down},
    Row{FailureClass::dns, network_down},
    Row{FailureClass::refused, network_down},
    Row{FailureClass::tls, network_down},
    Row{FailureClass::git_https, git_https_login},
    Row{FailureClass::git_ssh, git_ssh_login},
    Row{FailureClass::git_host_key, git_host_key},
    Row{FailureClass::proxy_login, proxy_login},
    Row{FailureClass::repository_not_found, no_repository},
    Row{FailureClass::updates_needed, updates_needed},
    Row{FailureClass::replace_missing, replace_missing},
    Row{FailureClass::path_mismatch, path_mismatch},
    Row{FailureClass::ambiguous_import, ambiguous_import},
    Row{FailureClass::parse_error, parse_error},
    Row{FailureClass::go_version, toolchain_missing},
    Row{FailureClass::gomod_other, project_file},
    Row{FailureClass::toolchain_unavailable, toolchain_missing},
};

}  // namespace

Advice advice_on(const Circumstances& c) {
  const Diagnosis& root = c.diagnoses.front();
  const auto* const row =
      std::ranges::find_if(rows, [&](const Row& r) { return r.failure == root.failure; });
  const Advice advice = row == rows.end() ? Advice() : row->advice(c, root);
  return advice.empty() ? advice_for(policy_of(root.failure), root) : advice;
}

bool has_sudo() {
  const char* path = ::getenv("PATH");
  return path != nullptr && !program_on_path({std::string("PATH=") + path}, "sudo").empty();
}

std::string by_root(const std::string& command) {
  if (::geteuid() == 0) return command;
  return has_sudo() ? "sudo " + command : std::string();
}

std::string take_back(const std::string& path) {
  const char* home = ::getenv("HOME");
  struct stat st;
  if (home == nullptr || home[0] != '/' || home[1] == '\0' || !is_plain(path)) return {};
  if (!path.starts_with(std::string(home) + "/") || path.find("/../") != path.npos) return {};
  if (::lstat(path.c_str(), &st) != 0 || S_ISLNK(st.st_mode)) return {};
  return by_root("chown -R $(id -u):$(id -g) " + path);
}

Advice permission_advice(const std::string& path, const std::string& setting,
                         const std::string& command) {
  struct stat st;
  const std::string place = path.starts_with("/") ? deepest_existing(path, st) : std::string();
  if (!is_plain(place)) return {};
  struct statvfs fs;
  if (::statvfs(place.c_str(), &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0) {
    const std::string words = place + " is on a read-only file system";
    if (setting.empty()) return words + "; it must be mounted read-write";
    return {words, setting + "=$(mktemp -d) " + command};
  }
  if (::geteuid() == 0) return {};
  if (st.st_uid != ::geteuid()) {
    const std::string words = place + " is owned by uid " + std::to_string(st.st_uid) +
                              ", you are uid " + std::to_string(::geteuid());
    // A directory above it, or one that others work in, is not taken from its owner.
    const std::string back = place == path ? take_back(place) : std::string();
    if (back.empty()) return words + "; its owner or root can grant access";
    return {words, back};
  }
  const mode_t needed = S_ISDIR(st.st_mode) ? 0700 : 0400;
  if ((st.st_mode & needed) != needed) {
    char mode[16];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(st.st_mode & 07777));
    return {place + ": permission denied (mode " + mode + ")", "chmod -R u+rwX " + place};
  }
  return {};
}

bool is_refuted(const Diagnosis& d) {
  return d.failure == FailureClass::sumdb_mismatch && is_h1(d.got) && d.got != d.expected;
}

std::string gosum_fix(const Request& request, const Settings& settings) {
  const bool is_there = request.cwd == request.dir && settings.sumdb != "off" &&
                        flag_value(request, settings.flags, "modfile").empty();
  return is_there ? "gomend fix --gosum" : "";
}

Advice refuted_hash_advice(const Diagnosis& d, const std::string& go_sum,
                           const std::string& command) {
  if (!is_refuted(d)) return {};
  const auto m = ModuleVersion::parse(d.module, d.version);
  if (m && is_toolchain(*m)) return {};  // go does not look for it in go.sum
  if (read_text_file(go_sum).find(" " + d.got + "\n") == std::string::npos) return {};
  const std::string words = d.module + "@" + d.version +
                            ": go.sum now holds a checksum that the checksum database rejects";
  if (!command.empty()) return {words, command};
  if (!is_plain(go_sum)) return words + "; remove the line with " + d.got;
  return {words + "; remove that line", "grep -nF " + d.got + " " + go_sum};
}

Advice disk_full_advice(const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    if (is_plain(directory) && is_full(directory)) {
      return {directory + ": disk full", "df -h " + directory};
    }
  }
  return {};
}

Advice explain_checksum_mismatch(const ModuleVersion& m, const Expected& expected,
                                 const SumdbAnswer& answer, const std::string& command,
                                 const std::string& unasked) {
  const std::string history = "git log -p -S" + m.version() + " -- go.sum";
  const auto in_go_sum = [&](const std::string& h1) {
    return expected.zip.contains(h1) || expected.go_mod.contains(h1);
  };
  const std::string differs = "content differs from go.sum, and ";
  if (!answer.is_asked && !unasked.empty())
    return {differs + "no checksum database covers it; " + unasked, history};
  if (!answer.is_asked)
    return {differs + "no checksum database covers it; its tag may have been moved", history};
  if (answer.is_served && std::ranges::all_of(answer.verified, in_go_sum))
    return "a source served content with the wrong checksum, and serves the right content now; run "
           "the same command again";
  if (!answer.is_served && std::ranges::any_of(answer.verified, in_go_sum)) {
    return {
        "upstream content changed after publication: go.sum and the checksum database agree, the "
        "download differs; do not use it",
        "gomend diff " + m.str()};
  }
  if (answer.is_served) {
    return {"go.sum is wrong: it matches neither the checksum database nor the download",
            command.empty() ? history : command};
  }
  return {differs + "the checksum database could not settle it" +
              (unasked.empty() ? "" : "; " + unasked),
          history};
}

}  // namespace recovery
