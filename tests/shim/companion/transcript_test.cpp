// install/transcript.md is what the commands of the companion really print, on a healthy project
// and on a damaged one. It is compared with what comes out, so that it can't rot. To write it anew:
//
//   GOMEND_WRITE_TRANSCRIPT=1 tests/run 'the transcript'
//
// To add a command: a step in `scenes` below, and the page written anew.

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <regex>
#include <set>
#include <sstream>

#include "shim/companion/table.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string beta = "github.com/acme/beta/v2@v2.3.0";

// Rows of the table that are in no scene, and why.
const std::set<std::string> exempt = {
    "generate",  // it prints the table itself: its tests read all of it
};

struct Step {
  std::string typed;  // "gomend verify --json", words between spaces; or words without "gomend"
  std::function<void(const Bed&)> before = {};  // what happens meanwhile, unseen
};

struct Scene {
  std::string title, about;
  std::function<void(Bed&)> make;
  std::vector<Step> steps;
};

void lose_a_zip_and_a_file(const Bed& bed) {
  damage(bed.zip(alpha), "half");
  remove_tree(bed.tree(alpha));
  remove_tree(bed.tree(beta) / "beta.go");
}

void spoil_a_hash(const Bed& bed) {
  std::string sums = read_file(bed.app / "go.sum");
  const auto at = sums.find("h1:", sums.find("github.com/acme/alpha v1.1.0 "));
  sums.replace(at, 11, "h1:AAAAAAAA");
  write_file(bed.app / "go.sum", sums);
}

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all = {
      {"A healthy project",
       "",
       [](Bed& bed) {
         write_file(bed.app / "build.log",
                    "# example.com/app\n./main.go:7:2: undefined: nonsense\n");
       },
       {{"gomend go version"},
        {"gomend doctor"},
        {"gomend verify"},
        {"gomend verify --json"},
        {"gomend explain build.log"},
        {"gomend patterns test build.log"},
        {"gomend patterns where"},
        {"gomend fix"},
        {"gomend fix --gosum"},
        {"gomend history"},
        {"gomend stats"},
        {"gomend evict example.com/nobody/nothing"},
        {"gomend restore"},
        {"gomend cache-key"},
        {"gomend cache-key --restore"},
        {"gomend prune --dry-run ."},
        {"gomend isolate --shell bash"},
        {"gomend isolate --off --shell bash"},
        {"gomend diff " + alpha},
        {"gomend install --dry-run --shell bash"},
        {"gomend install --shell bash"},
        {"gomend status"},
        {"gomend activate bash"},
        {"gomend uninstall --keep-journal"},
        {"gomend uninstall"},
        {"gomend help restore"}}},
      {"A damaged project",
       "A zip of the module cache is cut off and its tree gone, another tree has lost a file, and "
       "a line of go.sum is wrong.",
       [](Bed& bed) {
         lose_a_zip_and_a_file(bed);
         write_file(bed.app / "build.log",
                    "-> unzip " + bed.zip(alpha).string() + ": zip: not a valid zip file\n");
         spoil_a_hash(bed);
       },
       {{"gomend doctor"},
        {"gomend explain build.log"},
        {"gomend patterns test build.log"},
        {"gomend cache-key"},
        {"gomend prune --dry-run ."},
        {"gomend isolate --shell fish"},
        {"gomend diff " + alpha},
        {"gomend fix --gosum --dry-run"},
        {"gomend fix --gosum --yes"},
        {"gomend verify"},
        {"gomend go build ./..."},
        {"gomend history"},
        {"gomend stats"},
        {"gomend restore"},
        {"gomend verify --repair"},
        {"gomend evict --refetch " + alpha},
        {"gomend evict " + alpha},
        {"gomend go build ./...", [](const Bed& bed) { fs::remove(bed.app / "go.sum"); }},
        {"gomend fix --dry-run"},
        {"gomend fix --yes",
         [](const Bed& bed) {
           (void)bed.go({"mod", "download"});
         }},
        {"gomend fix"}}},
  };
  return all;
}

std::string replaced_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// Places, times and what else differs from machine to machine.
std::string stable(const Bed& bed, std::string text) {
  const std::pair<std::string, std::string> places[] = {
      {bed.gomodcache.string(), "~/go/pkg/mod"},
      {bed.gocache.string(), "~/.cache/go-build"},
      {bed.gopath.string(), "~/go"},
      {bed.shim.string(), "~/.local/gomend/go"},
      {bed.app.string(), "~/app"},
      {bed.home.string(), "~"},
      {bed.tmp.string(), "/tmp"},
      {bed.toolchain.path.string(), "/usr/local/go/bin/go"},
      {bed.toolchain.version, "go1.N"},
      {gomend_binary, "~/.local/bin/gomend"},
  };
  for (const auto& [from, to] : places) text = replaced_all(std::move(text), from, to);
  static const std::pair<std::regex, std::string> shapes[] = {
      {std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"), "2026-01-31T10:00:00Z"},
      {std::regex(R"(\b20\d{6}[-T]\d{6}[-.\w]*)"), "20260131-100000"},
      {std::regex(R"(http://127\.0\.0\.1:\d+/p\d+)"), "https://proxy.example.org"},
      {std::regex(R"(127\.0\.0\.1:\d+)"), "proxy.example.org"},
      {std::regex(R"(sumdb\d+\.example\.org(\+[0-9a-f]+\+[\w+/=]+)?)"), "sum.example.org"},
      {std::regex(R"((gomend-linux-)\w+-go1\.N-[0-9a-f]{12}-)"), "$1amd64-go1.N-0123456789ab-"},
      {std::regex(R"(-0123456789ab-[0-9a-f]{24})"), "-0123456789ab-0123456789abcdef01234567"},
      {std::regex(R"(isolated/app-[0-9a-f]{12})"), "isolated/app-0123456789ab"},
      {std::regex(R"(gomend \d+\.\d+\.\d+)"), "gomend N.N.N"},
      {std::regex(R"(linux/\w+)"), "linux/amd64"},
      {std::regex(R"(  GOTOOLCHAIN=local  \(the environment\)\n)"),
       ""},  // older ones don't know it
      {std::regex(R"(\b\d+(\.\d+)? (GiB|MiB|ms|s)\b)"), "N $2"},
      {std::regex(R"re("(unchanged|bytesRead|buildEntries)": \d+)re"), "\"$1\": N"},
      {std::regex(R"(\b\d+ bytes)"), "N bytes"},
      {std::regex(R"( +((zip|go\.mod) h1:))"), "  $1"},  // as wide as the proxy's own URL makes it
      {std::regex(R"(\d+ build cache entries)"), "N build cache entries"},
  };
  for (const auto& [shape, to] : shapes) text = std::regex_replace(text, shape, to);
  return text;
}

// What go says differs from one go to the next.
std::string without_words_of_go(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("gomend: "))
      out += line + "\n";
    else if (!out.ends_with("…\n"))
      out += "…\n";
  }
  return out;
}

Args words_of(const std::string& typed) {
  Args words;
  for (std::size_t begin = typed.find(' ') + 1; begin < typed.size();) {
    const std::size_t end = std::min(typed.find(' ', begin), typed.size());
    words.push_back(typed.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string transcript_of(const Scene& scene) {
  Bed bed(gos().back());
  const Sumdb database = bed.proxy.sumdb();
  bed.env["GOSUMDB"] = database.with_url();
  scene.make(bed);
  std::string text = "## " + scene.title + "\n";
  if (!scene.about.empty()) text += "\n" + scene.about + "\n";
  for (const Step& step : scene.steps) {
    if (step.before) step.before(bed);
    const Ran ran = bed.companion(words_of(step.typed), {.merged = true});
    std::string out = stable(bed, ran.out);
    if (step.typed.starts_with("gomend go build")) out = without_words_of_go(out);
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    text += "\n```\n$ " + step.typed + "\n" + out +
            (ran.code() == 0 ? "" : "[exit status " + std::to_string(ran.code()) + "]\n") + "```\n";
  }
  return text;
}

std::string page() {
  std::string text =
      "# What the commands print\n\nOn a healthy project and on a damaged one, one command after "
      "the "
      "other. Places and times are made the same for all machines; the rest is what came out. "
      "`tests/shim/companion/transcript_test.cpp` writes this page, and compares it.\n";
  for (const Scene& scene : scenes()) text += "\n" + transcript_of(scene);
  return text;
}

}  // namespace

TEST_CASE("the transcript of the commands is what they print", "[e2e]") {
  const fs::path file = fs::path(tests_dir) / "../install/transcript.md";
  const std::string now = page();
  const char* writes = std::getenv("GOMEND_WRITE_TRANSCRIPT");
  if (writes != nullptr && *writes != '\0') write_file(file, now);
  const std::string kept = read_file(file);
  std::size_t differs = 0;
  while (differs < std::min(now.size(), kept.size()) && now[differs] == kept[differs]) ++differs;
  const auto around = [&](const std::string& text) {
    const std::size_t begin = differs > 300 ? differs - 300 : 0;
    return text.substr(std::min(begin, text.size()), 800);
  };
  INFO("it says:\n" << around(kept) << "\nwhat comes out:\n" << around(now));
  CHECK(now == kept);
}

TEST_CASE("the transcript has each command of the table, but those that are exempt") {
  std::set<std::string> shown;
  for (const Scene& scene : scenes()) {
    for (const Step& step : scene.steps) shown.insert(words_of(step.typed).front());
  }
  for (const shim::CommandRow* row : shim::commands()) {
    const std::string name(row->name);
    INFO(name);
    CHECK((shown.contains(name) || exempt.contains(name)));
    // One that is shown needs no excuse.
    CHECK(!(shown.contains(name) && exempt.contains(name)));
  }
}

}  // namespace tests
