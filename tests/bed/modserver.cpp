#include "tests/bed/modserver.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <set>
#include <stdexcept>

#include "recovery/os/json.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/gos.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/process.hpp"
#include "tests/bed/world.hpp"

namespace tests {
namespace {

using recovery::Json;

std::string sources_digest(const fs::path& sources, const Go& go) {
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(sources)) files.insert(entry.path());
  std::string all = go.version;
  for (const auto& file : files) all += read_file(file);
  return sha256(all).substr(0, 12);
}

// golang.org/x/mod (with golang.org/x/crypto, which Go 1.19's needs) comes from the toolchain: no
// network.
void lay_out(const fs::path& gopath, const fs::path& sources, const Go& go) {
  const auto resolve = fs::copy_options::recursive;  // follows links: Debian's src is one
  fs::create_directories(gopath / "src/golang.org/x");
  fs::copy(sources, gopath / "src/modserver", resolve);
  const fs::path vendored = go.root() / "src/cmd/vendor/golang.org/x";
  for (const auto* name : {"mod", "crypto"}) {
    if (fs::exists(vendored / name))
      fs::copy(vendored / name, gopath / "src/golang.org/x" / name, resolve);
  }
}

fs::path build_modserver() {
  const fs::path sources = fs::path(tests_dir) / "modserver";
  const Go& go = gos().front();
  const fs::path binary = work_dir() / ("modserver-" + sources_digest(sources, go));
  const FileLock lock(work_dir() / "modserver.lock");
  if (fs::exists(binary)) return binary;
  const TempDir dir;
  lay_out(dir.path(), sources, go);
  const Env env = {{"PATH", "/usr/bin:/bin"},
                   {"HOME", dir.path().string()},
                   {"GOPATH", dir.path().string()},
                   {"GOCACHE", (dir.path() / "cache").string()},
                   {"GO111MODULE", "off"},
                   {"GOTOOLCHAIN", "local"},
                   {"GOENV", "off"},
                   {"CGO_ENABLED", "0"}};
  const fs::path fresh = binary.string() + ".new";  // the lock is ours
  const Ran ran =
      run({go.path.string(), "build", "-o", fresh.string(), "."},
          {.env = env, .cwd = dir.path() / "src/modserver", .limit = std::chrono::seconds(300)});
  if (ran.code() != 0) throw std::runtime_error("building the modserver: " + ran.text());
  fs::rename(fresh, binary);
  return binary;
}

// The process, and the line of talk with it.
class Modserver {
 public:
  Modserver() {
    const std::string binary = build_modserver().string();
    const std::string modules = world_modules().string();
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe2 failed");
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);  // a ^C for the tests is not one for it: its stdin tells it when they end
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::execl(binary.c_str(), "modserver", "-state", state_.path().c_str(), "-modules",
              modules.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = ::fdopen(in[1], "w");
    from_ = ::fdopen(out[0], "r");
    const Json ready = answer();
    url_ = ready["url"].text();
    secure_url_ = ready["secure"].text();
  }

  ~Modserver() {
    std::fclose(to_);
    std::fclose(from_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }

  Modserver(const Modserver&) = delete;
  Modserver& operator=(const Modserver&) = delete;

  Json ask(const Json& command) {
    const std::string line = command.dump() + "\n";
    if (std::fputs(line.c_str(), to_) < 0 || std::fflush(to_) != 0) {
      throw std::runtime_error("the modserver is gone");
    }
    Json reply = answer();
    if (reply.contains("error")) throw std::runtime_error("modserver: " + reply["error"].text());
    return reply;
  }

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& secure_url() const { return secure_url_; }
  [[nodiscard]] const fs::path& state() const { return state_.path(); }
  std::string next_proxy() { return "p" + std::to_string(++proxies_); }

 private:
  Json answer() {
    std::string line;
    for (int c = std::fgetc(from_); c != '\n'; c = std::fgetc(from_)) {
      if (c == EOF) throw std::runtime_error("the modserver has ended");
      line += static_cast<char>(c);
    }
    const Json answer = Json::parse(line);
    if (!answer.is_object()) throw std::runtime_error("modserver: " + line);
    return answer;
  }

  TempDir state_;
  pid_t pid_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  std::string url_;
  std::string secure_url_;
  int proxies_ = 0;
};

Modserver& modserver() {
  static Modserver it;
  return it;
}

void add_fault(const std::string& service, const Fault& fault) {
  modserver().ask({{"op", "fault"},
                   {"fault",
                    {{"service", service},
                     {"match", fault.match},
                     {"kind", fault.kind},
                     {"status", fault.status},
                     {"bytes", fault.bytes},
                     {"body", fault.body},
                     {"times", fault.times},
                     {"percent", fault.percent},
                     {"seconds", fault.seconds},
                     {"spares", fault.spares}}}});
}

void clear_service(const std::string& service) {
  modserver().ask({{"op", "clear"}, {"service", service}});
}

std::vector<Request> log_of(const std::string& service) {
  const Json reply = modserver().ask({{"op", "log"}, {"service", service}});
  std::vector<Request> requests;
  for (const Json& request : reply["requests"].elements()) {
    requests.push_back({request["path"].text(), static_cast<int>(request["status"].number())});
  }
  return requests;
}

}  // namespace

Sumdb::Sumdb(std::string name, std::string key, std::string url)
    : name_(std::move(name)), key_(std::move(key)), url_(std::move(url)) {}

void Sumdb::fault(const Fault& fault) const {
  add_fault("sumdb/" + name_, fault);
}
void Sumdb::clear() const {
  clear_service("sumdb/" + name_);
}
std::vector<Request> Sumdb::log() const {
  return log_of("sumdb/" + name_);
}
void Sumdb::fork() const {
  modserver().ask({{"op", "fork"}, {"path", name_}});
}

Source::Source() : name_(modserver().next_proxy()) {}

std::string Source::url() const {
  return modserver().url() + "/" + name_;
}
std::string Source::secure_url() const {
  return modserver().secure_url() + "/" + name_;
}
void Source::fault(const Fault& fault) const {
  add_fault(name_, fault);
}
void Source::clear() const {
  clear_service(name_);
}
void Source::clear_log() const {
  modserver().ask({{"op", "clear_log"}, {"service", name_}});
}
std::vector<Request> Source::log() const {
  return log_of(name_);
}

std::string Source::log_text() const {
  std::string text;
  for (const auto& request : log())
    text += std::to_string(request.status) + " " + request.path + "\n";
  return text;
}

void Source::serve_first(const std::vector<fs::path>& directories) const {
  std::vector<std::string> names;
  for (const auto& directory : directories) names.push_back(directory.string());
  modserver().ask({{"op", "dirs"}, {"service", name_}, {"dirs", names}});
}

void Source::pass_sumdbs_on(bool yes) const {
  modserver().ask({{"op", "sumdbs"}, {"service", name_}, {"sumdbs", yes}});
}

Sumdb Source::sumdb(const std::map<std::string, std::string>& lies) const {
  Json told = Json::object();
  for (const auto& [name, hash] : lies) told.set(name, hash);
  const Json reply = modserver().ask({{"op", "new_sumdb"}, {"service", name_}, {"lies", told}});
  return {reply["name"].text(), reply["key"].text(), reply["url"].text()};
}

std::string modserver_url() {
  return modserver().url();
}

fs::path certificate() {
  return modserver().state() / "ca.pem";
}

std::string commit_to_git(const std::string& name, const std::map<std::string, std::string>& files,
                          const std::string& tag) {
  const fs::path bare = modserver().state() / "git" / (name + ".git");
  const fs::path work = modserver().state() / "git-work" / name;
  const Env env = {{"PATH", "/usr/bin:/bin"},
                   {"HOME", modserver().state().string()},
                   {"GIT_CONFIG_NOSYSTEM", "1"},
                   {"GIT_AUTHOR_NAME", "T"},
                   {"GIT_AUTHOR_EMAIL", "t@example.org"},
                   {"GIT_COMMITTER_NAME", "T"},
                   {"GIT_COMMITTER_EMAIL", "t@example.org"},
                   {"GIT_AUTHOR_DATE", "2020-01-02T03:04:05Z"},
                   {"GIT_COMMITTER_DATE", "2020-01-02T03:04:05Z"}};
  const auto git = [&](Args args) {
    args.insert(args.begin(), {"git", "-c", "init.defaultBranch=main", "-c", "gc.auto=0"});
    const Ran ran = run(args, {.env = env, .cwd = work});
    if (ran.code() != 0) throw std::runtime_error("git: " + ran.text());
    return ran.out;
  };
  fs::create_directories(work);
  if (!fs::exists(bare)) {
    git({"init", "-q", "--bare", bare.string()});
    git({"init", "-q", "."});
  }
  for (const auto& [path, content] : files) write_file(work / path, content);
  git({"add", "-A"});
  git({"commit", "-q", "--allow-empty", "-m", "commit " + tag});
  if (!tag.empty()) git({"tag", "-f", tag});
  git({"push", "-q", "--force", bare.string(), "main", "--tags"});
  const std::string hash = git({"rev-parse", "HEAD"});
  return hash.substr(0, hash.find('\n'));
}

fs::path git_root() {
  return modserver().state() / "git";
}

void git_fault(const Fault& fault) {
  add_fault("git", fault);
}
void git_clear() {
  clear_service("git");
}

std::string h1_of(const fs::path& file) {
  return modserver().ask({{"op", "h1"}, {"path", file.string()}})["h1"].text();
}

std::string h1_of_tree(const fs::path& tree, const std::string& module) {
  return modserver().ask({{"op", "h1"}, {"path", tree.string()}, {"prefix", module}})["h1"].text();
}

void write_zip(const std::string& module, const fs::path& to) {
  modserver().ask({{"op", "zip"}, {"path", to.string()}, {"prefix", module}});
}

void rezip(const fs::path& zip, const std::string& kind) {
  modserver().ask({{"op", "rezip"}, {"path", zip.string()}, {"kind", kind}});
}

}  // namespace tests
