#include "recovery/upkeep/cache_key.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include "recovery/go/go_flags.hpp"
#include "recovery/go/go_mod.hpp"
#include "recovery/go/h1.hpp"
#include "recovery/go/project_files.hpp"
#include "recovery/go/toolchain.hpp"
#include "recovery/os/env.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/run.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"

namespace recovery {
namespace {

using namespace std::chrono_literals;

using Parts = std::vector<std::pair<std::string, std::string>>;

// Flags that change what is shown, run or looked up, and no compiled package.
bool is_idle_flag(std::string_view name) {
  static constexpr std::array idle{
      "a",        "benchtime", "buildvcs", "count", "cpu",     "exec",      "failfast",
      "fullpath", "insecure",  "json",     "mod",   "modfile", "n",         "o",
      "p",        "parallel",  "run",      "short", "shuffle", "skip",      "v",
      "timeout",  "vet",       "work",     "x",     "bench",   "modcacherw"};
  return std::ranges::find(idle, name) != idle.end();
}

std::string digest(const std::string& text, std::size_t size) {
  return sha256_hex(text).substr(0, size);
}

std::string digest(const Parts& parts, std::size_t size) {
  std::string text;
  for (const auto& [name, value] : parts)
    text += name + "=" + std::to_string(value.size()) + ":" + value + "\n";
  return digest(text, size);
}

// What may stand in a key of a CI's cache.
std::string plain(const std::string& text) {
  std::string result = text.substr(0, std::min<std::size_t>(text.find(' '), 40));
  for (char& c : result) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    if (!is_plain) c = '_';
  }
  return result;
}

class Maker {
 public:
  explicit Maker(const Request& request) : request_(request) {
    // Nothing may be fetched for a question; the toolchain that would be is found out from the
    // files.
    set_env(request_.env, "GOTOOLCHAIN", "local");
    settings_ = read_settings(request_);
    const RunResult answer = ask({"env", "-json"});
    const Json values = Json::parse(answer.out);
    if (!answer.ok || !values.is_object()) throw std::runtime_error("go env failed");
    for (const auto& [name, value] : values.members())
      if (value.is_string()) env_[name] = value.text();
    // Exactly these words are answered by the go that is there, whatever go.mod wants.
    gotoolchain_ = run({request.go, "env", "GOTOOLCHAIN"}, request.env, request.dir, 20s).out;
    gotoolchain_.resize(gotoolchain_.find_last_not_of(" \n") + 1);
  }

  CacheKey make(const std::string& period) {
    read_project();
    Parts list;
    list.swap(parts_);
    toolchain();
    target();
    c_compilers();
    CacheKey key;
    key.restore = "gomend-" + plain(env_["GOOS"]) + "-" + plain(env_["GOARCH"]) + "-" +
                  plain(version_) + "-" + digest(parts_, 12) + "-" +
                  (period.empty() ? "" : period + "-");
    key.key = key.restore + digest(list, 24);
    key.parts = std::move(parts_);
    key.parts.insert(key.parts.end(), list.begin(), list.end());
    return key;
  }

 private:
  RunResult ask(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv{request_.go};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run(argv, request_.env, request_.dir, 20s);
  }

  void add(const std::string& name, const std::string& value) { parts_.emplace_back(name, value); }
  void add(const std::string& name) { add(name, env_[name]); }

  void read_project() {
    if (settings_.mod_files.empty()) throw std::runtime_error("no go.mod or go.work here");
    if (!settings_.go_work.empty()) read_file(settings_.go_work, "go.work");
    for (const std::string& file : settings_.mod_files) read_file(file, "go.mod");
    std::set<std::string> lines;
    for (const std::string& file : settings_.sum_files) {
      if (has_conflict(file)) throw std::runtime_error(file + ": unresolved merge conflict");
      std::istringstream text(read_text_file(file));
      for (std::string line; std::getline(text, line);) {
        std::istringstream words(line);
        std::string module, version, hash;
        if (words >> module >> version >> hash) lines.insert(module + " " + version + " " + hash);
      }
    }
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    add("sums", digest(all, 64));
    std::sort(parts_.begin(), parts_.end());
  }

  // What a go.mod or a go.work says, one directive a line, sorted.
  void read_file(const std::string& file, const char* kind) {
    const std::vector<Directive> directives = read_directives(read_text_file(file));
    const bool is_work = std::string_view(kind) == "go.work";
    std::string module;
    for (const Directive& d : directives) {
      if (d.name == (is_work ? "go" : "module") && !d.words.empty()) module = d.words[0];
    }
    if (module.empty())
      throw std::runtime_error(
          file + (exists(file) ? " is not a readable " + std::string(kind) : " does not exist"));
    if (has_conflict(file)) throw std::runtime_error(file + ": unresolved merge conflict");
    std::map<std::string, std::string> directories;
    for (const LocalReplace& one : local_replacements(file)) directories[one.old] = one.dir;
    std::set<std::string> lines;
    for (const Directive& d : directives) {
      if (d.words.empty() || d.name == "retract" || d.name == "use") continue;
      const bool decides = is_work || settings_.go_work.empty();  // as go sees it
      if (d.name == "go" && decides) go_line_ = d.words[0];
      if (d.name == "toolchain") {
        if (decides) toolchain_line_ = d.words[0];
        continue;
      }
      lines.insert(line_of(d, directories));
    }
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    add(is_work ? "go.work" : "go.mod of " + module, text);
  }

  // A directory that replaces a module counts by what its go.mod requires, wherever it lies.
  static std::string line_of(const Directive& d,
                             const std::map<std::string, std::string>& directories) {
    std::string line = d.name;
    for (const std::string& word : d.words) line += " " + word;
    if (d.name != "replace") return line;
    const bool has_version = d.words.size() > 1 && d.words[1] != "=>";
    const auto found = directories.find(d.words[0] + (has_version ? "@" + d.words[1] : ""));
    if (found == directories.end()) return line;
    std::set<std::string> needed;
    for (const Directive& one : read_directives(read_text_file(found->second + "/go.mod"))) {
      if (one.name != "require" && one.name != "go" && one.name != "module") continue;
      std::string text = one.name;
      for (const std::string& word : one.words) text += " " + word;
      needed.insert(text);
    }
    line = "replace " + found->first + " => a directory:";
    for (const std::string& text : needed) line += " " + text + ";";
    return line;
  }

  void toolchain() {
    version_ = fetched_toolchain(gotoolchain_, settings_.go_version, go_line_, toolchain_line_);
    if (!version_.empty()) return add("toolchain", version_);
    version_ = settings_.go_version;
    add("toolchain", version_);
    std::string tools;
    for (const char* tool : {"compile", "asm", "link", "cgo"})
      tools += sha256_hex(read_text_file(env_["GOTOOLDIR"] + "/" + tool));
    add("tools", digest(tools, 64));
  }

  void target() {
    add("GOOS");
    add("GOARCH");
    static const std::map<std::string, std::string> levels = {
        {"386", "GO386"},       {"amd64", "GOAMD64"},     {"arm", "GOARM"},
        {"arm64", "GOARM64"},   {"mips", "GOMIPS"},       {"mipsle", "GOMIPS"},
        {"mips64", "GOMIPS64"}, {"mips64le", "GOMIPS64"}, {"ppc64", "GOPPC64"},
        {"ppc64le", "GOPPC64"}, {"riscv64", "GORISCV64"}, {"wasm", "GOWASM"}};
    if (const auto level = levels.find(env_["GOARCH"]); level != levels.end()) add(level->second);
    add("host", settings_.platform);
    add("GOEXPERIMENT");
    add("GOFIPS140");
    add("GOFLAGS", compiling_flags(settings_.flags));
    add("CGO_ENABLED");
  }

  void c_compilers() {
    if (env_["CGO_ENABLED"] != "1") return;
    for (const char* name : {"AR", "CC", "CXX", "FC", "PKG_CONFIG", "CGO_CFLAGS", "CGO_CPPFLAGS",
                             "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS"})
      add(name);
    add("C compiler", version_of_compiler(env_["CC"]));
    add("C++ compiler", version_of_compiler(env_["CXX"]));
    std::istringstream lines(read_text_file("/etc/os-release"));
    std::string system;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("ID=") || line.starts_with("VERSION_ID=")) system += line + " ";
    add("system", system);
  }

  std::string version_of_compiler(const std::string& command) const {
    std::vector<std::string> words = split_quoted(command).value_or(std::vector<std::string>{});
    if (words.empty()) return {};
    if (words[0].find('/') == std::string::npos) words[0] = program_on_path(request_.env, words[0]);
    if (!words[0].starts_with("/")) return {};
    words.emplace_back("--version");
    try {
      const RunResult answer = run(words, request_.env, "/", 10s);
      return answer.out.substr(0, answer.out.find('\n'));
    } catch (const std::exception&) {  // go will say what is wrong with it
      return {};
    }
  }

  Request request_;
  Settings settings_;
  std::map<std::string, std::string> env_;
  std::string gotoolchain_;
  std::string go_line_, toolchain_line_;
  std::string version_;  // of the toolchain that will run here
  Parts parts_;
};

}  // namespace

CacheKey cache_key(const Request& request, const std::string& period) {
  return Maker(request).make(period);
}

std::string period_name(Period period, std::time_t now) {
  static const std::map<Period, const char*> formats = {
      {Period::day, "%Y%m%d"}, {Period::week, "%GW%V"}, {Period::month, "%Y%m"}};
  if (period == Period::none) return {};
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), formats.at(period), &utc)};
}

std::string compiling_flags(const std::string& goflags) {
  std::vector<std::pair<std::string, std::string>> flags;
  for (const Flag& flag : flags_in_goflags(goflags)) {
    const std::string& name = flag.name;
    std::string value = flag.value_at < 0 ? "true" : flag.value;
    if (is_idle_flag(name)) {
      if (name != "mod" || value != "vendor") continue;
    }
    // Of those that name packages all count, of the others the last one.
    if (!name.ends_with("flags"))
      std::erase_if(flags, [&](const auto& one) { return one.first == name; });
    if (value != "false") flags.emplace_back(name, value);
  }
  std::ranges::stable_sort(flags, {}, [](const auto& one) { return one.first; });
  std::string text;
  for (const auto& [name, value] : flags)
    text += (text.empty() ? "-" : " -") + name + (value == "true" ? "" : "=" + value);
  return text;
}

std::string fetched_toolchain(const std::string& gotoolchain, const std::string& local,
                              const std::string& go_line, const std::string& toolchain_line) {
  const std::size_t plus = gotoolchain.find('+');
  std::string chosen = gotoolchain.substr(0, plus);
  const bool is_fixed = plus == gotoolchain.npos && chosen != "auto" && chosen != "path";
  if (chosen == "local" || chosen == "auto" || chosen == "path") chosen.clear();
  if (!gotoolchain.empty() && !is_fixed) {  // before Go 1.21 there is no such setting
    for (const std::string& wanted : {go_line.empty() ? "" : "go" + go_line, toolchain_line}) {
      if (go_number(wanted) > go_number(chosen.empty() ? local : chosen)) chosen = wanted;
    }
  }
  return go_number(chosen) == go_number(local) ? std::string() : chosen;
}

}  // namespace recovery
