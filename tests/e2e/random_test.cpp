// Faults at random: some artefacts of both caches are damaged in some ways, and some command is
// typed once. It must end as it does on empty caches: exit status, output; and what the caches then
// hold must be what belongs there, or what was damaged and not needed. Each case comes from its
// number alone; a failure names it:
//
//   GOMEND_RANDOM_CASE=4711 GOMEND_TEST_GOS=/usr/local/go/bin/go tests/run 'faults at random'
//
// The long run goes on where it was stopped (its numbers stand in the work directory):
//
//   GOMEND_RANDOM_COUNT=10000 tests/run '[random]'

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <regex>
#include <sstream>

#include "recovery/os/text.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using Clock = std::chrono::steady_clock;
using Number = std::uint64_t;

// The same numbers with every library: distributions are not what the standard fixes.
class Dice {
 public:
  explicit Dice(Number seed) : random_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 random_;
};

const std::vector<Args>& commands() {
  static const std::vector<Args> all{
      {"build", "./..."},         {"build", "-o", "/dev/null", "."},
      {"vet", "./..."},           {"test", "./..."},
      {"list", "-deps", "./..."}, {"run", "."},
      {"mod", "download"},        {"mod", "tidy"},
      {"install", "."},           {"list", "-m", "all"},
  };
  return all;
}

std::string joined(const Args& args) {
  std::string text;
  for (const std::string& arg : args) text += (text.empty() ? "" : " ") + arg;
  return text;
}

std::vector<fs::path> sorted(const fs::path& directory, bool directories) {
  std::vector<fs::path> found;
  if (!fs::is_directory(fs::symlink_status(directory))) return found;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_directory() == directories) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// One artefact, whatever it is; empty when there is none of the kind.
fs::path pick(const Bed& bed, Dice& dice) {
  const std::string& m = dice.one_of(required_modules());
  const auto any_of = [&](const fs::path& directory, bool directories) {
    const auto all = sorted(directory, directories);
    return all.empty() ? fs::path() : dice.one_of(all);
  };
  switch (dice.below(16)) {
    case 0:
    case 1:
      return bed.zip(m);
    case 2:
      return bed.download(m, ".ziphash");
    case 3:
      return bed.download(m, ".mod");
    case 4:
      return bed.download(m, ".info");
    case 5:
      return bed.list(m);
    case 6:
      return bed.download(m, ".lock");
    case 7:
      return bed.tree(m);
    case 8:
    case 9:
    case 10:
      return any_of(bed.tree(m), false);
    case 11:
      return any_of(bed.tree(m), true);
    case 12:
      return bed.zip(m).parent_path();  // @v
    case 13:
      return bed.index_entry(m);
    default:
      return any_of(bed.gocache, false);
  }
}

std::string_view pick_kind(const fs::path& path, Dice& dice) {
  if (fs::is_directory(fs::symlink_status(path))) return dice.one_of(directory_damages);
  if (path.extension() == ".zip" && dice.below(2) == 0) return dice.one_of(zip_damages);
  return dice.one_of(file_damages);
}

struct Case {
  Number number = 0;
  Args command;
  Modules modules = Modules::full;
  Builds builds = Builds::std;
  std::size_t faults = 1;
};

Case make_case(Number number) {
  Dice dice(number);
  Case one;
  one.number = number;
  one.command = dice.one_of(commands());
  one.modules = dice.below(4) == 0 ? Modules::downloads : Modules::full;
  one.builds = dice.below(2) == 0 ? Builds::warm : Builds::std;
  one.faults = 1 + dice.below(4);
  return one;
}

// What was done, a line each: the same for the same number, and the same Go.
std::string inflict(const Bed& bed, const Case& one) {
  Dice dice(one.number ^ 0xda3a9e);
  std::string told;
  std::size_t done = 0;
  for (int tries = 0; tries < 50 && done < one.faults; ++tries) {
    const fs::path path = pick(bed, dice);
    std::error_code error;
    if (path.empty() || !fs::exists(fs::symlink_status(path, error))) continue;
    const std::string_view kind = pick_kind(path, dice);
    try {
      damage(path, kind);
    } catch (const std::invalid_argument&) {
      continue;  // no such damage to such a file
    } catch (const std::runtime_error&) {
      continue;  // behind an earlier one, or in a zip that an earlier one has damaged
    }
    ++done;
    told += "  " + fs::relative(path, bed.root).string() + " " + std::string(kind) + "\n";
  }
  return told;
}

struct End {
  int code = 0;
  std::string out;
  bool operator==(const End&) const = default;
};

struct Reference {
  End end;
  Snapshot modules;  // what the command leaves in a cache that was empty
};

// Packages whose tests had to run a second time come behind the others.
std::string with_sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::ranges::sort(lines);
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

End end_of(const Ran& ran, const Bed& bed) {
  std::string text = with_sorted_lines(ran.out);
  for (std::size_t at; (at = text.find(bed.root.string())) != std::string::npos;)
    text.replace(at, bed.root.string().size(), "ROOT");
  text = std::regex_replace(text, std::regex(R"((\t| )(\(cached\)|[0-9.]+s))"), " TIME");
  return {ran.code(), text};
}

// The command on a module cache that is empty. (The build cache has the standard library: to
// compile it again would tell nothing.)
const Reference& reference(const Go& go, const Args& command) {
  static std::map<std::string, Reference> known;
  const std::string key = go.version + " " + joined(command);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  Bed bed(go, {.modules = Modules::empty});
  bed.env["GOBIN"] = (bed.root / "gobin").string();
  const End end = end_of(bed.go(command), bed);
  return known.emplace(key, Reference{end, bed.modules()}).first->second;
}

bool is_same(const Entry& a, const Entry& b) {
  return a.kind == b.kind && a.digest == b.digest && a.target == b.target;
}

// Files of the module cache that are neither as they should be nor as in `also` (as damaged, and
// not needed).
std::string strangers(const Bed& bed, const Reference& wanted, const Snapshot& also) {
  std::string found;
  const auto is_in = [](const Snapshot& all, const std::string& path, const Entry& entry) {
    const auto other = all.find(path);
    return other != all.end() && is_same(other->second, entry);
  };
  for (const auto& [path, entry] : bed.modules()) {
    // What a go that was ended leaves half written has a name of its own.
    const bool is_nobodys = path.starts_with("cache/gomend") || path == "cache/lock" ||
                            path.ends_with(".lock") || path.ends_with(".tmp");
    if (is_nobodys || entry.kind == 'd') continue;
    if (is_in(bed.pristine_modules(), path, entry) || is_in(wanted.modules, path, entry) ||
        is_in(also, path, entry)) {
      continue;
    }
    // A zip that was made again from its tree has other bytes.
    const fs::path file = bed.gomodcache / path;
    const bool is_zip = path.ends_with(".zip") && bed.pristine_modules().contains(path);
    if (is_zip && h1_of(file) == read_file(file.string() + "hash")) continue;
    found += path + "\n";
  }
  return found;
}

Snapshot outside(const Bed& bed) {
  Snapshot all = snapshot(bed.app);
  for (auto& [path, entry] : snapshot(bed.home)) {
    if (!path.starts_with(".local/state/gomend") && path != ".local" && path != ".local/state")
      all.emplace("home/" + path, entry);
  }
  return all;
}

// Empty when the case holds; else what is wrong with it.
std::string run_case(const Go& go, const Case& one) {
  const Reference& wanted = reference(go, one.command);
  Bed bed(go, {.modules = one.modules, .builds = one.builds});
  bed.env["GOBIN"] = (bed.root / "gobin").string();
  const std::string told = inflict(bed, one);
  const Snapshot damaged = bed.modules();
  const Snapshot before = outside(bed);
  const Ran ran = bed.gomend(one.command);
  std::string wrong;
  if (const std::string changes = difference(before, outside(bed)); !changes.empty())
    wrong += "outside the caches:\n" + changes;
  // Where go itself notices nothing nobody reacts: it extracts a wrong zip, links wrong code. But
  // verify must find it then.
  const std::string others = strangers(bed, wanted, damaged);
  const bool is_right = end_of(ran, bed) == wanted.end;
  if (!is_right || !others.empty()) {
    Bed again(go, {.modules = one.modules, .builds = one.builds});
    again.env["GOBIN"] = (again.root / "gobin").string();
    inflict(again, one);
    const Ran plain = again.go(one.command);
    const bool is_silent = plain.code() == 0 && ran.code() == 0;
    const Ran verified = bed.companion({"verify", "--all", "--repair"});
    const std::string left = strangers(bed, wanted, {});
    const bool is_repaired =
        verified.code() == 0 && left.empty() && end_of(bed.gomend(one.command), bed) == wanted.end;
    if (!is_repaired || (!is_silent && !is_right)) {
      wrong += "not as on empty caches:\n" + ran.text() + "\nplain go:\n" + plain.text() +
               "\nneither right nor as damaged:\n" + others + "\nverify:\n" + verified.text() +
               "\nstill wrong then:\n" + left + "\nwanted: " + std::to_string(wanted.end.code) +
               "\n" + wanted.end.out;
    }
  }
  tally("table 10 (at random)", go.version,
        !wrong.empty()               ? "wrong"
        : is_right && others.empty() ? "as on empty caches"
                                     : "silent with plain go, mended by verify");
  if (wrong.empty()) return wrong;
  return "case " + std::to_string(one.number) + " with " + go.version + ": go " +
         joined(one.command) + " after\n" + told + wrong;
}

Number number_of(const char* variable, Number otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("faults at random: the command ends as on empty caches", "[e2e]") {
  const bool is_one = std::getenv("GOMEND_RANDOM_CASE") != nullptr;
  const Number first = number_of("GOMEND_RANDOM_CASE", 1);
  for (const Go& go : gos()) {
    // As many as there is time for; always the same ones, from the first on.
    const auto deadline = Clock::now() + std::chrono::seconds(8);
    for (Number number = first; number == first || (!is_one && Clock::now() < deadline); ++number)
      CHECK(run_case(go, make_case(number)) == "");
  }
}

TEST_CASE("many faults at random", "[.long][random]") {
  const Number count = number_of("GOMEND_RANDOM_COUNT", 10'000);
  for (const Go& go : gos()) {
    const fs::path next = work_dir() / ("random-" + go.version);
    Number number = fs::exists(next) ? std::strtoull(read_file(next).c_str(), nullptr, 10) : 1;
    for (; number <= count; ++number) {
      const std::string wrong = run_case(go, make_case(number));
      if (!wrong.empty()) std::cout << wrong << std::endl;
      CHECK(wrong == "");
      write_file(next, std::to_string(number + 1));
    }
  }
}

}  // namespace tests
