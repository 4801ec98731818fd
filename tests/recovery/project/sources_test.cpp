// Only sources that the user's settings trust are asked, and a private module's name goes nowhere
// new.

#include "recovery/project/sources.hpp"

#include "recovery/settings/request.hpp"
#include "tests/bed/files.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::ModuleVersion;
using recovery::proxy_entries;
using recovery::source_name;
using Names = std::vector<std::string>;

const std::string first = "https://a.example";
const std::string first_go_mod = "module example.com/main\n\ngo 1.17\n\n";
const std::string h1 = "h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=";

// A project and a module cache of its own; nothing in it is fetched.
class Project {
 public:
  Project(const std::string& go_mod, const std::string& go_sum) : cache_(dir_.path()) {
    write_file(dir_.path() / "go.mod", go_mod);
    write_file(dir_.path() / "go.sum", go_sum);
    settings.go_mod = (dir_.path() / "go.mod").string();
    settings.mod_files = {settings.go_mod};
    settings.sum_files = {(dir_.path() / "go.sum").string()};
    settings.proxy = first;
    config.public_proxies = {first};
    request.verb = "build";
  }

  void work(const std::string& go_work, const std::vector<std::string>& modules) {
    settings.go_work = write("go.work", go_work);
    for (const std::string& module : modules) settings.mod_files.push_back(module);
  }
  std::string write(const std::string& name, const std::string& text) {
    write_file(dir_.path() / name, text);
    return (dir_.path() / name).string();
  }

  // Who is asked for it, when each is down; or why nobody is.
  std::string asked_for(const std::string& module) {
    const recovery::BuildList list(settings, cache_, {});
    const recovery::Sources sources(settings, request, config, &list);
    recovery::Walk walk = sources.walk(ModuleVersion::parse(module).value());
    std::string all;
    for (; const auto source = walk.next(); walk.answered(recovery::policy::Answer::outage))
      all += (all.empty() ? "" : " ") + (source->proxy.empty() ? "GOPROXY" : source->name);
    return all.empty() ? walk.why() : all;
  }

  recovery::Settings settings;
  recovery::Config config;
  recovery::Request request;

 private:
  TempDir dir_;
  recovery::Root cache_;
};

std::string line(const std::string& module) {
  const std::size_t at = module.find('@');
  return module.substr(0, at) + " " + module.substr(at + 1) + " " + h1 + "\n";
}

}  // namespace

TEST_CASE("a name is asked for where plain go would ask, and nowhere else (15.5)", "[recovery]") {
  const std::string nobody = "not asked for: ";
  Project project(first_go_mod +
                      "require x.y/a v1.0.0\nrequire x.y/dir v1.0.0\nrequire x.y/other v1.0.0\n"
                      "require x.y/gone v1.0.0\nexclude x.y/gone v1.0.0\n"
                      "replace x.y/dir => ./dir\nreplace x.y/other => x.y/fork v1.2.0\n",
                  line("x.y/a@v1.0.0") + line("x.y/dir@v1.0.0") + line("x.y/other@v1.0.0") +
                      line("x.y/fork@v1.2.0") + line("x.y/old@v1.0.0") + line("x.y/gone@v1.0.0") +
                      line("example.com/main@v0.9.0") + line("x.y/behind@v1.0.0"));
  const std::string dir =
      project.write("dir/go.mod", "module x.y/dir\nrequire x.y/behind v1.0.0\n");
  const std::string cached = "cache/download/x.y/";
  const auto have = [&](const std::string& module) {
    project.write(cached + module + "/@v/v1.0.0.mod", "module x.y/" + module + "\n");
  };
  have("a");
  have("behind");
  project.write(cached + "fork/@v/v1.2.0.mod", "module x.y/fork\n");
  CHECK(project.asked_for("x.y/a@v1.0.0") == "a.example");
  CHECK(project.asked_for("x.y/fork@v1.2.0") == "a.example");
  CHECK(project.asked_for("x.y/behind@v1.0.0") == "a.example");
  CHECK(project.asked_for("x.y/dir@v1.0.0") == nobody + "it is replaced here");
  CHECK(project.asked_for("x.y/other@v1.0.0") == nobody + "it is replaced here");
  CHECK(project.asked_for("x.y/gone@v1.0.0") == nobody + "go.mod excludes it");
  CHECK(project.asked_for("example.com/main@v0.9.0") == nobody + "it is a module of this project");
  CHECK(project.asked_for("x.y/old@v1.0.0") == nobody + "only go.sum names it");
  CHECK(project.asked_for("x.y/text@v1.0.0") == nobody + "nothing here requires it");
  project.request.argv = {"go", "mod", "download", "x.y/old@v1.0.0"};
  project.request.verb = "mod download";
  CHECK(project.asked_for("x.y/old@v1.0.0") == "a.example");
  CHECK(project.asked_for("x.y/dir@v1.0.0") == nobody + "it is replaced here");
  project.request.verb = "run";  // the program's own argument
  project.request.argv = {"go", "run", ".", "x.y/old@v1.0.0"};
  CHECK(project.asked_for("x.y/old@v1.0.0") == nobody + "only go.sum names it");
  project.request.verb = "build";
  project.settings.is_vendored = true;
  CHECK(project.asked_for("x.y/a@v1.0.0") == nobody + "packages come from vendor");
}

TEST_CASE("a go.mod that is missing may require what go.sum has: that is asked for later",
          "[recovery]") {
  Project project("module example.com/main\n\ngo 1.16\n\nrequire x.y/a v1.0.0\n",
                  line("x.y/a@v1.0.0") + line("x.y/b@v1.0.0") + line("x.y/old@v1.0.0"));
  CHECK(project.asked_for("x.y/a@v1.0.0") == "a.example");
  CHECK(project.asked_for("x.y/b@v1.0.0") != "a.example");
  project.write("cache/download/x.y/a/@v/v1.0.0.mod", "module x.y/a\nrequire x.y/b v1.0.0\n");
  CHECK(project.asked_for("x.y/b@v1.0.0") == "a.example");
  CHECK(project.asked_for("x.y/old@v1.0.0") != "a.example");
}

TEST_CASE("modules of a workspace, and what go.work replaces, are asked for nowhere (15.5)",
          "[recovery]") {
  Project project("module x.y/a\n\ngo 1.18\n\nrequire x.y/b v1.0.0\nrequire x.y/c v1.0.0\n",
                  line("x.y/b@v1.0.0") + line("x.y/c@v1.0.0") + line("x.y/d@v1.0.0"));
  project.work("go 1.18\n\nuse .\nuse ./b\nreplace x.y/c => ./c\n",
               {project.write("b/go.mod", "module x.y/b\n\ngo 1.18\n\nrequire x.y/d v1.0.0\n")});
  CHECK(project.asked_for("x.y/b@v1.0.0").starts_with("not asked for: "));
  CHECK(project.asked_for("x.y/c@v1.0.0").starts_with("not asked for: "));
  CHECK(project.asked_for("x.y/d@v1.0.0") == "a.example");
}

TEST_CASE("with -modfile that file says what is replaced", "[recovery]") {
  Project project(first_go_mod + "require x.y/a v1.0.0\n", line("x.y/a@v1.0.0"));
  CHECK(project.asked_for("x.y/a@v1.0.0") == "a.example");
  project.settings.mod_files = {project.write(
      "alt.mod", first_go_mod + "require x.y/a v1.0.0\nreplace x.y/a => ./somewhere\n")};
  CHECK(project.asked_for("x.y/a@v1.0.0").starts_with("not asked for: "));
}

TEST_CASE("what go names counts where it looks for versions, and only its own words",
          "[recovery]") {
  Project project(first_go_mod, "");
  const std::string found = "x.y/found@v1.0.0";
  CHECK(project.asked_for(found) != "a.example");
  project.request.verb = "get";
  CHECK(project.asked_for(found) == "a.example");
  project.request.trust = recovery::Trust::may_be_anybodys;
  CHECK(project.asked_for(found) != "a.example");
  project.request.trust = recovery::Trust::gos_own_words;
  project.request.verb = "build";
  project.settings.flags = "-mod=mod";
  CHECK(project.asked_for(found) == "a.example");
}

TEST_CASE("the settings as a question: private names, known public sources, fallbacks",
          "[recovery]") {
  struct Row {
    std::string name, proxy, no_proxy, go_private, asked;
  };
  const std::string two = first + "/,https://b.example";
  const std::vector<Row> rows = {
      {"a slash at the end is the same proxy", two, "", "", "a.example b.example"},
      {"only public ones are down: the user's fallback", first, "", "", "a.example f.example"},
      {"GONOPROXY: as the user has it, once", two, "x.y", "", "GOPROXY"},
      {"a glob of GONOPROXY", two, "*.y/a", "", "GOPROXY"},
      {"another module is covered", two, "x.y/b", "", "a.example b.example"},
      {"GOPRIVATE alone: its sources are gates", two, "", "x.y", "a.example"},
      {"somebody's own comes first", "https://b.example," + first, "", "", "b.example"},
      {"off", "off", "", "", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Project project(first_go_mod + "require x.y/a v1.0.0\n", line("x.y/a@v1.0.0"));
      project.settings.proxy = row.proxy;
      project.settings.no_proxy = row.no_proxy;
      project.settings.go_private = row.go_private;
      project.config.fallback = {"https://f.example"};
      CHECK(project.asked_for("x.y/a@v1.0.0") == row.asked);
    }
  }
}

TEST_CASE("a lookup file that lies in the cache proves nothing public (15.1)", "[recovery]") {
  Project project(first_go_mod + "require x.y/a v1.0.0\n", line("x.y/a@v1.0.0"));
  project.settings.proxy = "https://corp.example,https://b.example";
  project.settings.sumdb = "sum.example+0123+key https://sum.example";
  project.write("cache/download/sumdb/sum.example/lookup/x.y/a@v1.0.0",
                "1\nx.y/a v1.0.0 " + h1 + "\n\nsum.example\n");
  CHECK(project.asked_for("x.y/a@v1.0.0") == "corp.example");
}

TEST_CASE("the module cache that a GOPROXY begins with", "[recovery]") {
  const recovery::Request request;
  const recovery::Config config;
  for (const auto& [proxy, shared] : std::vector<std::pair<std::string, std::string>>{
           {"file:///m%20n%2C/cache/download|direct", "/m n,"},
           {"file:///m/cache/download/|https://a.example", "/m"},
           {"file:///m/cache/download,direct", ""},
           {"file:///m%/other|direct", ""},
           {"https://a.example|file:///m/cache/download|direct", ""},
           {"", ""}}) {
    recovery::Settings settings;
    settings.proxy = proxy;
    CHECK(recovery::Sources(settings, request, config, nullptr).shared_cache() == shared);
  }
}

TEST_CASE("GOPROXY is a list of entries", "[recovery]") {
  CHECK(proxy_entries("") == Names{});
  CHECK(proxy_entries("direct") == Names{"direct"});
  CHECK(proxy_entries("https://a,b|direct") == Names{"https://a", "b", "direct"});
  CHECK(proxy_entries(" https://a , ,|off,") == Names{"https://a", "off"});
}

TEST_CASE("a source is named without user and password", "[recovery]") {
  const std::pair<std::string, std::string> names[] = {
      {"https://proxy.example.com", "proxy.example.com"},
      {"https://proxy.example.com/", "proxy.example.com"},
      {"https://proxy.example.com:8080/go/", "proxy.example.com:8080"},
      {"https://me:secret@proxy.example.com/go", "proxy.example.com"},
      {"https://me:se@cret@proxy.example.com/go", "proxy.example.com"},
      {"me:secret@proxy.example.com/go", "proxy.example.com"},
      {"proxy.example.com/go?token=secret", "proxy.example.com"},
      {"https://proxy.example.com?token=secret", "proxy.example.com"},
      {"http://[::1]:80/x", "[::1]:80"},
      {"file:///srv/proxy", "file:///srv/proxy"},
      {"direct", "direct"},
      {"off", "off"},
  };
  for (const auto& [entry, name] : names) {
    CAPTURE(entry);
    CHECK(source_name(entry) == name);
  }
}

}  // namespace tests
