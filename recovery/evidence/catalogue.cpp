#include "recovery/evidence/catalogue.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "recovery/go/clone_key.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/json.hpp"

namespace recovery {
namespace {

constexpr int most_depth = 64;  // elements of a module path
using Names = std::vector<std::string>;

// The extensions that say something about a version; a lock alone does not.
bool is_artefact(std::string_view extension) {
  static constexpr std::array extensions{".info", ".mod", ".zip", ".ziphash"};
  return std::ranges::find(extensions, extension) != extensions.end();
}

class Walk {
 public:
  Walk(const Root& cache, std::set<ModuleVersion>& found, std::vector<std::string>& unread)
      : cache_(cache), found_(found), unread_(unread) {}

  void downloads(const std::string& dir, int depth = 0) {
    if (depth > most_depth) return;
    for (const std::string& name : list(dir)) {
      if (depth == 0 && name == "sumdb") continue;
      const std::string rel = dir + "/" + name;
      if (name == "@v")
        versions(rel);
      else if (cache_.stat(rel).kind == Kind::directory)
        downloads(rel, depth + 1);
    }
  }

  void trees(const std::string& dir, int depth = 0) {
    if (depth > most_depth) return;
    for (const std::string& name : list(dir)) {
      if (dir.empty() && name == "cache") continue;
      const std::string rel = dir.empty() ? name : dir + "/" + name;
      if (name.find('@') != name.npos)
        add(rel);
      else if (cache_.stat(rel).kind == Kind::directory)
        trees(rel, depth + 1);
    }
  }

 private:
  Names list(const std::string& dir) {
    auto names = cache_.list(dir);
    if (!names && errno == EACCES) unread_.push_back(dir);
    return std::move(names).value_or(Names{});
  }

  void versions(const std::string& dir) {
    for (const std::string& name : list(dir)) {
      const std::size_t dot = name.rfind('.');
      if (dot != name.npos && is_artefact(std::string_view(name).substr(dot)))
        add(dir + "/" + name);
    }
  }

  void add(const std::string& rel) {
    if (auto located = locate(cache_.path(), cache_.absolute(rel)))
      found_.insert(std::move(located->module));
  }

  const Root& cache_;
  std::set<ModuleVersion>& found_;
  std::vector<std::string>& unread_;
};

}  // namespace

std::set<ModuleVersion> modules_in(const Root& cache, std::vector<std::string>& unread) {
  std::set<ModuleVersion> found;
  Walk walk(cache, found, unread);
  walk.downloads("cache/download");
  walk.trees("");
  return found;
}

std::vector<ModuleVersion> versions_in(const Root& cache, const std::string& module_path) {
  std::set<ModuleVersion> found;
  if (!is_module_path(module_path)) return {};
  const std::string escaped = escape_path(module_path);
  const auto add = [&](std::string_view escaped_version) {
    if (auto m = ModuleVersion::unescape(escaped, escaped_version)) found.insert(*m);
  };
  const auto in_downloads = cache.list("cache/download/" + escaped + "/@v");
  for (const std::string& name : in_downloads.value_or(std::vector<std::string>{})) {
    for (const std::string_view extension : {".info", ".mod", ".zip", ".ziphash", ".partial"}) {
      if (name.ends_with(extension)) add(name.substr(0, name.size() - extension.size()));
    }
  }
  const std::size_t slash = escaped.rfind('/');
  const std::string parent = slash == escaped.npos ? "" : escaped.substr(0, slash);
  const std::string last = escaped.substr(slash == escaped.npos ? 0 : slash + 1) + "@";
  const auto trees = cache.list(parent);
  for (const std::string& name : trees.value_or(std::vector<std::string>{})) {
    if (name.starts_with(last)) add(name.substr(last.size()));
  }
  return {found.begin(), found.end()};
}

// By what .info tells, {"Version":…,"Origin":{"VCS":"git","URL":"https://example.com/a"}}, which
// is not always there; and by the URL of each clone.
std::set<std::string> clones_of(const Root& cache, const std::set<ModuleVersion>& modules) {
  std::set<std::string> found;
  std::vector<std::pair<std::string, std::string>> keys;  // each read once
  for (const std::string& name : cache.list("cache/vcs").value_or(Names{})) {
    if (!name.ends_with(".info")) continue;
    const std::string rel = "cache/vcs/" + name;
    keys.emplace_back(rel.substr(0, rel.size() - 5), cache.read(rel, 1 << 16).value_or(""));
  }
  for (const ModuleVersion& m : modules) {
    const auto text = cache.read(download_file(m, ".info"), 1 << 20);
    const Json origin = Json::parse(text.value_or(""))["Origin"];
    const std::string vcs = origin["VCS"].text(), url = origin["URL"].text();
    if (!url.empty())
      found.insert("cache/vcs/" + sha256_hex(clone_key(vcs.empty() ? "git" : vcs, url)));
    for (const auto& [rel, key] : keys) {
      if (may_hold(key, m.path())) found.insert(rel);
    }
  }
  return found;
}

std::vector<std::string> clones_in(const Root& cache) {
  Names names = cache.list("cache/vcs").value_or(Names{});
  std::erase_if(names, [](const std::string& name) {
    return name.size() != 64 || name.find_first_not_of("0123456789abcdef") != name.npos;
  });
  return names;
}

}  // namespace recovery
