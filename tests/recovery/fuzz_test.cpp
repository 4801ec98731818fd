// Whoever damages a cache, or prints a text, gomend comes back from it. The generator is
// deterministic: what it finds once it finds again.

#include <random>

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"
#include "tests/fuzz/targets.hpp"

namespace tests {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : random() % limit;
}

// One small damage, of the kinds that disks, crashes and people do.
void mutate(std::string& bytes, const std::vector<std::string>& words, Random& random) {
  const std::size_t at = below(random, bytes.size());
  switch (random() % 7) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = static_cast<char>(random());
      break;
    case 2:
      bytes.resize(at);
      break;
    case 3:
      bytes.insert(at, words[below(random, words.size())]);
      break;
    case 4:
      bytes.erase(at, 1 + below(random, 8));
      break;
    case 5:
      bytes.insert(at, bytes.substr(below(random, bytes.size()), below(random, 64)));
      break;
    default:  // a number that is as large as can be, or none
      for (std::size_t i = at; i < std::min(at + 4, bytes.size()); ++i) {
        bytes[i] = random() % 2 == 0 ? '\xff' : '\0';
      }
  }
}

template <class Target>
void run_target(const Target& target, const std::vector<std::string>& seeds,
                const std::vector<std::string>& words, int rounds) {
  Random random(1);
  for (int round = 0; round < rounds; ++round) {
    std::string bytes = seeds[below(random, seeds.size())];
    for (std::size_t damages = 1 + below(random, 6); damages-- > 0;) mutate(bytes, words, random);
    target(bytes);
  }
}

std::string zip_of(const std::vector<recovery::ZipInput>& files) {
  auto next = files.begin();
  return recovery::make_zip([&]() -> std::optional<recovery::ZipInput> {
    if (next == files.end()) return std::nullopt;
    return *next++;
  });
}

std::string index_of(const Bed& bed, const std::string& module) {
  const std::string entry = read_file(bed.index_entry(module));
  const std::string object = entry.substr(68, 64);
  return read_file(bed.gocache / object.substr(0, 2) / (object + "-d"));
}

}  // namespace

TEST_CASE("no zip brings the reader down", "[recovery][fuzz]") {
  const TempDir dir;
  write_zip("github.com/acme/kappa@v0.1.0", dir.path() / "m.zip");
  run_target(fuzz::zip,
             {read_file(dir.path() / "m.zip"),
              zip_of({{"x.y/a@v1.0.0/a.go", "package a"}, {"x.y/a@v1.0.0/b", ""}}), zip_of({})},
             {"PK\1\2", "PK\3\4", "PK\5\6", "PK\6\6", "PK\6\7", std::string(8, '\xff'),
              std::string("\1\0\x10\0", 4)},
             5000);
}

TEST_CASE("no index brings the decoder down", "[recovery][fuzz]") {
  std::vector<std::string> seeds;
  for (const Go& go : gos()) {
    const Bed bed(go);
    REQUIRE(bed.go({"list", "-deps", "./..."}).code() == 0);
    for (const char* module : {"github.com/acme/alpha@v1.1.0", "go.example.org/theta@v0.9.0"}) {
      seeds.push_back(index_of(bed, module));
      CHECK(recovery::decode_module_index(seeds.back()));
    }
  }
  run_target(fuzz::index, seeds, {"go index v2\n", std::string(4, '\0'), "\xff", "\x80\x80\x80"},
             20000);
}

TEST_CASE("no text brings a parser down", "[recovery][fuzz]") {
  run_target(fuzz::text,
             {"module x.y/m\n\ngo 1.21\n\nrequire (\n\tx.y/a v1.0.0 // indirect\n)\nreplace x.y/a "
              "v1.0.0 => ../a\n",
              "x.y/a v1.0.0 h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n",
              "{\"Version\":\"v1.0.0\",\"Time\":\"2020-01-02T03:04:05Z\"}",
              "package a\n\nimport (\n\tb \"x.y/b\"\n\t. `x.y/c/v2`\n)\n",
              "*.corp.example,x.[a-z]/a?,\\*x.y/private/*/b"},
             {"(", ")", "\"", "`", "//", "=>", "\n", "[", "]", "*", "\\", "{", "}", "import", "@"},
             20000);
}

TEST_CASE("no settings, rules, entry or answer brings their reader down", "[recovery][fuzz]") {
  const std::string h1 = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
  run_target(fuzz::settings,
             {"public = [\"https://p.example\"]\nfallback = [\"https://q.example\", \"direct\"]\n"
              "sumdb = \"https://s.example\"\nkeep = true\nkeep_days = 14\nkeep_mib = 1024\n"},
             {"=", "[", "]", "\"", "\n", "\"\"\"", "99999999999999999999", "-1", "{", "\\u0000"},
             2000);
  run_target(fuzz::rules,
             {"[[rule]]\nname = \"vpn\"\nclass = \"user/vpn\"\nadvice = \"go in; run: vpn up\"\n"
              "when = 'dial tcp \\S+: no route to host'\neg = 'dial tcp 10.1.2.3:443: no route to "
              "host'\n"},
             {"(", ")", "(?<module>", "+", "{1,9999}", "\\", "[", "'", "[[rule]]", "(?R)", "\n"},
             1000);
  run_target(fuzz::answer,
             {"5\nx.y/a v1.0.0 " + h1 + "\nx.y/a v1.0.0/go.mod " + h1 +
              "\n\ngo.sum database tree\n9\n" + h1.substr(3) +
              "\n\n— s.example Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
              "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"},
             {"\n\n", "— ", " ", "h1:", "99999999999999999999", "\t"}, 20000);
  run_target(fuzz::build_cache,
             {"v1 " + std::string(64, 'a') + " " + std::string(64, 'b') + " " +
              std::string(17, ' ') + "123 1700000000000000000\n"},
             {" ", "v2", "-1", "99999999999999999999", "\n", "../"}, 3000);
}

TEST_CASE("no words of go's bring the matcher down", "[fuzz]") {
  run_target(
      fuzz::stderr_text,
      {"go: downloading x.y/a v1.0.0\nverifying x.y/a@v1.0.0: checksum mismatch\n\tdownloaded: "
       "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n\tgo.sum:     "
       "h1:k5zcRqJkDzUo1bOyveRd76a99EYahpF2VQbfHZbI7us=\n",
       "main.go:3:8: x.y/a@v1.0.0: reading https://p.example/x.y/a/@v/v1.0.0.zip: 502 Bad "
       "Gateway\n\tserver response: no\n",
       "go: x.y/a@v1.0.0: git fetch -f origin in /m/cache/vcs/b585: exit status 128:\n\tfatal: "
       "bad object\n"},
      {"\n", "\t", "go: ", "@v1.0.0: ", "server response:", std::string(2000, ':'), "\r",
       std::string(1, '\0')},
      3000);
}

TEST_CASE("no path is taken for another place", "[recovery][fuzz]") {
  run_target(
      fuzz::path,
      {"github.com/!burnt!synth/!gamma@v0.4.0/inner/a.go",
       "cache/download/x.y/a/v2/@v/v2.0.0.ziphash",
       "/home/me/go/pkg/mod/x.y/a@v1.0.0-!r!c1/../b@v1.0.0/c.go"},
      {"../", "/", "@", "!", ".", "/./", "//", "@v/", "cache/", "v1.0.0", "/../../..", ".zip"},
      50000);
}

}  // namespace tests
