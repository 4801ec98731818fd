#include "recovery/suspects.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "recovery/layout.hpp"
#include "recovery/toolchain.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

std::string absolute(const std::string& path, const Request& request) {
  return path.starts_with("/") ? path : request.dir + "/" + path;
}

// What go may have meant by a path that it shortened: against $PWD, or, behind -C, against the
// directory's real path.
std::vector<std::string> places_of(const std::string& path, const Request& request) {
  if (path.empty()) return {};
  std::vector<std::string> places{absolute(path, request)};
  if (path.starts_with("/")) return places;
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(request.dir.c_str(), nullptr),
                                                         &std::free);
  if (real != nullptr && real.get() != request.dir)
    places.push_back(std::string(real.get()) + "/" + path);
  return places;
}

// The word before an import path is its local name; without one, the last element (less /v2, and
// gopkg.in's .v1).
struct Import {
  std::string name;
  std::string path;
};

std::string guessed_name(std::string_view path) {
  std::string_view last = path.substr(path.rfind('/') + 1);
  const bool is_major =
      last.size() > 1 && last[0] == 'v' &&
      std::ranges::all_of(last.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  if (is_major && last.size() < path.size()) {
    const std::string_view front = path.substr(0, path.size() - last.size() - 1);
    last = front.substr(front.rfind('/') + 1);
  }
  return std::string(last.substr(0, last.find(".v")));
}

std::vector<Import> read_imports(std::string_view source) {
  std::vector<Import> imports;
  bool in_block = false;
  while (!source.empty()) {
    const std::size_t end = source.find('\n');
    std::string_view line = source.substr(0, end);
    source = end == source.npos ? std::string_view() : source.substr(end + 1);
    line = line.substr(0, line.find("//"));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.starts_with("func ") || line.starts_with("type ") || line.starts_with("var ") ||
        line.starts_with("const ")) {
      break;
    }
    if (line.starts_with("import")) {
      line.remove_prefix(6);
      in_block = line.find('(') != line.npos;
    } else if (!in_block) {
      continue;
    }
    if (line.starts_with(")")) in_block = false;
    const std::size_t open = line.find_first_of("\"`");
    if (open == line.npos) continue;
    const std::size_t close = line.find(line[open], open + 1);
    if (close == line.npos) continue;
    Import import;
    import.path = line.substr(open + 1, close - open - 1);
    for (const char c : line.substr(0, open)) {
      if (c != ' ' && c != '\t' && c != '(') import.name += c;
    }
    if (import.name.empty()) import.name = guessed_name(import.path);
    imports.push_back(std::move(import));
  }
  return imports;
}

// Import paths that a complaint about a user's file may be about: that of the package the symbol
// names if it can be told, else all of them.
std::vector<std::string> imports_in_question(const Diagnosis& d, const Request& request) {
  const std::vector<Import> imports = read_imports(read_text_file(absolute(d.source, request)));
  const std::string package = d.symbol.substr(0, d.symbol.find('.'));
  std::vector<std::string> named;
  std::vector<std::string> all;
  for (const Import& import : imports) {
    if (import.name == package || import.name == "." || import.name == "_")
      named.push_back(import.path);
    all.push_back(import.path);
  }
  const bool is_named =
      std::ranges::any_of(imports, [&](const Import& i) { return i.name == package; });
  return is_named ? named : all;
}

// The toolchain that go named by its version ("exec go1.21.13: …"); or, where a tree is damaged and
// nothing says which (`no such tool "compile"`), the one in use, if it lies in the module cache.
std::optional<ModuleVersion> toolchain_of(const Diagnosis& d, const Settings& settings) {
  if (d.version.starts_with("go1")) return toolchain_module(d.version, settings.platform);
  const bool names_nothing = d.module.empty() && d.path.empty() && d.source.empty() &&
                             d.package.empty() && d.symbol.empty();
  if (d.class_id != "cache/tree-corrupt" || !names_nothing) return std::nullopt;
  const auto located = locate(settings.mod_cache, settings.go_root);
  return located ? std::optional(located->module) : std::nullopt;
}

}  // namespace

std::vector<std::string> imports_of(const std::string& go_source) {
  std::vector<std::string> paths;
  for (const Import& import : read_imports(go_source)) paths.push_back(import.path);
  return paths;
}

std::set<ModuleVersion> named_modules(const std::vector<Diagnosis>& diagnoses,
                                      const Request& request, const Settings& settings) {
  std::set<ModuleVersion> named;
  for (const Diagnosis& d : diagnoses) {
    if (auto m = ModuleVersion::parse(d.module, d.version)) named.insert(*m);
    if (auto m = toolchain_of(d, settings)) named.insert(*m);
    for (const std::string* path : {&d.path, &d.source}) {
      for (const std::string& place : places_of(*path, request)) {
        if (auto located = locate(settings.mod_cache, place)) named.insert(located->module);
      }
    }
  }
  return named;
}

std::set<ModuleVersion> hinted_modules(const std::vector<Diagnosis>& diagnoses,
                                       const Request& request, const BuildList& list) {
  std::set<ModuleVersion> hinted;
  const auto add = [&](const std::vector<ModuleVersion>& modules) {
    hinted.insert(modules.begin(), modules.end());
  };
  // `go mod download M@V` says "zip: not a valid zip file", and not of which.
  if (request.verb == "mod download" || request.verb == "get") {
    for (const std::string& argument : request.argv) {
      const std::size_t at = argument.find('@');
      if (at == argument.npos) continue;
      if (auto m = ModuleVersion::parse(argument.substr(0, at), argument.substr(at + 1)))
        hinted.insert(*m);
    }
  }
  for (const Diagnosis& d : diagnoses) {
    if (!d.module.empty() && !ModuleVersion::parse(d.module, d.version)) {
      add(list.versions_of(d.module));
    }
    if (!d.package.empty() && is_import_path(d.package)) add(list.providers(d.package));
    // The linker names symbols by import path: "go.example.org/theta.Answer".
    if (const std::size_t slash = d.symbol.rfind('/'); slash != d.symbol.npos) {
      add(list.providers(d.symbol.substr(0, d.symbol.find('.', slash))));
    }
    if (d.source.empty() || !d.source.ends_with(".go")) continue;
    for (const std::string& path : imports_in_question(d, request)) add(list.providers(path));
  }
  return hinted;
}

std::set<ModuleVersion> modules_behind(const std::vector<Diagnosis>& diagnoses,
                                       const Request& request, const Settings& settings,
                                       const BuildList& list) {
  std::set<ModuleVersion> behind;
  const auto add = [&](const std::string& directory) {
    for (const ModuleVersion& m : list.modules()) {
      if (download_file(m, "").starts_with(directory) || tree_dir(m).starts_with(directory))
        behind.insert(m);
    }
  };
  const std::string root = settings.mod_cache + "/";
  for (const Diagnosis& d : diagnoses) {
    for (const std::string& place : places_of(d.path, request)) {
      const auto path = clean_path(place);
      if (path && path->starts_with(root) && !locate(settings.mod_cache, *path))
        add(path->substr(root.size()) + "/");
    }
  }
  return behind;
}

}  // namespace recovery
