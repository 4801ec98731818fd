// Only sources that the user's settings trust are asked, and a private module's name goes nowhere
// new.

#include "recovery/sources.hpp"

#include "tests/bed/files.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::ModuleVersion;
using recovery::proxy_entries;
using recovery::source_name;
using Names = std::vector<std::string>;

struct Asked {
  std::string name;
  std::string proxy;  // GOPROXY
  std::string no_proxy, no_sumdb;
  std::vector<std::string> public_proxies, fallback;
  Names sources;  // "" for the user's own setting
};

const std::string first = "https://a.example";

const std::vector<Asked> rows = {
    {"one proxy", first, "", "", {first}, {}, {""}},
    {"two proxies", first + ",https://b.example", "", "", {first}, {}, {"", "https://b.example"}},
    {"each rest of the list, with its separators",
     first + "|https://b.example,direct",
     "",
     "",
     {first},
     {},
     {"", "https://b.example,direct", "direct"}},
    {"off is no source", first + ",off", "", "", {first}, {}, {""}},
    {"empty entries",
     first + ",, https://b.example ,direct",
     "",
     "",
     {first},
     {},
     {"", " https://b.example ,direct", "direct"}},
    {"a slash at the end is the same proxy",
     first + "/,direct",
     "",
     "",
     {first},
     {},
     {"", "direct"}},
    {"the user's fallback",
     first,
     "",
     "",
     {first},
     {"https://f.example"},
     {"", "https://f.example"}},
    {"not public: the first is somebody's own",
     "https://corp.example,direct",
     "",
     "",
     {first},
     {"https://f.example"},
     {""}},
    {"covered by GONOPROXY", first + ",direct", "x.y", "", {first}, {"https://f.example"}, {""}},
    {"covered by a glob of GONOPROXY", first + ",direct", "*.y/a", "", {first}, {}, {""}},
    {"a directory and a pipe: a name first goes to what stands behind",
     "file:///m/cache/download|https://corp.example,direct",
     "",
     "",
     {first},
     {"https://f.example"},
     {"", "https://corp.example,direct"}},
    {"the same, and that is public",
     "file:///m/cache/download|" + first + ",direct",
     "",
     "",
     {first},
     {},
     {"", first + ",direct", "direct"}},
    {"a directory and a comma: what it holds may be somebody's own",
     "file:///m/cache/download," + first,
     "",
     "",
     {first},
     {},
     {""}},
    {"a directory and a pipe, and a private module",
     "file:///m/cache/download|" + first,
     "x.y",
     "",
     {first},
     {},
     {""}},
    {"another module is covered", first + ",direct", "x.y/b", "", {first}, {}, {"", "direct"}},
};

}  // namespace

TEST_CASE("the sources that your settings trust are tried, in their order", "[recovery]") {
  const TempDir dir;
  const recovery::Root cache(dir.path());
  const recovery::Request request;
  const auto m = ModuleVersion::parse("x.y/a@v1.0.0");
  for (const Asked& row : rows) {
    DYNAMIC_SECTION(row.name) {
      recovery::Settings settings;
      settings.proxy = row.proxy;
      settings.no_proxy = settings.go_private = row.no_proxy;
      settings.no_sumdb = row.no_sumdb;
      recovery::Config config;
      config.public_proxies = row.public_proxies;
      config.fallback = row.fallback;
      const recovery::Sources sources(cache, settings, request, config);
      Names asked;
      for (const auto& source : sources.for_module(*m)) asked.push_back(source.proxy);
      CHECK(asked == row.sources);
      CHECK(sources.is_private(m->path()) == (asked.size() == 1 && !row.no_proxy.empty()));
    }
  }
}

TEST_CASE("the module cache that a GOPROXY begins with", "[recovery]") {
  const TempDir dir;
  const recovery::Root cache(dir.path());
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
    CHECK(recovery::Sources(cache, settings, request, config).shared_cache() == shared);
  }
}

TEST_CASE("a second try asks as if each comma were a pipe, and only where the name may go",
          "[recovery]") {
  struct Row {
    std::string name, proxy, no_proxy;
    Names fallback;
    bool hopeless;
    Names tries;
  };
  const std::string two = first + ",https://b.example,direct";
  const std::vector<Row> table = {
      {"one proxy", first, "", {}, false, {""}},
      {"one proxy, hopeless", first, "", {}, true, {}},
      {"a list", two, "", {}, false, {first + "|https://b.example|direct"}},
      {"a list whose first is hopeless", two, "", {}, true, {"https://b.example|direct"}},
      {"off is no source", first + ",off", "", {}, false, {""}},
      {"the user's fallback",
       first,
       "",
       {"https://f.example"},
       false,
       {first, "https://f.example"}},
      {"covered by GONOPROXY", two, "x.y", {"https://f.example"}, false, {""}},
      {"covered by GONOPROXY, hopeless", two, "x.y", {"https://f.example"}, true, {}},
      {"not known to be public", "https://corp.example,direct", "", {}, false, {""}},
      {"not known to be public, hopeless", "https://corp.example,direct", "", {}, true, {}},
  };
  const TempDir dir;
  const recovery::Root cache(dir.path());
  const recovery::Request request;
  for (const Row& row : table) {
    DYNAMIC_SECTION(row.name) {
      recovery::Settings settings;
      settings.proxy = row.proxy;
      settings.no_proxy = row.no_proxy;
      recovery::Config config;
      config.public_proxies = {first};
      config.fallback = row.fallback;
      const recovery::Sources sources(cache, settings, request, config);
      CHECK(sources.for_second_try(*ModuleVersion::parse("x.y/a@v1.0.0"), row.hopeless) ==
            row.tries);
    }
  }
}

TEST_CASE("a module that the checksum database has published is public", "[recovery]") {
  const TempDir dir;
  const std::string h1 = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
  write_file(dir.path() / "cache/download/sumdb/sum.example/lookup/x.y/a@v1.0.0",
             "1\nx.y/a v1.0.0 " + h1 + "\n\nsum.example\n");
  const recovery::Root cache(dir.path());
  const recovery::Request request;
  recovery::Settings settings;
  settings.proxy = "https://corp.example,direct";
  settings.sumdb = "sum.example+0123+key https://sum.example";
  recovery::Config config;
  config.public_proxies = {first};
  const auto ask = [&](const char* module) {
    const recovery::Sources sources(cache, settings, request, config);
    return sources.for_module(*ModuleVersion::parse(module)).size();
  };
  CHECK(ask("x.y/a@v1.0.0") == 2);
  CHECK(ask("x.y/b@v1.0.0") == 1);
  settings.no_sumdb = "x.y";
  CHECK(ask("x.y/a@v1.0.0") == 1);
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
