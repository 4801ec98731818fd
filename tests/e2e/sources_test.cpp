// Promises 4 and 9: a source that is down is no end, and a private module's name goes nowhere new.
// One more try, with the other sources that the settings trust where the name may go there, with
// the same ones where it may not; and none where asking again can't help.

#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const Args build = {"build", "github.com/acme/alpha"};

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

enum class Fails { first, both, only, once };  // `once`: only one source, which fails once
enum class Name { is_public, goprivate, gonoproxy, undeclared };

std::string text_of(Fails fails) {
  switch (fails) {
    case Fails::first:
      return "the first of two";
    case Fails::both:
      return "both";
    case Fails::only:
      return "the only one";
    case Fails::once:
      return "the only one, once";
  }
  return "";
}

std::string text_of(Name name) {
  switch (name) {
    case Name::is_public:
      return "public";
    case Name::goprivate:
      return "GOPRIVATE";
    case Name::gonoproxy:
      return "GONOPROXY";
    case Name::undeclared:
      return "undeclared";
  }
  return "";
}

struct Kind {
  std::string name;
  Fault fault;
  bool passes;  // it may have passed when asked again
  bool is_http2 = false;
  bool may_be_passed_by = true;
};

const std::string zip = R"(alpha/@v/v1\.1\.0\.zip$)";
const Kind unavailable = {"503", {.match = zip, .kind = "status", .status = 503}, true};
const Kind too_many = {"429", {.match = zip, .kind = "status", .status = 429}, true};
const Kind reset = {"reset", {.match = zip, .kind = "reset"}, true};
const Kind cut_off = {"unexpected EOF", {.match = zip, .kind = "drop", .bytes = 20}, true};
const Kind stream_reset = {"stream error", reset.fault, true, true};
const Kind stream_cut_off = {"stream cut off", cut_off.fault, true, true};
const Kind refused_login = {
    "401", {.match = zip, .kind = "status", .status = 401}, false, false, false};
const Kind forbidden = {
    "403", {.match = zip, .kind = "status", .status = 403}, false, false, false};

// What the cache lacks is alpha's zip and tree.
struct TwoSources {
  TwoSources(const Kind& kind, Fails fails, Name name) : bed(gos().back()) {
    remove_tree(bed.tree(alpha));
    fs::remove(bed.zip(alpha));
    fs::remove(bed.download(alpha, ".ziphash"));
    Fault fault = kind.fault;
    fault.times = fails == Fails::once ? 1 : 0;
    bed.proxy.fault(fault);
    if (fails == Fails::both) second.fault(fault);
    const bool has_two = fails == Fails::first || fails == Fails::both;
    const auto url = [&](const Source& source) {
      return kind.is_http2 ? source.secure_url() : source.url();
    };
    if (kind.is_http2) bed.env["SSL_CERT_FILE"] = certificate();
    bed.env["GOPROXY"] = url(bed.proxy) + (has_two ? "," + url(second) : "");
    if (name != Name::undeclared) bed.env["GOMEND_PUBLIC"] = url(bed.proxy);
    if (name == Name::goprivate) {
      bed.env["GOPRIVATE"] = "github.com/acme";
      bed.env["GONOPROXY"] = "none";
    }
    if (name == Name::gonoproxy) {
      bed.env["GONOPROXY"] = "github.com/acme";
      write_file(bed.home / ".gitconfig",
                 "[url \"" + modserver_url() + "/git/none/\"]\n\tinsteadOf = https://\n");
    }
  }

  Bed bed;
  Source second;
};

// How often a source was asked for that zip.
std::size_t zips_asked(const Source& source) {
  std::size_t n = 0;
  for (const Request& request : source.log()) n += request.path.ends_with("alpha/@v/v1.1.0.zip");
  return n;
}

void check(const Kind& kind, Fails fails, Name name) {
  const TwoSources two(kind, fails, name);
  const Witness witness(two.bed);
  const Ran ran = two.bed.gomend(build);
  INFO(ran.text() << "first:\n"
                  << two.bed.proxy.log_text() << "second:\n"
                  << two.second.log_text());
  // A refusal is final (15.7): plain go has not gone on, and nobody else may.
  const bool may_go_on = name == Name::is_public && kind.may_be_passed_by;
  const bool heals = name != Name::gonoproxy && ((fails == Fails::first && may_go_on) ||
                                                 (fails == Fails::once && kind.passes));
  CHECK(ran.code() == (heals ? 0 : 1));
  CHECK(fs::exists(two.bed.zip(alpha)) == heals);
  CHECK(witness.changes() == "");
  const auto words = gomend_words(ran.err);
  CHECK(words.size() == (name == Name::gonoproxy ? words.size() : 1));
  if (name == Name::gonoproxy) {
    CHECK(two.bed.proxy.log_text() == "");
    CHECK(two.second.log_text() == "");
    return;
  }
  // The first: by plain go, and once more, where that may help.
  const bool goes_round = !kind.passes;
  // Go's own client repeats a request when a connection that it had used before is reset.
  const std::size_t repeats = kind.fault.kind == "reset" ? 1 : 0;
  CHECK(zips_asked(two.bed.proxy) >= (goes_round ? 1U : 2U));
  CHECK(zips_asked(two.bed.proxy) <= (goes_round ? 1U : 2U) + repeats);
  const bool has_two = fails == Fails::first || fails == Fails::both;
  const std::size_t of_second = has_two && may_go_on ? 1 : 0;
  CHECK(zips_asked(two.second) >= of_second);
  CHECK(zips_asked(two.second) <= of_second * (1 + repeats));
  if (!may_go_on) CHECK(two.second.log_text() == "");
  if (heals) {
    REQUIRE(words.size() == 1);
    CHECK(words[0].starts_with("127.0.0.1:"));
    CHECK(words[0].ends_with("for 1 module; downloaded on retry; retrying \"go build\""));
  }
}

void check_all(const Kind& kind, const std::vector<Name>& names) {
  for (const Fails fails : {Fails::first, Fails::both, Fails::only, Fails::once}) {
    if (fails == Fails::once && !kind.passes) continue;
    for (const Name name : names) {
      DYNAMIC_SECTION(kind.name << ", " << text_of(fails) << ", " << text_of(name)) {
        check(kind, fails, name);
      }
    }
  }
}

const std::vector<Name> all_names = {Name::is_public, Name::goprivate, Name::gonoproxy,
                                     Name::undeclared};
const std::vector<Name> some_names = {Name::is_public, Name::goprivate};

}  // namespace

TEST_CASE("a source that is down is passed over for the next in GOPROXY", "[e2e]") {
  check_all(unavailable, all_names);
}

TEST_CASE("a source that cuts its answers off is asked again, and passed over", "[e2e]") {
  check_all(cut_off, all_names);
}

TEST_CASE("a source that resets connections or is overrun is asked again, and passed over",
          "[e2e]") {
  check_all(reset, some_names);
  check_all(too_many, some_names);
}

TEST_CASE("a source whose HTTP/2 streams break is asked again, and passed over", "[e2e]") {
  check_all(stream_reset, all_names);
  check_all(stream_cut_off, some_names);
}

TEST_CASE("a source that refuses is not asked again, and nobody behind it (15.7)", "[e2e]") {
  check_all(forbidden, all_names);
  check_all(refused_login, some_names);
}

TEST_CASE("a source that is not there at all is passed over", "[e2e]") {
  const Source untrusted;
  for (const auto& [nobody, words] : std::vector<std::pair<std::string, std::string>>{
           {"http://127.0.0.1:1", "connection refused"},
           {"http://no..such", "no such host"},  // no name server is asked for a name like that
           {untrusted.secure_url(), "certificate"}}) {
    for (const bool is_public : {true, false}) {
      DYNAMIC_SECTION(words << ", " << (is_public ? "public" : "undeclared")) {
        TwoSources two(unavailable, Fails::first, Name::undeclared);
        two.bed.env["GOPROXY"] = nobody + "," + two.second.url();
        if (is_public) two.bed.env["GOMEND_PUBLIC"] = nobody;
        const Ran plain = two.bed.go(build);
        CHECK(plain.code() == 1);
        CHECK(contains(plain.err, words));
        const Ran ran = two.bed.gomend(build);
        INFO(ran.text() << two.second.log_text());
        CHECK(ran.code() == (is_public ? 0 : 1));
        CHECK((two.second.log_text() != "") == is_public);
        CHECK(untrusted.log_text() == "");
      }
    }
  }
}

TEST_CASE("a source that speaks another protocol than its URL says is passed over", "[e2e]") {
  for (const bool is_public : {true, false}) {
    DYNAMIC_SECTION((is_public ? "public" : "undeclared")) {
      TwoSources two(unavailable, Fails::first, Name::undeclared);
      const std::string secure = replaced(two.bed.proxy.url(), "http:", "https:");
      two.bed.env["GOPROXY"] = secure + "," + two.second.url();
      if (is_public) two.bed.env["GOMEND_PUBLIC"] = secure;
      const Ran ran = two.bed.gomend(build);
      INFO(ran.text() << two.second.log_text());
      CHECK(ran.code() == (is_public ? 0 : 1));
      CHECK((two.second.log_text() != "") == is_public);
      CHECK(gomend_words(ran.err).size() == 1);
    }
  }
}

TEST_CASE("one more try is enough, however many modules a source does not give", "[e2e]") {
  for (const Go& go : gos()) {
    for (const bool hiccup : {true, false}) {
      DYNAMIC_SECTION(go.version << (hiccup ? ": of the only source" : ": of the first of two")) {
        Bed bed(go, {.modules = Modules::empty});
        const Source second;
        bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
        if (!hiccup) bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
        // Each .mod and .zip fails the first time, or always.
        for (const std::string& module : required_modules()) {
          const std::string version = module.substr(module.find('@') + 1);
          for (const std::string extension : {"mod", "zip"}) {
            bed.proxy.fault(
                {.match = replaced(module, "@" + version, "").substr(8) + ".*" + extension + "$",
                 .kind = "status",
                 .status = 502,
                 .times = hiccup ? 1 : 0});
          }
        }
        const Witness witness(bed);
        const Ran ran = bed.gomend({"build", "./..."});
        INFO(ran.text() << "first:\n" << bed.proxy.log_text() << "second:\n" << second.log_text());
        CHECK(ran.code() == 0);
        CHECK(gomend_words(ran.err).size() == 1);
        CHECK(witness.changes() == "");
      }
    }
  }
}

TEST_CASE("what nobody can list ahead comes from the next source of the list, too", "[e2e]") {
  const std::string lonely = "github.com/acme/lonely";
  const std::vector<Args> commands = {
      {"get", lonely + "@v1.0.0"},
      {"get", lonely + "@latest"},
      {"get", "-u", "./..."},
      {"mod", "tidy"},
      {"mod", "download", lonely + "@latest"},
      {"list", "-m", "-versions", lonely},
      {"install", "github.com/acme/toolbox/cmd/hello@v1.0.0"},
  };
  enum class May { yes, not_known_to_be_public, nobody_vouches };
  for (const Args& command : commands) {
    for (const May may : {May::yes, May::not_known_to_be_public, May::nobody_vouches}) {
      DYNAMIC_SECTION(command[0] << " " << command.back() << ", " << static_cast<int>(may)) {
        Bed bed(gos().back(), {.modules = Modules::empty});
        const Source second;
        const Sumdb database = second.sumdb();
        bed.env["GOSUMDB"] = may == May::nobody_vouches ? "off" : database.with_url();
        bed.env["GOBIN"] = bed.root / "home/bin";
        if (const char* trace = std::getenv("GOMEND_TRACE")) bed.env["GOMEND_TRACE"] = trace;
        write_file(bed.home / "go.mod.before", read_file(bed.app / "go.mod"));
        write_file(bed.home / "go.sum.before", read_file(bed.app / "go.sum"));
        bed.env["GOPROXY"] = second.url();
        const Ran wanted = bed.go(command);
        REQUIRE(wanted.code() == 0);
        const Snapshot app = snapshot(bed.app);
        const Snapshot modules = bed.modules();
        CHECK(bed.go({"clean", "-modcache"}).code() == 0);
        write_file(bed.app / "go.mod", read_file(bed.home / "go.mod.before"));
        write_file(bed.app / "go.sum", read_file(bed.home / "go.sum.before"));
        second.clear_log();

        bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
        if (may != May::not_known_to_be_public) bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
        bed.proxy.fault({.kind = "status", .status = 503});
        const Ran ran = bed.gomend(command);
        INFO(ran.text() << "second:\n" << second.log_text());
        CHECK(ran.code() == (may == May::yes ? 0 : 1));
        if (may != May::yes) {
          // What go.sum vouches for may come from there.
          CHECK(!contains(second.log_text(), "lonely"));
          if (may == May::not_known_to_be_public) CHECK(second.log_text() == "");
          continue;
        }
        CHECK(ran.out == wanted.out);
        CHECK(difference(app, snapshot(bed.app)) == "");
        CHECK(difference(modules, bed.modules(), {.ignore = {"cache/gomend", "*.lock"}}) == "");
      }
    }
  }
}

TEST_CASE("a module cache that is not there yet is not made for nothing", "[e2e]") {
  Bed bed(gos().back(), {.modules = Modules::empty});
  bed.proxy.fault({.kind = "status", .status = 401});
  const Args command = {"list", "-m", "-versions", "github.com/acme/lonely"};
  const Ran plain = bed.go(command);
  const bool go_makes_it = fs::exists(bed.gomodcache);
  const Ran ran = bed.gomend(command);
  INFO(plain.text() << ran.text());
  CHECK(plain.code() == 1);
  CHECK(ran.code() == 1);
  CHECK(gomend_words(ran.err).size() == 1);
  CHECK(fs::exists(bed.gomodcache) == go_makes_it);
}

TEST_CASE("a source that is silent for as long as GOMEND_STALL says is passed over", "[e2e]") {
  for (const Go& go : gos()) {
    const std::vector<Args> commands = {{"build", "./..."}, {"test", "./..."}, {"run", "."}};
    for (const Args& command : commands) {
      DYNAMIC_SECTION(go.version << " " << command[0]) {
        Bed bed(go, {.modules = Modules::empty});
        const Source second;
        bed.env["GOPROXY"] = bed.proxy.url() + "," + second.url();
        bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
        bed.env["GOMEND_STALL"] = "2";
        bed.proxy.fault({.match = "alpha.*zip$", .kind = "silence"});
        const Witness witness(bed);
        const Ran ran = bed.gomend(command);
        INFO(ran.text() << "second:\n" << second.log_text());
        CHECK(ran.code() == 0);
        CHECK(gomend_words(ran.err).size() == 2);
        CHECK(contains(ran.err, "GOMEND_STALL: go ended: no network progress for 2 s\n"));
        CHECK(contains(ran.err, ": no network progress for 2 s for "));
        CHECK(witness.changes() == "");
        // A go that had started no tool yet gave no proof of which is its own (15.2).
        for (const auto& entry : fs::directory_iterator(bed.tmp))
          CHECK(entry.path().filename().string().starts_with("go-build"));
        bed.proxy.clear();
      }
    }
  }
}

TEST_CASE("who waits for a lock, for a slow source or for a test is not stalled", "[e2e]") {
  Bed bed(gos().back(), {.modules = Modules::downloads});
  bed.env["GOMEND_STALL"] = "1";
  SECTION("a lock") {
    const std::string lock = bed.download(alpha, ".lock").string();
    const Ran ran =
        run({"/bin/sh", "-c", "flock '" + lock + "' sleep 4 & sleep .2; exec \"$0\" build ./...",
             bed.shim.string()},
            {.env = bed.env, .cwd = bed.app});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(gomend_words(ran.err).empty());
  }
  SECTION("a slow source") {
    fs::remove(bed.zip(alpha));
    bed.proxy.fault({.match = "alpha.*zip$", .kind = "slow", .bytes = 20});
    const Ran ran = bed.gomend({"build", "./..."});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(gomend_words(ran.err).empty());
  }
  SECTION("a test") {
    write_file(bed.app / "slow_test.go",
               "package main\n\nimport (\n\t\"net\"\n\t\"testing\"\n\t\"time\"\n)\n\n"
               "func TestSlow(t *testing.T) {\n\tl, _ := net.Listen(\"tcp\", \"127.0.0.1:0\")\n"
               "\tnet.Dial(\"tcp\", l.Addr().String())\n\ttime.Sleep(4 * time.Second)\n}\n");
    const Ran ran = bed.gomend({"test", "."});
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(gomend_words(ran.err).empty());
  }
}

TEST_CASE("with GOMEND=advise a source that is down is named, and not asked again", "[e2e]") {
  TwoSources two(unavailable, Fails::first, Name::is_public);
  two.bed.env["GOMEND"] = "advise";
  const Ran ran = two.bed.gomend(build);
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(zips_asked(two.bed.proxy) == 1);
  CHECK(two.second.log_text() == "");
  CHECK(contains(ran.err, "503 Service Unavailable; would be retried (GOMEND=advise)"));
}

TEST_CASE("versions are looked up once more after a hiccup", "[e2e]") {
  const Bed bed(gos().back());
  bed.proxy.fault({.match = "lonely/@v/list$", .kind = "reset", .times = 1});
  const Ran ran = bed.gomend({"list", "-m", "-versions", "github.com/acme/lonely@latest"});
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(contains(ran.out, "v1.0.0"));
}

}  // namespace tests
