#include "recovery/catalogue.hpp"

#include <algorithm>
#include <array>

#include "recovery/layout.hpp"

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
  Walk(const Root& cache, std::set<ModuleVersion>& found) : cache_(cache), found_(found) {}

  void downloads(const std::string& dir, int depth = 0) {
    if (depth > most_depth) return;
    for (const std::string& name : cache_.list(dir).value_or(Names{})) {
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
    for (const std::string& name : cache_.list(dir).value_or(Names{})) {
      if (dir.empty() && name == "cache") continue;
      const std::string rel = dir.empty() ? name : dir + "/" + name;
      if (name.find('@') != name.npos)
        add(rel);
      else if (cache_.stat(rel).kind == Kind::directory)
        trees(rel, depth + 1);
    }
  }

 private:
  void versions(const std::string& dir) {
    for (const std::string& name : cache_.list(dir).value_or(Names{})) {
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
};

}  // namespace

std::set<ModuleVersion> modules_in(const Root& cache) {
  std::set<ModuleVersion> found;
  Walk walk(cache, found);
  walk.downloads("cache/download");
  walk.trees("");
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
