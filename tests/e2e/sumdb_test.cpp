// What go keeps of the checksum database, damaged: cached lookups and tiles are fetched again, the
// signed tree head in GOPATH is never touched, and a fork is an alarm.

#include <cstdlib>

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string theta = "go.example.org/theta@v0.9.0";

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

// A cache that has everything, a database's answers too, and a project without go.sum: what go
// verifies, it verifies by those.
class SumdbBed {
 public:
  explicit SumdbBed(const Go& go) : bed(go), database(bed.proxy.sumdb()) {
    bed.env["GOSUMDB"] = database.with_url();
    bed.env["GOFLAGS"] = "-mod=mod";
    if (const char* trace = std::getenv("GOMEND_TRACE")) bed.env["GOMEND_TRACE"] = trace;
    fs::remove(bed.app / "go.sum");
    const Ran ran = bed.go(command);
    if (ran.code() != 0) throw std::runtime_error(ran.text());
    copy_tree(answers(), saved() / "answers");
    copy_tree(bed.gopath / "pkg/sumdb", saved() / "sumdb");
  }

  void reset() const {
    fs::remove(bed.app / "go.sum");
    remove_tree(answers());
    copy_tree(saved() / "answers", answers());
    remove_tree(bed.gopath / "pkg/sumdb");
    copy_tree(saved() / "sumdb", bed.gopath / "pkg/sumdb");
    remove_tree(bed.gomodcache / "cache/gomend");
  }

  [[nodiscard]] fs::path answers() const {
    return bed.gomodcache / "cache/download/sumdb" / database.name();
  }
  [[nodiscard]] fs::path lookup(const std::string& module) const {
    return answers() / "lookup" / module;
  }
  [[nodiscard]] fs::path tile() const {
    for (const auto& entry : fs::recursive_directory_iterator(answers() / "tile")) {
      if (entry.is_regular_file()) return entry.path();
    }
    throw std::runtime_error("no tile");
  }
  [[nodiscard]] fs::path latest() const {
    return bed.gopath / "pkg/sumdb" / database.name() / "latest";
  }

  Args command = {"mod", "download"};
  Bed bed;
  Sumdb database;

 private:
  [[nodiscard]] fs::path saved() const { return bed.root / "home/saved"; }
};

}  // namespace

TEST_CASE("a damaged answer of the checksum database in the cache is fetched again", "[e2e]") {
  for (const Go& go : gos()) {
    const SumdbBed b(go);
    for (const bool is_tile : {false, true}) {
      for (const char* kind :
           {"bitflip", "garbage", "half", "html", "zerofill", "dir", "deleted"}) {
        INFO(go.version << (is_tile ? ": tile " : ": lookup ") << kind);
        b.reset();
        damage(is_tile ? b.tile() : b.lookup(alpha), kind);
        const Ran plain = b.bed.go(b.command);
        const bool is_stuck = plain.code() != 0;
        b.reset();
        const Snapshot before = snapshot(b.bed.gopath / "pkg/sumdb");
        damage(is_tile ? b.tile() : b.lookup(alpha), kind);
        if (is_stuck) damage(b.lookup(theta), "garbage");
        const Ran ran = b.bed.gomend(b.command);
        INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
        CHECK(ran.code() == 0);
        CHECK(difference(before, snapshot(b.bed.gopath / "pkg/sumdb"), {.inodes = true}) == "");
        if (!is_stuck) continue;
        CHECK(contains(ran.err, "gomend: a cached answer of the checksum database is corrupt"));
        CHECK(contains(ran.err, "; retrying \"go "));
        CHECK(fs::exists(b.bed.gomodcache / "cache/gomend/quarantine"));
      }
    }
  }
}

TEST_CASE("the signed tree head of the checksum database is explained, never touched", "[e2e]") {
  for (const Go& go : gos()) {
    const SumdbBed b(go);
    for (const char* kind : {"garbage", "half", "html", "zerofill", "bitflip"}) {
      INFO(go.version << ": " << kind);
      b.reset();
      damage(b.latest(), kind);
      const Snapshot sumdb = snapshot(b.bed.gopath / "pkg/sumdb");
      const Snapshot modules = b.bed.modules();
      const Ran plain = b.bed.go(b.command);
      if (plain.code() == 0) continue;
      const Ran ran = b.bed.gomend(b.command);
      INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
      CHECK(ran.code() == plain.code());
      CHECK(ran.err.starts_with(plain.err));
      CHECK(contains(ran.err, "gomend: "));
      CHECK(contains(ran.err, b.latest().string()));
      CHECK(difference(sumdb, snapshot(b.bed.gopath / "pkg/sumdb"), {.inodes = true}) == "");
      CHECK(difference(modules, b.bed.modules(), {.ignore = {"*.lock"}, .inodes = true}) == "");
    }
  }
}

TEST_CASE("a checksum database that shows two faces is an alarm, never mended away", "[e2e]") {
  for (const Go& go : gos()) {
    const SumdbBed b(go);
    INFO(go.version);
    b.reset();
    fs::remove(b.lookup(theta));
    b.database.fork();
    const Snapshot sumdb = snapshot(b.bed.gopath / "pkg/sumdb");
    const Ran ran = b.bed.gomend(b.command);
    INFO(ran.text());
    CHECK(ran.code() != 0);
    CHECK(contains(ran.err, "go.sum database server misbehavior detected!"));
    CHECK(contains(ran.err, "gomend: SECURITY: the checksum database is inconsistent"));
    CHECK(!contains(ran.err, "; retrying "));
    CHECK(difference(sumdb, snapshot(b.bed.gopath / "pkg/sumdb"), {.inodes = true}) == "");
  }
}

TEST_CASE("the checksum database is asked at another address that the user has named", "[e2e]") {
  const std::string away = "http://127.0.0.1:1";
  for (const Go& go : gos()) {
    for (const Args& command :
         {Args{"mod", "download"}, Args{"get", "github.com/acme/lonely@v1.0.0"},
          Args{"build", "./..."}}) {
      Bed bed(go, {.modules = Modules::empty});
      const Sumdb database = bed.proxy.sumdb();
      const Sumdb other_key = bed.proxy.sumdb();
      INFO(go.version << " " << command[0]);
      if (const char* trace = std::getenv("GOMEND_TRACE")) bed.env["GOMEND_TRACE"] = trace;
      bed.env["GOSUMDB"] = database.key() + " " + away;
      bed.env["GOFLAGS"] = "-mod=mod";
      fs::remove(bed.app / "go.sum");
      CHECK(bed.gomend(command).code() == 1);

      bed.env["GOMEND_SUMDB"] = other_key.url();
      const Ran refused = bed.gomend(command);
      INFO("another key: " << refused.text());
      CHECK(refused.code() == 1);
      CHECK(!fs::exists(bed.app / "go.sum"));

      bed.env["GOMEND_SUMDB"] = database.url();
      const Ran ran = bed.gomend(command);
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(contains(ran.err, "; using 127.0.0.1"));
      CHECK(contains(read_file(bed.app / "go.sum"), "h1:"));
    }
  }
}

}  // namespace tests
