// Advice about where modules come from: settings that forbid to look for one, and sources that
// do not have it.

#include <algorithm>

#include "recovery/advice/advice.hpp"
#include "recovery/advice/source_text.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/go_setting.hpp"
#include "recovery/settings/goproxy.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::RuleFlag;

std::vector<ModuleVersion> missing_modules(const Circumstances& c) {
  std::vector<ModuleVersion> missing;
  for (const ModuleVersion& m : c.list.modules()) {
    const bool is_used = !c.list.expected(m).zip.empty();
    const bool is_here = c.cache.stat(tree_dir(m)).kind != Kind::absent ||
                         c.cache.stat(download_file(m, ".zip")).kind != Kind::absent;
    if (is_used && !is_here) missing.push_back(m);
  }
  return missing;
}

// Versions of it that the cache has a go.mod of, the highest last as far as names tell.
std::vector<std::string> cached_versions(const Circumstances& c, const ModuleVersion& m) {
  std::vector<std::string> versions;
  for (const std::string& name :
       c.cache.list(download_dir(m)).value_or(std::vector<std::string>())) {
    if (!name.ends_with(".mod")) continue;
    const auto other =
        ModuleVersion::unescape(ModuleVersion::parse(m.path(), m.version())->escaped_path(),
                                name.substr(0, name.size() - 4));
    if (other && other->version() != m.version()) versions.push_back(other->version());
  }
  std::ranges::sort(versions);
  return versions;
}

bool is_in_go_mod(const Settings& settings, const ModuleVersion& m) {
  return std::ranges::any_of(settings.mod_files, [&](const std::string& file) {
    return parse_go_mod(read_text_file(file)).needed.contains(m);
  });
}

std::string look_up(const Circumstances& c, const std::string& path) {
  return in_same_place(c.request, "list -m -versions " + path + "@latest");
}

// What declares a module private, where GOPRIVATE is set now; empty: it can't be typed.
std::string as_private(const Circumstances& c, const std::string& module_path) {
  const GoSetting setting = go_setting(c.request, c.settings, "GOPRIVATE");
  const std::string all = (setting.value.empty() ? "" : setting.value + ",") + module_path;
  if (!is_plain(all)) return {};
  return setting.from == GoSetting::From::environment
             ? "GOPRIVATE=" + all + " " + command_line(c.request)
             : "go env -w GOPRIVATE=" + all;
}

// "(expected 20200102030405)": go has computed what a pseudo-version must look like.
std::string right_pseudo_version(const ModuleVersion& m, const Diagnosis& d) {
  const std::string& line = d.line;
  const std::size_t at = line.rfind("(expected ");
  if (at == line.npos) return {};
  const std::string expected = line.substr(at + 10, line.find(')', at) - at - 10);
  const std::string& v = m.version();
  const std::size_t hash = v.rfind('-');
  if (hash == v.npos || hash < 14 || expected.empty()) return {};
  const bool is_time = d.flags.has(RuleFlag::commit_time);
  // The same commit, or it is another version.
  const std::string_view commit = std::string_view(v).substr(hash + 1);
  if (!is_time && !commit.starts_with(expected) && !expected.starts_with(commit)) return {};
  const std::string right = is_time ? v.substr(0, hash - 14) + expected + v.substr(hash)
                                    : v.substr(0, hash + 1) + expected;
  return ModuleVersion::parse(m.path(), right) ? right : std::string();
}

// As module.IsPseudoVersion has it, roughly: "v0.0.0-20200102030405-abcdefabcdef".
bool is_pseudo_version(std::string_view v) {
  const std::size_t hash = v.rfind('-');
  if (hash == v.npos || hash < 15) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::all_of(v.substr(hash - 14, 14), is_digit);
}

// Proxies keep for a while that a version is not there; where go asks the repository itself, it is
// not.
std::string may_be_too_new(const Circumstances& c, const ModuleVersion& m) {
  const auto entries = proxy_entries(c.settings.proxy);
  const bool asks_repository = std::ranges::find(entries, "direct") != entries.end() ||
                               match_prefix_patterns(c.settings.no_proxy, m.path());
  if (asks_repository || entries.empty() || is_pseudo_version(m.version())) return {};
  return " (just tagged? proxies cache \"not found\" for 30 min)";
}

}  // namespace

bool is_no_record(const Diagnosis& d) {
  return d.flags.has(RuleFlag::no_record);
}

Advice lookup_disabled(const Circumstances& c, const Diagnosis& d) {
  const GoSetting proxy = go_setting(c.request, c.settings, "GOPROXY");
  const std::string undo = proxy.undone(command_line(c.request));
  if (d.flags.has(RuleFlag::proxy_off)) {
    if (proxy.from == GoSetting::From::toolchain) return {};
    std::string what = subject(d);
    const std::vector<ModuleVersion> missing = missing_modules(c);
    if (what.empty() && !missing.empty()) what = missing.front().str();
    if (what.empty()) return {};
    if (missing.size() > 1) what += " and " + std::to_string(missing.size() - 1) + " more";
    return {what + ": not in the module cache; GOPROXY=off (from " + proxy.where() +
                ") prevents the download",
            undo};
  }
  if (d.flags.has(RuleFlag::malformed_proxy))
    return {"GOPROXY (from " + proxy.where() + ") is not a list of URLs", undo};
  if (d.flags.has(RuleFlag::vendor_only) && is_import_path(d.package)) {
    const bool is_required = !c.list.providers(d.package).empty();
    return {d.package + ": not in the vendor directory",
            in_same_place(c.request, is_required ? "mod vendor" : "get " + d.package)};
  }
  return {};
}

// GO111MODULE=off beside a go.mod: the file is not looked at.
Advice gopath_mode(const Circumstances& c, const Diagnosis&) {
  const GoSetting modules = go_setting(c.request, c.settings, "GO111MODULE");
  if (modules.value != "off") return {};
  for (std::string dir = c.request.dir; !dir.empty(); dir.resize(dir.rfind('/'))) {
    if (!exists(dir + "/go.mod")) continue;
    return {"GO111MODULE=off (from " + modules.where() + ") makes go ignore " + dir + "/go.mod",
            modules.undone(command_line(c.request))};
  }
  return {};
}

Advice unknown_revision(const Circumstances& c, const Diagnosis& d) {
  const auto m = ModuleVersion::parse(d.module, d.version);
  if (m && d.flags.has(RuleFlag::pseudo_version)) {
    const std::string right = right_pseudo_version(*m, d);
    if (!right.empty() && is_in_go_mod(c.settings, *m))
      return {m->str() + ": invalid pseudo-version; its commit is " + right,
              in_same_place(c.request, "mod edit -require=" + m->path() + "@" + right)};
  }
  if (!is_module_path(d.module) || d.module == "golang.org/toolchain") return {};
  const std::string what = m ? m->str() : d.module + (is_plain(d.version) ? "@" + d.version : "");
  if (m && is_in_go_mod(c.settings, *m)) {
    const std::vector<std::string> known = cached_versions(c, *m);
    if (!known.empty())
      return {what + ": unknown version; the module cache has " + known.back(),
              look_up(c, m->path())};
  }
  return {what + ": unknown version" + (m ? may_be_too_new(c, *m) : ""), look_up(c, d.module)};
}

Advice module_not_found(const Circumstances& c, const Diagnosis& d) {
  if (!is_module_path(d.module) || !d.flags.has(RuleFlag::not_found)) return {};
  const auto m = ModuleVersion::parse(d.module, d.version);
  const auto entries = proxy_entries(c.settings.proxy);
  std::string asked;
  for (const std::string& entry : entries) {
    if (entry != "off") asked += (asked.empty() ? "" : ", ") + source_name(entry);
  }
  const bool is_private = match_prefix_patterns(c.settings.no_proxy, d.module);
  if (std::ranges::find(entries, "direct") == entries.end() && !is_private) {
    const std::string command = as_private(c, d.module);
    if (command.empty()) return {};
    return {
        (m ? m->str() : d.module) + ": not found at " + asked + "; if it is private, set GOPRIVATE",
        command};
  }
  return m ? unknown_revision(c, d) : Advice();
}

// The database looks into the repository itself, and tells for half an hour that it found nothing.
Advice unknown_to_sumdb(const Circumstances& c, const Diagnosis& d) {
  const auto m = ModuleVersion::parse(d.module, d.version);
  const std::string command = m && is_no_record(d) ? as_private(c, d.module) : std::string();
  if (command.empty()) return {};
  return {m->str() + ": not in the checksum database (just tagged, or private?)", command};
}

}  // namespace recovery
