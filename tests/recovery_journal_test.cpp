// The journal is the user's own, and nobody else's.

#include "recovery/journal.hpp"

#include <sys/stat.h>

#include "tests/bed/files.hpp"
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
          "replaced",
          "b.example",
          "/m",
          "20260102T030405Z-1",
          {"cache/download/x"}};
}

}  // namespace

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
  if (::geteuid() != 0) return;
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

}  // namespace tests
