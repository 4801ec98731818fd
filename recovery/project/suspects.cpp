#include "recovery/project/suspects.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "recovery/go/go_imports.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/os/file.hpp"
#include "recovery/settings/request.hpp"

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
  for (GoImport& import : read_go_imports(source)) {
    std::string name = import.name.empty() ? guessed_name(import.path) : std::move(import.name);
    imports.push_back({std::move(name), std::move(import.path)});
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
  if (d.failure != patterns::FailureClass::tree_corrupt || !names_nothing) return std::nullopt;
  return toolchain_in_use(settings);
}

}  // namespace

std::optional<ModuleVersion> toolchain_in_use(const Settings& settings) {
  const auto located = locate(settings.mod_cache, settings.go_root);
  return located && is_toolchain(located->module) ? std::optional(located->module) : std::nullopt;
}

std::vector<Asked> asked_for(const Request& request) {
  const std::string& verb = request.verb;
  const bool takes_versions = verb == "get" || verb == "install" || verb == "run" ||
                              verb == "list" || verb.starts_with("mod ");
  std::vector<Asked> all;
  if (!takes_versions) return all;
  bool may_be_value = false;  // of the flag before it
  for (std::size_t i = 1; i < request.argv.size() && request.argv[i] != "--"; ++i) {
    const std::string& word = request.argv[i];
    const bool is_flag = word.starts_with("-");
    const std::size_t at = word.find('@');
    if (!is_flag && at != word.npos)
      all.push_back({word.substr(0, at), word.substr(at + 1)});
    else if (!is_flag && verb == "get")
      all.push_back({word, ""});
    const bool is_package = !is_flag && word != "run" && (!may_be_value || at != word.npos);
    if (verb == "run" && is_package) break;
    may_be_value = is_flag && word.find('=') == word.npos;
  }
  return all;
}

bool is_of_command(const Request& request, const ModuleVersion& m) {
  const auto asked = asked_for(request);
  return std::ranges::any_of(asked, [&](const Asked& one) {
    const bool is_its = one.path == m.path() || one.path.starts_with(m.path() + "/");
    // "latest", "v1", a branch: which version that is, go has found out.
    return is_its && (one.query == m.version() || !is_canonical_version(one.query));
  });
}

std::set<ModuleVersion> modules_of_command(const Request& request, const Root& cache) {
  std::set<ModuleVersion> modules;
  for (const Asked& one : asked_for(request)) {
    // The module of a package is one of the paths above it.
    for (std::string path = one.path; !path.empty();
         path.resize(path.rfind('/') == path.npos ? 0 : path.rfind('/'))) {
      const auto m = ModuleVersion::parse(path, one.query);
      if (m && (cache.stat(download_file(*m, ".mod")).kind != Kind::absent ||
                cache.stat(download_file(*m, ".info")).kind != Kind::absent))
        modules.insert(*m);
    }
  }
  return modules;
}

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
