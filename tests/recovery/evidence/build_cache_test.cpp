#include "recovery/evidence/build_cache.hpp"

#include <algorithm>

#include "recovery/go/h1.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "tests/bed/files.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using namespace std::chrono_literals;
using recovery::BadEntry;
using recovery::sha256_hex;

std::string place(const std::string& hash, const std::string& end) {
  return hash.substr(0, 2) + "/" + hash + end;
}

// "v1 <action> <output> <size> <time>\n", as cmd/go/internal/cache writes it.
std::string action(const std::string& id, const std::string& output, std::size_t size) {
  const auto wide = [](const std::string& number) {
    return std::string(20 - number.size(), ' ') + number;
  };
  return "v1 " + id + " " + output + " " + wide(std::to_string(size)) + " " + wide("1") + "\n";
}

// A build cache of one entry: the bytes that lie there, and those that its name is the hash of.
struct MadeUp {
  MadeUp(const std::string& bytes, const std::string& meant)
      : id(sha256_hex("an action")), output(sha256_hex(meant)) {
    write_file(dir.path() / place(id, "-a"), action(id, output, meant.size()));
    write_file(dir.path() / place(output, "-d"), bytes);
  }

  [[nodiscard]] std::vector<std::string> bad() const {
    std::vector<std::string> names;
    const recovery::Root cache(dir.path().string());
    for (const BadEntry& entry : recovery::survey(cache, 0, 10s, 10s).bad)
      names.push_back(entry.rel);
    std::sort(names.begin(), names.end());
    return names;
  }

  TempDir dir;
  std::string id, output;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a survey of the build cache finds what go would use and must not", "[recovery]") {
  CHECK(MadeUp("right", "right").bad().empty());
  const MadeUp rotten("wrong", "right");
  CHECK(rotten.bad() == Names{place(rotten.output, "-d")});
}

TEST_CASE("what no action claims with its size may be being written: it is left alone",
          "[recovery]") {
  CHECK(MadeUp("righ", "right").bad().empty());
  const MadeUp unclaimed("wrong", "right");
  fs::remove(unclaimed.dir.path() / place(unclaimed.id, "-a"));
  CHECK(unclaimed.bad().empty());
}

TEST_CASE("a survey tells a program in a directory from a directory in the way", "[recovery]") {
  const MadeUp made("right", "right");
  const fs::path object = made.dir.path() / place(made.output, "-d");
  fs::remove(object);
  SECTION("an empty one is in the way") {
    fs::create_directory(object);
    CHECK(made.bad() == Names{place(made.output, "-d")});
  }
  SECTION("one program is what should be there") {
    write_file(object / "app", "right");
    fs::permissions(object / "app", fs::perms{0755});
    CHECK(made.bad().empty());
  }
  SECTION("unless it is another, or can't be run") {
    write_file(object / "app", "wrong");
    fs::permissions(object / "app", fs::perms{0755});
    CHECK(made.bad() == Names{place(made.output, "-d") + "/app"});
    write_file(object / "app", "right");
    fs::permissions(object / "app", fs::perms{0644});
    CHECK(made.bad() == Names{place(made.output, "-d") + "/app"});
  }
}

TEST_CASE("a survey follows a link that leads to an entry, and takes a dangling one for damage",
          "[recovery]") {
  const MadeUp made("right", "right");
  const fs::path object = made.dir.path() / place(made.output, "-d");
  fs::rename(object, made.dir.path() / "elsewhere");
  fs::create_symlink(made.dir.path() / "elsewhere", object);
  CHECK(made.bad().empty());
  fs::remove(made.dir.path() / "elsewhere");
  CHECK(made.bad() == Names{place(made.output, "-d")});
}

TEST_CASE("other names in the build cache are nobody's business", "[recovery]") {
  const MadeUp made("right", "right");
  write_file(made.dir.path() / "README", "x");
  write_file(made.dir.path() / "fuzz/example.com/a", "x");
  write_file(made.dir.path() / "00/notes", "x");
  CHECK(made.bad().empty());
}

TEST_CASE("answers of a checksum database are told from garbage", "[recovery]") {
  const std::string head =
      "go.sum database tree\n42\n" + std::string(43, 'A') +
      "=\n\n\xe2\x80\x94 sum.example.org Az3grnmrIUEDFqHzAElIQCPNoRFRAAdFo47fooyWKMHb\n";
  CHECK(recovery::is_tree_head(head));
  CHECK(!recovery::is_tree_head(""));
  CHECK(!recovery::is_tree_head(head.substr(0, head.size() / 2)));
  CHECK(!recovery::is_tree_head("<html></html>\n"));
  CHECK(!recovery::is_tree_head(std::string(200, '\0')));
  const std::string record = "7\nexample.com/a v1.0.0 h1:x\nexample.com/a v1.0.0/go.mod h1:y\n\n";
  CHECK(recovery::is_lookup(record + head));
  CHECK(!recovery::is_lookup(record));
  CHECK(!recovery::is_lookup(head));
  CHECK(!recovery::is_lookup("x" + record + head));
}

}  // namespace tests
