#pragma once
// What the stories have in common: damage to the cache, sources that lie, a go.sum that is wrong,
// and what must be so when the command has ended.

#include <functional>

#include "tests/bed/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/bed/world.hpp"
#include "tests/catch.hpp"

namespace tests {

inline const std::string alpha = "github.com/acme/alpha@v1.1.0";
inline const std::string beta = "github.com/acme/beta/v2@v2.3.0";
inline const Args build = {"build", "./..."};

inline bool contains(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// The same server under another name, so that words can tell the sources apart.
inline std::string on_localhost(const std::string& url) {
  return replaced(url, "127.0.0.1", "localhost");
}

inline std::string host_of(const std::string& url) {
  const std::string rest = url.substr(url.find("://") + 3);
  return rest.substr(0, rest.find('/'));
}

// A bed whose GOPROXY has a first source, taken for public, and a second one.
struct TwoSources {
  explicit TwoSources(const Go& go, const BedOptions& options = {}) : bed(go, options) {
    bed.env["GOPROXY"] = first_url() + "," + second.url();
    bed.env["GOMEND_PUBLIC"] = first_url();
  }
  [[nodiscard]] std::string first_url() const { return on_localhost(bed.proxy.url()); }

  Bed bed;
  Source second;
};

// The cache has never had its zip.
inline void forget(const Bed& bed, const std::string& module) {
  remove_tree(bed.tree(module));
  fs::remove(bed.zip(module));
  fs::remove(bed.download(module, ".ziphash"));
}

// A cache whose zip and ziphash agree with each other, on other bytes than go.sum's.
inline void forge(const Bed& bed, const std::string& module) {
  remove_tree(bed.tree(module));
  damage(bed.zip(module), "edited");
  write_file(bed.download(module, ".ziphash"), h1_of(bed.zip(module)));
}

inline std::string line_of(const Bed& bed, const std::string& module) {
  const std::string start =
      module.substr(0, module.find('@')) + " " + module.substr(module.find('@') + 1) + " ";
  const std::string text = read_file(bed.app / "go.sum");
  const auto at = text.find(start);
  return text.substr(at, text.find('\n', at) - at);
}

inline void check_holds_what_go_sum_wants(const Bed& bed, const std::string& module) {
  const std::string h1 = h1_of(bed.zip(module));
  CHECK(line_of(bed, module).ends_with(h1));
  CHECK(read_file(bed.download(module, ".ziphash")) == h1);
  CHECK(h1_of_tree(bed.tree(module), module) == h1);
}

// Plain go fails, gomend too: with go's own words and end, one line of advice, and the caches as
// plain go leaves them. Gives that line.
inline std::string advice_and_nothing_else(const Bed& bed, const Args& args) {
  (void)bed.go(args);
  const Ran plain = bed.go(args);
  const Snapshot modules = bed.modules();
  Snapshot builds = bed.builds();
  // A go that dies of a mismatch may leave an entry of the index empty that the next one writes.
  std::erase_if(builds, [](const auto& entry) { return entry.second.size == 0; });
  const Witness witness(bed);
  const Ran ran = bed.gomend(args);
  INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
  CHECK(plain.code() != 0);
  CHECK(ran.code() == plain.code());
  CHECK(ran.out == plain.out);
  CHECK(go_words(ran.err) == go_words(plain.err));
  CHECK(lost_or_changed(modules, bed.modules(), {.ignore = {"*.tmp"}, .inodes = true}) == "");
  CHECK(lost_or_changed(builds, bed.builds(), {.ignore = {"*-d", "trim.txt"}}) == "");
  CHECK(witness.changes() == "");
  const auto words = gomend_words(ran.err);
  CHECK(words.size() == 1);
  return words.empty() ? "" : words.front();
}

inline void with_each_go(const std::function<void(const Go&)>& body) {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      body(go);
    }
  }
}

}  // namespace tests
