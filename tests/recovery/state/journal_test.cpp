// The journal is the user's own, and nobody else's.

#include "recovery/state/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>

#include "recovery/os/fd.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/machine.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::JournalEntry;
using recovery::read_journal;
using recovery::write_journal;

std::vector<std::string> state_in(const fs::path& dir) {
  return {"HOME=/nonexistent", "XDG_STATE_HOME=" + dir.string()};
}

mode_t mode_of(const fs::path& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
}

JournalEntry entry_of(const std::string& module) {
  return {"",
          module,
          "cache/zip-corrupt",
          {"it is damaged", "\"so\xff\nto say"},
          "downloaded from b.example",
          "b.example",
          "/m",
          "20260102T030405Z-1",
          {"cache/download/x"},
          recovery::RepairAction::downloaded};
}

}  // namespace

TEST_CASE("a lock of the journal that is kept for ever costs a moment (issue 15.18)",
          "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/a@v1.0.0"));
  const recovery::Fd kept(
      ::open((dir.path() / "gomend/journal.jsonl").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::flock(kept.get(), LOCK_EX) == 0);  // as by a gomend that was stopped
  const auto begin = std::chrono::steady_clock::now();
  write_journal(env, entry_of("x.y/b@v1.0.0"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  CHECK(read_journal(env).size() == 2);
}

TEST_CASE("a repair is a line in the journal", "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path() / "deep/state");
  CHECK(read_journal(env).empty());
  const mode_t old = ::umask(0);
  write_journal(env, entry_of("x.y/a@v1.0.0"));
  ::umask(old);
  write_journal(env, entry_of("x.y/b@v1.0.0"));
  const auto entries = read_journal(env);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].module == "x.y/a@v1.0.0");
  CHECK(entries[1].module == "x.y/b@v1.0.0");
  CHECK(entries[0].time.size() == 20);
  CHECK(entries[0].action == recovery::RepairAction::downloaded);
  CHECK(entries[0].findings ==
        std::vector<std::string>{"it is damaged", "\"so\xef\xbf\xbd\nto say"});
  CHECK(entries[0].replaced == std::vector<std::string>{"cache/download/x"});
  CHECK(entries[0].quarantine == "20260102T030405Z-1");
  CHECK(mode_of(dir.path() / "deep/state/gomend") == 0700);
  CHECK(mode_of(dir.path() / "deep/state/gomend/journal.jsonl") == 0600);
}

TEST_CASE("a state directory that others can read is not written to", "[recovery]") {
  const TempDir dir;
  fs::create_directory(dir.path() / "gomend");
  fs::permissions(dir.path() / "gomend", fs::perms{0755});
  write_journal(state_in(dir.path()), entry_of("x.y/a@v1.0.0"));
  CHECK(fs::is_empty(dir.path() / "gomend"));
}

TEST_CASE("a state directory or journal that is a link is not followed", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "victim", "");
  fs::create_directory(dir.path() / "elsewhere");
  fs::permissions(dir.path() / "elsewhere", fs::perms{0700});
  fs::create_directory_symlink("elsewhere", dir.path() / "gomend");
  write_journal(state_in(dir.path()), entry_of("x.y/a@v1.0.0"));
  CHECK(fs::is_empty(dir.path() / "elsewhere"));
  fs::remove(dir.path() / "gomend");
  fs::create_directory(dir.path() / "gomend");
  fs::permissions(dir.path() / "gomend", fs::perms{0700});
  fs::create_symlink("../victim", dir.path() / "gomend/journal.jsonl");
  write_journal(state_in(dir.path()), entry_of("x.y/a@v1.0.0"));
  CHECK(read_file(dir.path() / "victim").empty());
}

TEST_CASE("root leaves nothing in a home that is not his", "[recovery]") {
  if (::geteuid() != 0) return skip("needs root");
  const TempDir dir;
  if (::chown(dir.path().c_str(), 1234, 1234) != 0) return;
  write_journal(state_in(dir.path() / "state"), entry_of("x.y/a@v1.0.0"));
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("without a home there is no journal", "[recovery]") {
  for (const std::vector<std::string>& env :
       {std::vector<std::string>{}, {"HOME="}, {"HOME=relative", "XDG_STATE_HOME=too"}}) {
    CHECK(recovery::state_dir(env).empty());
    write_journal(env, entry_of("x.y/a@v1.0.0"));
    CHECK(read_journal(env).empty());
  }
  const TempDir home;
  const std::string set = "HOME=" + home.path().string();
  CHECK(recovery::state_dir({set, "XDG_STATE_HOME=relative"}) ==
        home.path() / ".local/state/gomend");
  CHECK(recovery::state_dir({set + "/no-such"}).empty());  // it is not for us to make one
}

TEST_CASE("a journal that has grown too large loses its older half", "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/first@v1.0.0"));
  const fs::path file = dir.path() / "gomend/journal.jsonl";
  const std::string line = read_file(file);
  std::string text;
  while (text.size() < (4U << 20) + 10) text += line;
  write_file(file, text);
  write_journal(env, entry_of("x.y/last@v1.0.0"));
  const std::string rest = read_file(file);
  CHECK(rest.size() < text.size() * 6 / 10);
  CHECK(rest.starts_with("{"));
  const auto entries = read_journal(env);
  CHECK(entries.back().module == "x.y/last@v1.0.0");
  CHECK(entries.front().module == "x.y/first@v1.0.0");
}

TEST_CASE("lines that are no entries are passed over", "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/a@v1.0.0"));
  const fs::path file = dir.path() / "gomend/journal.jsonl";
  write_file(file, "[]\n\n{\"module\":7,\"findings\":\"x\"}\nnull\n" + read_file(file) +
                       "{\"module\":\"torn");
  const auto entries = read_journal(env);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].module == "x.y/a@v1.0.0");
  CHECK(recovery::open_journal(env).broken_lines >= 4);
}

TEST_CASE("a line of the journal's first version is read, its action from its words",
          "[recovery]") {
  using recovery::RepairAction;
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/new@v1.0.0"));
  const fs::path file = dir.path() / "gomend/journal.jsonl";
  CHECK(read_file(file).starts_with("{\"v\":2,\"time\":"));
  write_file(file, R"({"time":"2026-01-02T03:04:05Z","module":"x.y/a@v1.0.0","class":"c/d",)"
                   R"("findings":["f"],"done":"restored from the cached zip","source":"",)"
                   R"("cache":"/m","quarantine":"q","replaced":["r"]})"
                   "\n" +
                       read_file(file) +
                       R"({"v":3,"time":"t","action":"of the future","done":"replaced"})"
                       "\n");
  const auto entries = read_journal(env);
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].action == RepairAction::extracted);
  CHECK(entries[0].done == "restored from the cached zip");
  CHECK(entries[0].replaced == std::vector<std::string>{"r"});
  CHECK(entries[1].action == RepairAction::downloaded);
  CHECK(entries[2].action == RepairAction::none);  // data goes first: its words are not read
}

TEST_CASE("each action of a repair has a code of its own, and words but for none", "[recovery]") {
  using recovery::RepairAction;
  std::set<std::string> codes;
  for (int i = 0; i <= static_cast<int>(RepairAction::index_disabled); ++i) {
    const auto action = static_cast<RepairAction>(i);
    CHECK(recovery::action_of(recovery::code_of(action)) == action);
    CHECK(codes.insert(std::string(recovery::code_of(action))).second);
    CHECK(recovery::words_of(action).empty() == (action == RepairAction::none));
  }
  CHECK(recovery::words_of(RepairAction::downloaded, "m.example") == "downloaded from m.example");
}

TEST_CASE("a line that was torn does not swallow the next (issue 15.23)", "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/a@v1.0.0"));
  const fs::path file = dir.path() / "gomend/journal.jsonl";
  const std::string whole = read_file(file);
  std::ofstream(file, std::ios::app) << whole.substr(0, whole.size() / 2);
  write_journal(env, entry_of("x.y/b@v1.0.0"));
  write_journal(env, entry_of("x.y/c@v1.0.0"));
  const recovery::Journal journal = recovery::open_journal(env);
  REQUIRE(journal.entries.size() == 3);
  CHECK(journal.entries[1].module == "x.y/b@v1.0.0");
  CHECK(journal.broken_lines == 1);
}

TEST_CASE("of a line that can't be written whole nothing stays", "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/a@v1.0.0"));
  const fs::path file = dir.path() / "gomend/journal.jsonl";
  const std::string before = read_file(file);
  rlimit old = {};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{before.size() + 20, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  write_journal(env, entry_of("x.y/b@v1.0.0"));
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(read_file(file) == before);
}

TEST_CASE("a journal that can't be shortened is kept as it is", "[recovery]") {
  const TempDir dir;
  const auto env = state_in(dir.path());
  write_journal(env, entry_of("x.y/a@v1.0.0"));
  const fs::path file = dir.path() / "gomend/journal.jsonl";
  const std::string line = read_file(file);
  std::string large;
  while (large.size() <= (4 << 20)) large += line;
  std::ofstream(file, std::ios::trunc) << large;
  fs::create_directories(dir.path() / "gomend/journal.jsonl.new/in the way");
  write_journal(env, entry_of("x.y/b@v1.0.0"));
  CHECK(read_file(file).starts_with(large));
  CHECK(read_journal(env).back().module == "x.y/b@v1.0.0");
  fs::remove_all(dir.path() / "gomend/journal.jsonl.new");
  write_journal(env, entry_of("x.y/c@v1.0.0"));
  const std::size_t size = fs::file_size(file);
  CHECK(size < large.size() * 2 / 3);
  CHECK(size > large.size() / 3);
  CHECK(read_journal(env).back().module == "x.y/c@v1.0.0");
  CHECK(mode_of(file) == 0600);
}

}  // namespace tests
