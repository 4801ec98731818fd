// Advice about the project's own files: go.mod, go.sum, go.work. They are read, never written.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "recovery/advice/advice.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/project_files.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/project/suspects.hpp"
#include "recovery/settings/go_setting.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::FailureClass;
using patterns::RuleFlag;

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// --- merge conflicts ---

std::vector<std::string> files_in_conflict(const Settings& settings) {
  std::vector<std::string> files = settings.mod_files;
  files.insert(files.end(), settings.sum_files.begin(), settings.sum_files.end());
  if (!settings.go_work.empty()) files.push_back(settings.go_work);
  std::erase_if(files, [](const std::string& file) { return !has_conflict(file); });
  return files;
}

// Which side is right is for a person to say: a command that takes one throws the other away.
Advice conflict(const Circumstances& c) {
  const std::vector<std::string> files = files_in_conflict(c.settings);
  std::string places;
  for (const std::string& file : files) {
    const bool is_here = directory_of(file) == c.request.dir;
    places += (places.empty() ? "" : " and ") + (is_here ? name_of(file) : quoted(file)) + ":" +
              std::to_string(line_of_conflict(file));
  }
  if (files.empty()) return {};
  const std::string what = "unresolved merge conflict at " + places;
  const bool is_sum =
      std::ranges::all_of(files, [](const std::string& file) { return file.ends_with(".sum"); });
  if (const std::string fix = gosum_fix(c.request, c.settings); is_sum && !fix.empty())
    return {what, fix};
  return what + "; resolve it, then: " + in_same_place(c.request, "mod tidy");
}

// --- replace ---

std::vector<LocalReplace> lost_replacements(const Settings& settings) {
  std::vector<std::string> files = settings.mod_files;
  if (!settings.go_work.empty()) files.push_back(settings.go_work);
  std::vector<LocalReplace> lost;
  for (const std::string& file : files) {
    for (LocalReplace& local : local_replacements(file)) {
      if (!exists(local.dir + "/go.mod")) lost.push_back(std::move(local));
    }
  }
  return lost;
}

// Nothing in it that git could move away from under somebody's work.
bool is_empty(const std::string& dir) {
  std::error_code error;
  return !exists(dir) || std::filesystem::is_empty(dir, error);
}

// The submodule of the surrounding repository that belongs at `dir`; empty if none does.
std::string submodule_at(const std::string& dir) {
  for (std::string above = directory_of(dir); !above.empty(); above = directory_of(above)) {
    const std::string list = above + "/.gitmodules";
    if (!exists(list)) continue;
    const std::string path = dir.substr(above.size() + 1);
    for (const Directive& d : read_directives(read_text_file(list))) {
      if (d.name == "path" && d.words == std::vector<std::string>{"=", path}) return above;
    }
  }
  return {};
}

bool is_placeholder(std::string_view version) {
  return version == "v0.0.0" || version.starts_with("v0.0.0-00010101000000-");
}

bool is_required_as_placeholder(const std::string& go_mod, const std::string& path) {
  for (const Directive& d : read_directives(read_text_file(go_mod))) {
    if (d.name == "require" && d.words.size() >= 2 && d.words[0] == path)
      return is_placeholder(d.words[1]);
  }
  return false;
}

// --- who requires, who imports ---

bool requires_directly(const Settings& settings, const std::string& path) {
  for (const std::string& file : settings.mod_files) {
    for (const Directive& d : read_directives(read_text_file(file))) {
      if (d.name == "require" && !d.words.empty() && d.words[0] == path) return true;
    }
  }
  return false;
}

// A module of the build list, other than the user's own, whose go.mod requires `path`.
bool is_required_by_others(const Circumstances& c, const std::string& path) {
  for (const ModuleVersion& m : c.list.modules()) {
    const auto text = c.cache.read(download_file(m, ".mod"), 1 << 20);
    if (!text || text->find(path) == text->npos) continue;
    for (const Directive& d : read_directives(*text)) {
      if (d.name == "require" && !d.words.empty() && d.words[0] == path) return true;
    }
  }
  return false;
}

// The file that go named as the importer, if it is one.
bool imports(const Circumstances& c, const Diagnosis& d, const std::string& path) {
  if (!d.source.ends_with(".go")) return false;
  const std::string file = d.source.starts_with("/") ? d.source : c.request.dir + "/" + d.source;
  return std::ranges::any_of(imports_of(read_text_file(file)), [&](const std::string& import) {
    return import == path || import.starts_with(path + "/");
  });
}

// The two modules that have it: "\tM V (dir)" below the line.
struct Provider {
  std::string path, version;
};

std::vector<Provider> providers_below(const std::string& text, const std::string& line) {
  std::vector<Provider> found;
  std::size_t at = text.find(line);
  at = at == text.npos ? at : text.find('\n', at);
  while (at != text.npos && text.compare(at, 2, "\n\t") == 0) {
    const std::size_t end = text.find('\n', at + 1);
    const std::string row = text.substr(at + 2, end == text.npos ? end : end - at - 2);
    const std::size_t space = row.find(' ');
    const std::size_t bracket = row.find(" (");
    if (space != row.npos && bracket != row.npos && bracket > space)
      found.push_back({row.substr(0, space), row.substr(space + 1, bracket - space - 1)});
    at = end;
  }
  return found;
}

}  // namespace

// go names a command for each missing line. Where go.sum itself is the fault, or one command does
// for many, there is more to say.
Advice gosum_missing(const Circumstances& c, const Diagnosis&) {
  if (Advice merge = conflict(c); !merge.empty()) return merge;
  if (c.settings.sum_files.empty()) return {};
  const std::string& file = c.settings.sum_files.front();
  struct stat st;
  const std::string tidy = in_same_place(c.request, "mod tidy");
  if (c.settings.go_work.empty() && ::stat(file.c_str(), &st) != 0)
    return {
        "missing go.sum (not copied, or not committed?); restore it from version control, or "
        "create it",
        tidy};
  if (::access(file.c_str(), R_OK) != 0) return permission_advice(file, "");
  const auto missing = std::ranges::count_if(
      c.diagnoses, [](const Diagnosis& d) { return d.failure == FailureClass::gosum_missing; });
  if (missing < 2 || !c.settings.go_work.empty()) return {};
  return {"go.sum: " + std::to_string(missing) + " missing entries", tidy};
}

// "to update it: go mod tidy", says go, but for go.sum, and where it must not write.
Advice updates_needed(const Circumstances& c, const Diagnosis& d) {
  if (d.flags.has(RuleFlag::go_sum))
    return {"go.sum needs updating, which -mod=readonly prevents",
            in_same_place(c.request, "mod tidy")};
  if (d.flags.has(RuleFlag::no_permission) && !c.settings.sum_files.empty())
    return permission_advice(directory_of(c.settings.sum_files.front()), "");
  return {};
}

Advice replace_missing(const Circumstances& c, const Diagnosis& d) {
  std::vector<LocalReplace> lost = lost_replacements(c.settings);
  // The one that go complained of first.
  std::ranges::stable_partition(
      lost, [&](const LocalReplace& one) { return one.target == d.path || one.path == d.module; });
  if (lost.empty() || !is_plain(lost.front().dir) || !is_plain(lost.front().old)) return {};
  const LocalReplace& one = lost.front();
  const std::string name = name_of(one.file);
  const std::string what = name + ": replace target " + one.target + " of " + one.old +
                           (exists(one.dir) ? " has no go.mod" : " does not exist");
  if (const std::string super = submodule_at(one.dir);
      !super.empty() && is_plain(super) && is_empty(one.dir))
    return {what + " (a git submodule)",
            "git -C " + super + " submodule update --init " + one.dir.substr(super.size() + 1)};
  if (name != "go.work" && is_required_as_placeholder(one.file, one.path))
    return what + "; restore it: the version that is required was never published";
  const std::string edit = name == "go.work" ? "work edit" : "mod edit";
  std::string drop;
  for (const LocalReplace& each : lost) {
    if (each.file == one.file && is_plain(each.old)) drop += " -dropreplace=" + each.old;
  }
  return what +
         "; restore it, or drop the replace directive: " + in_same_place(c.request, edit + drop);
}

Advice path_mismatch(const Circumstances& c, const Diagnosis& d) {
  const auto m = ModuleVersion::parse(d.module, d.version);
  const std::string& own = d.package;  // what it declares itself as
  if (!m || !is_module_path(own) || own == m->path()) return {};
  const std::string what = m->str() + ": module declares its path as " + own;
  const bool is_asked_for = std::ranges::any_of(c.request.argv, [&](const std::string& argument) {
    return argument == m->path() || argument.starts_with(m->path() + "@");
  });
  const auto renamed = ModuleVersion::parse(own, m->version());
  if (is_asked_for && renamed && (c.request.verb == "get" || c.request.verb == "install"))
    return {what, in_same_place(c.request, c.request.verb + " " + renamed->str())};
  if (!requires_directly(c.settings, m->path()))
    return what +
           "; a dependency requires it by another path; a newer version of that dependency "
           "may not";
  if (imports(c, d, m->path()) || !requires_directly(c.settings, own))
    return what + "; import and require it by that path";
  return what + "; require one of the two; a fork can stand in by a replace directive";
}

Advice ambiguous_import(const Circumstances& c, const Diagnosis& d) {
  std::vector<Provider> found = providers_below(c.request.text, d.line);
  if (found.size() != 2 || found[0].path == found[1].path) return {};
  const auto longer = [](const Provider& a, const Provider& b) {
    return a.path.size() > b.path.size();
  };
  std::ranges::sort(found, longer);
  const auto nested = ModuleVersion::parse(found[0].path, found[0].version);
  const auto outer = ModuleVersion::parse(found[1].path, found[1].version);
  if (!nested || !outer) return {};
  const std::string what =
      "ambiguous import: " + (is_import_path(d.package) ? d.package : std::string("the package")) +
      " is in " + outer->str() + " and " + nested->str();
  if (!is_required_by_others(c, nested->path()))
    return what + "; only your go.mod requires the second";
  return {what + "; a newer version of the first may no longer have it",
          in_same_place(c.request, "list -m -versions " + outer->path())};
}

// What go says of a line of go.mod is plain enough; a merge that was not finished is told by the
// file alone.
Advice parse_error(const Circumstances& c, const Diagnosis&) {
  return conflict(c);
}

Advice project_file(const Circumstances& c, const Diagnosis& d) {
  if (d.flags.has(RuleFlag::lost_use)) {
    for (const Directive& use : read_directives(read_text_file(c.settings.go_work))) {
      if (use.name != "use" || use.words.empty() || !is_plain(use.words[0])) continue;
      const std::string& dir = use.words[0];
      const std::string place =
          dir.starts_with("/") ? dir : directory_of(c.settings.go_work) + "/" + dir;
      if (exists(place + "/go.mod")) continue;
      return "go.work: use " + dir + ": no go.mod there; restore it, or drop it: " +
             in_same_place(c.request, "work edit -dropuse=" + dir);
    }
  }
  const std::string& path = d.path.empty() ? c.settings.go_mod : d.path;
  if (d.flags.has(RuleFlag::no_permission))
    return permission_advice(path.starts_with("/") ? path : c.request.dir + "/" + path, "");
  return {};
}

}  // namespace recovery
