#include "recovery/upkeep/needs.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "recovery/go/go_flags.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/run.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

// "go: errors parsing go.mod:" goes on in the next line.
std::string complaint_of(const std::string& text) {
  std::istringstream lines(text);
  std::string complaint;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("go: downloading ")) continue;
    complaint += (complaint.empty() ? "" : " ") + line;
    if (!complaint.ends_with(":")) break;
  }
  return complaint.empty() ? "no answer" : complaint;
}

class NeedsOf {
 public:
  explicit NeedsOf(const Request& request) : request_(request) {
    set_env(request_.env, "GOPROXY", "off");
    set_env(request_.env, "PWD", request_.dir);
    settings_ = read_settings(request_);
    auto words = split_quoted(settings_.flags).value_or(Names{settings_.flags});
    std::erase_if(words, [](const std::string& word) {
      return word == "-mod=mod" || word == "--mod=mod";  // it writes
    });
    const std::string flags = as_goflags(words).value_or("");
    // An empty one would let go's env file speak.
    set_env(request_.env, "GOFLAGS", flags.empty() ? "-modcacherw=false" : flags);
  }

  Needs answer() {
    needs_.mod_cache = settings_.mod_cache;
    needs_.build_cache = settings_.build_cache;
    if (settings_.mod_files.empty()) {
      needs_.failure = "no module or workspace";
      return needs_;
    }
    std::vector<std::string> files = settings_.mod_files;
    if (!settings_.go_work.empty()) files.push_back(settings_.go_work);
    for (const std::string& file : files) {
      struct stat st;  // go would wait for ever for what a pipe has to say
      if (::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode)) continue;
      needs_.failure = file + " is not a regular file";
      return needs_;
    }
    toolchain();
    const RunResult list = ask({"list", "-m", "-e", "-f",
                                "{{if not .Main}}{{if .Replace}}{{.Replace.Path}}@{{.Replace."
                                "Version}}{{else}}{{.Path}}@{{.Version}}{{end}}{{end}}",
                                "all"});
    const bool is_vendored =
        !list.ok && list.err.find("using the vendor directory") != std::string::npos;
    if (is_vendored) return needs_;  // a build looks at nothing in the cache
    const RunResult graph = list.ok ? ask({"mod", "graph"}) : list;
    GoSums sums;
    for (const std::string& file : settings_.sum_files) sums.add(read_text_file(file));
    if (graph.ok) {
      take_words(list.out, needs_.whole);
      take_words(graph.out, needs_.go_mods);
    } else if (!take_own_list(sums)) {
      needs_.failure = complaint_of(graph.err);
      return needs_;
    }
    for (const auto& [m, h1] : sums.go_mod) needs_.go_mods.insert(m);
    for (const std::string& file : settings_.mod_files) take_replacements(file);
    if (!settings_.go_work.empty()) take_replacements(settings_.go_work);
    return needs_;
  }

 private:
  RunResult ask(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv{request_.go};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(argv, request_.env, request_.dir, 300s);
  }

  static void take_words(const std::string& text, std::set<ModuleVersion>& to) {
    std::istringstream words(text);
    for (std::string word; words >> word;)
      if (const auto m = ModuleVersion::parse(word)) to.insert(*m);
  }

  void toolchain() {
    if (const auto located = locate(settings_.mod_cache, settings_.go_root))
      needs_.whole.insert(located->module);
  }

  // go.mod lists all that a build needs since go 1.17. It counts if all loads with it, and go.sum
  // knows each of them; and a go.mod that is lost may be wanted by the next build.
  bool take_own_list(const GoSums& sums) {
    if (!settings_.go_work.empty() || settings_.mod_files.size() != 1) return false;
    const std::string text = read_text_file(settings_.mod_files[0]);
    for (const Directive& d : read_directives(text)) {
      if (d.name == "go" && !d.words.empty() && go_number(d.words[0])[1] < 17) return false;
    }
    for (const ModuleVersion& m : parse_go_mod(text).needed) {
      if (!sums.go_mod.contains(m) || lost_go_mod(m)) return false;
      needs_.whole.insert(m);
    }
    return ask({"list", "-deps", "-test", "-f", "{{.ImportPath}}", "./..."}).ok;
  }

  bool lost_go_mod(const ModuleVersion& m) const {
    const auto file = [&](const std::string& rel) { return settings_.mod_cache + "/" + rel; };
    return !exists(file(download_file(m, ".mod"))) &&
           (exists(file(download_file(m, ".zip"))) || exists(file(tree_dir(m))));
  }

  // Of a version that is replaced, the go.mod of what replaces it is read.
  void take_replacements(const std::string& file) {
    for (const Directive& d : read_directives(read_text_file(file))) {
      if (d.name != "replace" || d.words.size() < 4) continue;
      if (const auto m = ModuleVersion::parse(d.words[d.words.size() - 2], d.words.back()))
        needs_.go_mods.insert(*m);
    }
  }

  Request request_;
  Settings settings_;
  Needs needs_;
};

}  // namespace

Needs needs_of(const Request& request) {
  return NeedsOf(request).answer();
}

}  // namespace recovery
