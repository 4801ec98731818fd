// Every command of the companion against what nobody should give it: one clear line and status 2,
// or what its help says, never a crash, a hang, or more memory than there is. The commands come
// from the table: a new row is tried without a word here.

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "recovery/os/text.hpp"
#include "shim/companion/table.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/paths.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using shim::CommandRow;

// --- what to give a command ---

bool takes(std::string_view words, std::string_view kind) {
  return words.find(kind) != words.npos;
}

bool needs_words(const CommandRow& row) {
  return !row.arguments.empty() && row.arguments[0] != '[';
}

// "list|test|where [FILE|-]" -> list, "man|bash" -> man; "MODULE[@VERSION]…" -> a module.
std::string first_word(const CommandRow& row) {
  std::string_view words = row.arguments;
  if (words.starts_with('[')) words.remove_prefix(1);
  const std::string word(words.substr(0, words.find_first_of("| ]…[")));
  if (takes(word, "MODULE")) return "example.com/a@v1.0.0";
  if (takes(word, "ARGUMENT")) return "version";
  if (takes(word, "COMMAND")) return "help";
  return word;
}

// What it is called with when nothing is wrong with the words.
Args plain(const CommandRow& row) {
  Args args{std::string(row.name)};
  if (needs_words(row)) args.push_back(first_word(row));
  return args;
}

// All ways to hand it this file: as its argument, behind a first word that is a choice, and as the
// value of each option that takes one.
std::vector<Args> with_file(const CommandRow& row, const std::string& file) {
  std::vector<Args> all;
  const Args name{std::string(row.name)};
  for (const std::string_view kind : {"FILE", "DIR", "LOG"}) {
    if (takes(row.arguments, kind)) {
      const std::size_t bracket = row.arguments.find(" [");
      std::string_view choices = row.arguments.substr(0, bracket);
      if (bracket == row.arguments.npos) choices = "";
      if (choices.empty()) all.push_back({name[0], file});
      while (!choices.empty()) {
        const std::size_t bar = choices.find('|');
        all.push_back({name[0], std::string(choices.substr(0, bar)), file});
        choices = bar == choices.npos ? "" : choices.substr(bar + 1);
      }
    }
    for (const shim::Option& option : row.options) {
      if (takes(option.value, kind)) {
        Args args = plain(row);
        args.push_back("--" + std::string(option.name) + "=" + file);
        all.push_back(args);
      }
    }
  }
  return all;
}

// --- what it must do ---

std::string joined(const Args& args) {
  std::string text;
  for (const std::string& arg : args) text += " " + arg.substr(0, 100);
  return text;
}

constexpr std::size_t most_memory = 1 << 30;  // bytes of address space

// In bounded memory, with its own time limit.
Ran run_bounded(const Bed& bed, const Args& args, const RunOptions& options) {
  RunOptions all = options;
  all.env.insert(bed.env.begin(), bed.env.end());
  if (!all.env.contains("PATH")) all.env["PATH"] = bed.env.at("PATH");
  if (all.cwd.empty()) all.cwd = bed.app;
  all.limit = std::chrono::seconds(60);
  Args words;
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes of addresses
  // The limit is for gomend: a go that it starts reserves more than it uses.
  words = {"/usr/bin/prlimit", "--data=" + std::to_string(most_memory)};
  if (!fs::exists(words[0])) words.clear();
#endif
  words.push_back(gomend_binary);
  words.insert(words.end(), args.begin(), args.end());
  return run(words, all);
}

// It ends by itself, with a status that its kind has; a 2 is told in one line that names it.
void check_end(const CommandRow& row, const Ran& ran) {
  CHECK(!ran.timed_out);
  CHECK(WIFEXITED(ran.status));
  if (row.is_verbatim) return;  // the words and the end of another program
  CHECK(ran.code() <= 2);
  if (ran.code() != 2) return;
  CHECK(std::ranges::count(ran.err, '\n') == 1);
  CHECK(ran.err.starts_with("gomend: "));
  CHECK(ran.err.find(row.name) != std::string::npos);
}

void check_refused(const CommandRow& row, const Ran& ran) {
  check_end(row, ran);
  CHECK(ran.code() == 2);
  CHECK(ran.out == "");
}

void for_each_command(const std::function<void(const CommandRow&)>& act) {
  for (const CommandRow* row : shim::commands()) {
    DYNAMIC_SECTION(row->name) {
      act(*row);
    }
  }
}

void write_noise(const fs::path& file, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(i * 2654435761U >> 13U));
  write_file(file, text);
}

// A gigabyte, nearly all of it a hole.
void write_gigabyte(const fs::path& file, const std::string& begin) {
  write_file(file, begin);
  fs::resize_file(file, 1 << 30);
}

}  // namespace

TEST_CASE("bad input: an option or an argument that a command does not know") {
  Bed bed(gos().back());
  for_each_command([&](const CommandRow& row) {
    if (row.is_verbatim) return;
    for (const char* wrong : {"--no-such-option", "-x", "--=", "---", "--json=1\n2"}) {
      Args args = plain(row);
      args.emplace_back(wrong);
      const Ran ran = run_bounded(bed, args, {});
      INFO(joined(args) << ran.text());
      check_refused(row, ran);
    }
    if (row.arguments.find("…") != row.arguments.npos) return;
    Args args = plain(row);
    args.insert(args.end(), {"one", "two", "three"});
    const Ran ran = run_bounded(bed, args, {});
    INFO(joined(args) << ran.text());
    check_refused(row, ran);
  });
}

TEST_CASE("bad input: an argument is missing, or none that a command takes") {
  Bed bed(gos().back());
  for_each_command([&](const CommandRow& row) {
    if (row.is_verbatim || !needs_words(row)) return;
    const std::string name(row.name);
    for (const Args& args : {Args{name}, Args{name, ""}, Args{name, "\n"}, Args{name, "\xff\xfe"},
                             Args{name, "/"}, Args{name, std::string(100000, 'x')}}) {
      const Ran ran = run_bounded(bed, args, {});
      INFO(joined(args) << ran.text());
      check_end(row, ran);
      CHECK(ran.code() != 0);
    }
  });
}

TEST_CASE("bad input: a file that is none, a directory, noise, a gigabyte", "[e2e]") {
  Bed bed(gos().back());
  const fs::path tmp = bed.tmp;
  write_noise(tmp / "noise", 1 << 20);
  write_file(tmp / "empty", "");
  write_file(tmp / "broken.json", R"({"version": 1, "modules": [{"module": )");
  write_file(tmp / "deep.json", std::string(1 << 20, '['));
  write_gigabyte(tmp / "gigabyte", "{\"version\": 1}\n");
  REQUIRE(mkfifo((tmp / "fifo").c_str(), 0600) == 0);
  for_each_command([&](const CommandRow& row) {
    for (const char* name : {"noise", "empty", "broken.json", "deep.json", "gigabyte"}) {
      for (const Args& args : with_file(row, (tmp / name).string())) {
        const Ran ran = run_bounded(bed, args, {});
        INFO(joined(args) << ran.text());
        check_end(row, ran);
      }
    }
    for (const Args& args : with_file(row, (tmp / "nosuch/file").string())) {
      // What is no file at all is no question, unless it is one that the command would make.
      const Ran ran = run_bounded(bed, args, {});
      INFO(joined(args) << ran.text());
      check_end(row, ran);
    }
  });
}

TEST_CASE("bad input: stdin is noise, or a gigabyte of it", "[e2e]") {
  Bed bed(gos().back());
  std::string noise;
  for (int i = 0; i < 1 << 20; ++i) noise.push_back(static_cast<char>(i * 2654435761U >> 13U));
  write_gigabyte(bed.tmp / "gigabyte", "x\n");
  for_each_command([&](const CommandRow& row) {
    if (row.is_verbatim) return;
    Args args = plain(row);
    Ran ran = run_bounded(bed, args, {.input = noise});
    INFO(joined(args) << ran.text());
    check_end(row, ran);
    if (!takes(row.arguments, "|-")) return;
    for (Args through : with_file(row, "-")) {
      through.insert(through.begin(), gomend_binary);
      through.insert(through.begin(), {"/bin/sh", "-c", "exec \"$@\" <gigabyte", "sh"});
      ran = run(through, {.env = bed.env, .cwd = bed.tmp, .limit = std::chrono::seconds(60)});
      INFO(joined(through) << ran.text());
      check_end(row, ran);
    }
  });
}

TEST_CASE("bad input: what gomend keeps in its state directory is broken", "[e2e]") {
  struct Breakage {
    std::string name;
    std::function<void(const fs::path&)> make;
  };
  const Breakage faults[] = {
      {"empty", [](const fs::path& file) { write_file(file, ""); }},
      {"broken JSON",
       [](const fs::path& file) { write_file(file, "{\"time\": \"2026-\n[[[\n\"x"); }},
      {"JSON of another kind",
       [](const fs::path& file) { write_file(file, "[1, null]\n{}\n3\n"); }},
      {"noise", [](const fs::path& file) { write_noise(file, 1 << 16); }},
      {"a gigabyte", [](const fs::path& file) { write_gigabyte(file, "{}\n"); }},
      {"a directory", [](const fs::path& file) { fs::create_directories(file / "x"); }},
      {"a link to nowhere", [](const fs::path& file) { fs::create_symlink("/proc/nosuch", file); }},
      {"a FIFO", [](const fs::path& file) { REQUIRE(mkfifo(file.c_str(), 0600) == 0); }},
  };
  Bed bed(gos().back());
  const fs::path state = bed.home / ".local/state/gomend";
  // Whatever there is after each command has done what it can do.
  (void)bed.companion({"verify"});
  fs::remove(bed.app / "go.sum");
  (void)bed.gomend({"build", "./..."});
  std::vector<std::string> names = {"journal.jsonl", "advice.json", "config.json",
                                    "installed.json"};
  for (const auto& entry : fs::directory_iterator(state)) {
    if (std::ranges::find(names, entry.path().filename().string()) == names.end())
      names.push_back(entry.path().filename().string());
  }
  for_each_command([&](const CommandRow& row) {
    for (const Breakage& fault : faults) {
      remove_tree(state);
      fs::create_directories(state);
      fs::permissions(state, fs::perms{0700});
      for (const std::string& name : names) fault.make(state / name);
      const Ran ran = run_bounded(bed, plain(row), {});
      INFO(fault.name << joined(plain(row)) << ran.text());
      check_end(row, ran);
    }
  });
}

TEST_CASE("bad input: a home that is none, can't be written, or is not there", "[e2e]") {
  Bed bed(gos().back());
  write_file(bed.tmp / "file", "");
  const Env homes[] = {
      {{"HOME", (bed.tmp / "file").string()}},
      {{"HOME", "/proc/nosuch/home"}},
      {{"HOME", ""}},
      {{"HOME", "relative"}},
      {{"HOME", "/proc/1"}},
      {{"HOME", bed.home.string() + "/with\na newline"}},
      {{"XDG_STATE_HOME", "/dev/null"},
       {"XDG_CONFIG_HOME", "/dev/null"},
       {"XDG_DATA_HOME", "/dev/null"},
       {"XDG_CACHE_HOME", "/dev/null"}},
  };
  for_each_command([&](const CommandRow& row) {
    for (const Env& home : homes) {
      const Ran ran = run_bounded(bed, plain(row), {.env = home});
      INFO(home.begin()->first << "=" << home.begin()->second << joined(plain(row)) << ran.text());
      check_end(row, ran);
    }
  });
}

TEST_CASE("bad input: no go, a directory that is gone, caches that are none", "[e2e]") {
  Bed bed(gos().back());
  write_file(bed.tmp / "file", "");
  write_noise(bed.tmp / "noise-go", 5000);
  fs::permissions(bed.tmp / "noise-go", fs::perms{0755});
  const Env surroundings[] = {
      {{"PATH", "/proc/nosuch"}, {"GOROOT", ""}},
      {{"GOMEND_REAL_GO", (bed.tmp / "noise-go").string()}},
      {{"GOMEND_REAL_GO", "/bin/true"}},
      {{"GOMEND_REAL_GO", "/bin/false"}},
      {{"GOMODCACHE", (bed.tmp / "file").string()}},
      {{"GOMODCACHE", "/proc/nosuch/mod"}, {"GOCACHE", "/proc/nosuch/build"}},
      {{"GOCACHE", "off"}},
      {{"GOFLAGS", "-mod=\n"}},
  };
  for_each_command([&](const CommandRow& row) {
    for (const Env& env : surroundings) {
      const Ran ran = run_bounded(bed, plain(row), {.env = env});
      INFO(env.begin()->first << "=" << env.begin()->second << joined(plain(row)) << ran.text());
      check_end(row, ran);
    }
    Args gone = plain(row);
    gone.insert(gone.begin(), {"/bin/sh", "-c", "mkdir gone; cd gone; rmdir ../gone; exec \"$@\"",
                               "sh", gomend_binary});
    const Ran ran = run(gone, {.env = bed.env, .cwd = bed.tmp});
    INFO("a directory that is gone" << joined(plain(row)) << ran.text());
    check_end(row, ran);
  });
}

}  // namespace tests
