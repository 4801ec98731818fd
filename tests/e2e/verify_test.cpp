// `gomend verify`: what plain go does not notice (the SILENT rows of the table of faults) is found,
// and mended with --repair; what is sound is not read again; and what it says about itself holds.

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "tests/bed/bed.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/tally.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string theta = "go.example.org/theta@v0.9.0";

bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

// The archive of a package in GOCACHE, as go would link it. (Go 1.19 has those of the standard
// library in GOROOT: hands off.)
fs::path archive(const Bed& bed, const std::string& package) {
  std::string path = bed.go({"list", "-export", "-f", "{{.Export}}", package}).out;
  while (path.ends_with("\n")) path.pop_back();
  if (!path.starts_with(bed.gocache.string() + "/"))
    throw std::runtime_error(package + " is not in the build cache");
  return path;
}

struct Row {
  std::string name;
  std::string subject;  // what the finding must be about
  std::function<void(const Bed&)> inflict;
  Modules modules = Modules::full;
  Builds builds = Builds::std;
  int since = 19;  // first minor version of Go that has it
};

std::function<void(const Bed&)> in_tree(const std::string& module, const std::string& file,
                                        const std::string& kind) {
  return [=](const Bed& bed) { damage(bed.tree(module) / file, kind); };
}

std::function<void(const Bed&)> in_download(const std::string& module, const std::string& extension,
                                            const std::string& kind) {
  return [=](const Bed& bed) { damage(bed.download(module, extension), kind); };
}

// One byte in its middle: far from what the linker looks at.
std::function<void(const Bed&)> in_archive(const std::string& package) {
  return [=](const Bed& bed) { damage(archive(bed, package), "bitflip"); };
}

// In the last letter of the first name: LICENSE is LICENSD.
void flip_in_central_directory(const Bed& bed) {
  std::string zip = read_file(bed.zip(alpha));
  const std::size_t at = zip.find("PK\1\2");
  const std::size_t name_size = static_cast<unsigned char>(zip.at(at + 28));
  char& last = zip.at(at + 46 + name_size - 1);
  last = static_cast<char>(last ^ 1);
  remove_tree(bed.zip(alpha));
  write_file(bed.zip(alpha), zip);
}

const std::vector<Row>& silent_rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> rows{
        {"alpha v1.1.0.info says v1.0.0", alpha, in_download(alpha, ".info", "edited")},
        {"alpha v1.1.0.info says v1.0.0, trees absent", alpha,
         in_download(alpha, ".info", "edited"), Modules::downloads},
        {"tree alpha: a foreign .go file added", alpha,
         [](const Bed& bed) {
           const Writable writable(bed.tree(alpha));
           write_file(bed.tree(alpha) / "foreign.go", "package alpha\n");
         }},
        {"tree alpha/alpha.go edited", alpha, in_tree(alpha, "alpha.go", "edited")},
        {"alpha zip one bit flipped in central directory", alpha, flip_in_central_directory,
         Modules::downloads},
        {"alpha zip replaced by a valid one, ziphash kept", alpha,
         in_download(alpha, ".zip", "edited"), Modules::downloads},
        {"GOCACHE -d archive of std package strings", "the build cache", in_archive("strings"),
         Modules::full, Builds::warm, 20},
        {"GOCACHE -d archive of theta", "the build cache", in_archive("go.example.org/theta"),
         Modules::full, Builds::warm},
    };
    for (const char* kind : {"bitflip", "emptied", "garbage", "half", "zerofill"}) {
      rows.push_back({std::string("tree theta/data/table.txt ") + kind, theta,
                      in_tree(theta, "data/table.txt", kind)});
    }
    return rows;
  }();
  return all;
}

void check_row(const Go& go, const Row& row) {
  const Bed bed(go, {.modules = row.modules, .builds = row.builds});
  row.inflict(bed);
  const Witness witness(bed);
  if (go.version == gos().front().version) {  // plain go does not notice
    const Ran plain = bed.go({"build", "./..."});
    INFO(plain.text());
    CHECK(plain.code() == 0);
    if (row.modules == Modules::downloads) bed.remove_trees();
  }
  const Snapshot damaged = bed.modules();

  // In the module by go.sum; elsewhere, all that is cached, by what was recorded when it came.
  for (const fs::path& where : {bed.app, bed.home}) {
    const Ran looked = bed.companion({"verify"}, {.cwd = where});
    INFO(looked.text());
    CHECK(looked.code() == 1);
    CHECK(looked.out.starts_with(row.subject + ": "));
    CHECK(looked.out.ends_with("; run: gomend verify --repair\n"));
    CHECK(std::ranges::count(looked.out, '\n') == 1);
  }
  CHECK(difference(damaged, bed.modules(), {.ignore = {"*.lock"}}) == "");

  const Ran repaired = bed.companion({"verify", "--repair"}, {.cwd = bed.app});
  INFO(repaired.text());
  CHECK(repaired.code() == 0);
  CHECK(repaired.out.starts_with(row.subject + ": "));
  const Ran again = bed.companion({"verify", "--all", "--full", "--json"}, {.cwd = bed.app});
  CHECK(again.code() == 0);
  CHECK(json_of(again)["findings"] == Json::array());
  CHECK(witness.changes() == "");
  if (row.modules == Modules::full) {
    CHECK(difference(bed.pristine_modules(), bed.modules(),
                     {.ignore = {"*.lock", "cache/gomend"}}) == "");
  }
  const Ran ran = bed.go({"run", "."});
  CHECK(ran.code() == 0);
  CHECK(ran.out == report_text);
  tally("table 9 (silent rows)", go.version, "found by verify and mended by --repair");
}

// What changed within the last two seconds is not noted: again, until it is older.
Json verified_unchanged(const Bed& bed, const Args& args) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    const Json answer = json_of(bed.companion(args));
    if (answer["modules"] == answer["unchanged"] || std::chrono::steady_clock::now() > deadline)
      return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

fs::path memo_of(const Bed& bed) {
  const fs::path dir = bed.home / ".local/state/gomend/verified";
  return dir / sha256(bed.gomodcache.string()).substr(0, 32);
}

}  // namespace

TEST_CASE("what go does not notice is found by verify, and mended by verify --repair", "[e2e]") {
  std::size_t n = 0;
  for (const Row& row : silent_rows()) {
    for (const Go& go : gos_of_row(n++, row.since)) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        check_row(go, row);
      }
    }
  }
}

TEST_CASE("a go.mod that nobody has recorded must be the one in the module's zip",
          "[e2e][sample]") {
  const Bed bed(gos().front());
  damage(bed.download(alpha, ".mod"), "edited");
  const Ran looked = bed.companion({"verify"}, {.cwd = bed.home});
  INFO(looked.text());
  CHECK(looked.code() == 1);
  CHECK(looked.out.starts_with(alpha + ": cached go.mod is corrupt"));
  CHECK(bed.companion({"verify", "--repair"}, {.cwd = bed.home}).code() == 0);
  CHECK(difference(bed.pristine_modules(), bed.modules(), {.ignore = {"*.lock", "cache/gomend"}}) ==
        "");
}

TEST_CASE("verify answers in words, in JSON and by its exit status", "[e2e][sample]") {
  const Bed bed(gos().front(), {.builds = Builds::warm});
  const Ran sound = bed.companion({"verify"});
  INFO(sound.text());
  CHECK(sound.code() == 0);
  CHECK(sound.out.starts_with("all modules verified: "));
  CHECK(sound.err == "");

  const Json all = json_of(bed.companion({"verify", "--all", "--full", "--json"}));
  CHECK(all["sound"] == true);
  CHECK(all["version"] == 1);
  // More by lonely, which nothing requires.
  CHECK(all["modules"].number() > std::ssize(required_modules()));
  CHECK(all["buildEntries"].number() > 100);
  CHECK(all["bytesRead"].number() > 2'000'000);
  CHECK(all["findings"] == Json::array());

  damage(bed.tree(alpha) / "alpha.go", "half");
  for (const std::string& name : {alpha, std::string("github.com/acme/alpha")}) {
    const Ran named = bed.companion({"verify", "--json", name}, {.cwd = bed.home});
    CHECK(named.code() == 1);
    const Json answer = json_of(named);
    CHECK(answer["sound"] == false);
    REQUIRE(answer["findings"].size() == 1);
    const Json finding = answer["findings"][0];
    CHECK(finding["kind"] == "module");
    CHECK(finding["name"] == alpha);
    CHECK(finding["repaired"] == false);
    CHECK(contains(finding["problem"].text(), "1 file changed"));
    CHECK(finding["next"] == "gomend verify --repair");
  }
  CHECK(bed.companion({"verify", theta}).code() == 0);

  const Args impossible[] = {{"verify", "github.com/acme/alpha@v9.9.9"},
                             {"verify", "github.com/acme/nothing"},
                             {"verify", "../.."},
                             {"verify", "--all", alpha},
                             {"verify", "--nonsense"}};
  for (const Args& args : impossible) {
    CAPTURE(args);
    const Ran ran = bed.companion(args);
    CHECK(ran.code() == 2);
    CHECK(ran.out == "");
    CHECK(ran.err.starts_with("gomend: "));
  }
  bed.proxy.fault({.kind = "status", .status = 503});
  remove_tree(bed.zip(alpha));
  const Ran hopeless = bed.companion({"verify", "--repair"});
  INFO(hopeless.text());
  CHECK(hopeless.code() == 1);
  CHECK(contains(hopeless.out, alpha + ": extracted directory is corrupt"));
}

TEST_CASE("verify reads again only what has changed", "[e2e][sample]") {
  const Bed bed(gos().front());
  const Args verify{"verify", "--all", "--json"};
  const Json first = json_of(bed.companion({"verify", "--all", "--full", "--json"}));
  CHECK(first["bytesRead"].number() > 0);
  const auto second = verified_unchanged(bed, verify);
  CHECK(second["unchanged"] == second["modules"]);
  CHECK(second["bytesRead"] == 0);
  CHECK(json_of(bed.companion({"verify", "--all", "--full", "--json"}))["bytesRead"] ==
        first["bytesRead"]);

  // Who changes a file can set all of its times but one.
  const fs::path file = bed.tree(theta) / "data/table.txt";
  const auto time = fs::last_write_time(file);
  damage(file, "bitflip");
  fs::last_write_time(file, time);
  const Ran changed = bed.companion(verify);
  CHECK(changed.code() == 1);
  CHECK(json_of(changed)["unchanged"].number() == second["modules"].number() - 1);
  CHECK(bed.companion({"verify", "--all", "--repair"}).code() == 0);
}

TEST_CASE("verify meets whatever changes in a tree that it knows", "[e2e][sample]") {
  const Bed bed(gos().back());
  const fs::path tree = bed.tree(theta);
  const std::vector<std::pair<std::string, std::function<void()>>> rows{
      {"a file more", [&] { write_file(tree / "more.go", "package theta\n"); }},
      {"a file more, further in", [&] { write_file(tree / "data/more.txt", ""); }},
      {"a directory more, with a file", [&] { write_file(tree / "deep/more.txt", ""); }},
      {"a file less", [&] { fs::remove(tree / "data/table.txt"); }},
      {"an empty directory more", [&] { fs::create_directory(tree / "data/empty"); }},
      {"a file that is another",
       [&] {
         write_file(tree / "data/other", read_file(tree / "data/table.txt") + "x");
         fs::rename(tree / "data/other", tree / "data/table.txt");
       }},
      {"a directory that is a link",
       [&] {
         fs::rename(tree / "data", tree / "moved");
         fs::create_directory_symlink("moved", tree / "data");
       }},
      {"a file that can't be read",
       [&] { fs::permissions(tree / "data/table.txt", fs::perms{0}); }},
  };
  const Args verify{"verify", "--all", "--json"};
  for (const auto& [name, change] : rows) {
    CAPTURE(name);
    (void)verified_unchanged(bed, verify);
    {
      const Writable top(tree);
      const Writable data(tree / "data");
      change();
    }
    const Ran ran = bed.companion(verify);
    INFO(ran.text());
    const Json answer = json_of(ran);
    CHECK(answer["modules"].number() == answer["unchanged"].number() + 1);
    // Neither go nor its hash knows of empty directories.
    CHECK(ran.code() == (name == "an empty directory more" ? 0 : 1));
    CHECK(bed.companion({"verify", "--all", "--repair"}).code() == 0);
    if (fs::exists(tree / "data/empty")) {
      const Writable data(tree / "data");
      fs::remove(tree / "data/empty");
    }
  }
}

TEST_CASE("a memo of verify that is not ours, or not whole, is no memo", "[e2e][sample]") {
  const Bed bed(gos().front());
  const Args verify{"verify", "--all", "--json"};
  (void)verified_unchanged(bed, verify);
  const fs::path memo = memo_of(bed);
  const std::string good = read_file(memo);
  REQUIRE(good.starts_with("gomend verified 1\n"));
  std::string altered = good;
  altered[good.size() / 2] = static_cast<char>(altered[good.size() / 2] ^ 1);
  const std::vector<std::pair<std::string, std::function<void()>>> rows{
      {"cut off", [&] { write_file(memo, good.substr(0, good.size() / 2)); }},
      {"one bit", [&] { write_file(memo, altered); }},
      {"empty", [&] { write_file(memo, ""); }},
      {"others may write it", [&] { fs::permissions(memo, fs::perms{0622}); }},
      {"others may read it", [&] { fs::permissions(memo, fs::perms{0644}); }},
      {"a link to a good one",
       [&] {
         fs::rename(memo, bed.home / "elsewhere");
         fs::create_symlink(bed.home / "elsewhere", memo);
       }},
      {"a directory", [&] { fs::create_directory(memo); }},
  };
  for (const auto& [name, spoil] : rows) {
    CAPTURE(name);
    remove_tree(memo);
    write_file(memo, good);
    fs::permissions(memo, fs::perms{0600});
    CHECK(json_of(bed.companion(verify))["unchanged"].number() > 0);
    if (name == "a directory") remove_tree(memo);
    spoil();
    const Ran ran = bed.companion(verify);
    INFO(ran.text());
    CHECK(ran.code() == 0);
    CHECK(json_of(ran)["unchanged"] == 0);
  }
}

TEST_CASE("verify draws a bar on a terminal only", "[e2e]") {
  const Bed bed(gos().front(), {.builds = Builds::warm});
  RunOptions options{.env = bed.env, .cwd = bed.app};
  options.env["PATH"] = bed.toolchain.root().string() + "/bin:/usr/bin:/bin";
  const Ran ran = run_pty({gomend_binary, "verify", "--all", "--full"}, options);
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(contains(ran.out, "all modules verified: "));
  CHECK(contains(ran.out, "\r\x1b[K"));
}

TEST_CASE("malformed answers of the checksum database are found, and moved aside", "[e2e]") {
  Bed bed(gos().front());
  const Sumdb database = bed.proxy.sumdb();
  bed.env["GOSUMDB"] = database.with_url();
  const fs::path lookup = bed.gomodcache / "cache/download/sumdb" / database.name() /
                          "lookup/github.com/acme/alpha@v1.1.0";
  write_file(lookup, "<html>");
  const Ran looked = bed.companion({"verify"});
  INFO(looked.text());
  CHECK(looked.code() == 1);
  CHECK(looked.out.starts_with("the checksum database's answers: 1 cached answer is corrupt"));
  CHECK(bed.companion({"verify", "--repair"}).code() == 0);
  CHECK(!fs::exists(lookup));
  CHECK(bed.companion({"verify"}).code() == 0);
}

}  // namespace tests
