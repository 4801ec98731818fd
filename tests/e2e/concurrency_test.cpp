// Many commands share one cache: everybody is served, each broken artefact is fetched once, and
// nobody meets a hole while it is put right.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/witness.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const Args list = {"list", "-deps", "./..."};

void break_three(const Bed& bed) {
  damage(bed.zip(alpha), "half");
  remove_tree(bed.tree(alpha));
  damage(bed.download(required_modules().at(2), ".mod"), "garbage");
  damage(bed.tree(required_modules().at(5)), "emptied");
}

// Runs `how_many` of it at once; the outputs of those that failed.
std::string failures_of(int how_many, const std::function<Ran()>& run) {
  std::mutex mutex;
  std::string failures;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < how_many; ++i) {
      threads.emplace_back([&] {
        const Ran ran = run();
        const std::lock_guard lock(mutex);
        if (ran.code() != 0) failures += ran.text() + "\n";
      });
    }
  }
  return failures;
}

std::map<std::string, int> zips_asked_for(const Bed& bed) {
  std::map<std::string, int> zips;
  for (const Request& request : bed.proxy.log()) {
    if (request.path.ends_with(".zip")) ++zips[request.path];
  }
  return zips;
}

}  // namespace

TEST_CASE("32 commands at once on one damaged cache all succeed, and each zip is fetched once",
          "[e2e]") {
  Bed bed(gos().back());
  break_three(bed);
  REQUIRE(bed.go(list).code() != 0);
  bed.proxy.clear_log();
  const Witness witness(bed);
  CHECK(failures_of(32, [&] { return bed.gomend(list); }) == "");
  INFO(bed.proxy.log_text());
  for (const auto& [zip, times] : zips_asked_for(bed)) CHECK(times == 1);
  CHECK(witness.changes() == "");
  CHECK(bed.go({"mod", "verify"}).code() == 0);
}

TEST_CASE("gomends and plain gos race, and the cache is sound in the end", "[e2e]") {
  Bed bed(gos().back());
  break_three(bed);
  std::atomic<int> turn = 0;
  std::atomic<int> gomends_failed = 0;
  failures_of(12, [&] {
    if (turn++ % 3 == 2) return bed.go(list);
    Ran ran = bed.gomend(list);
    if (ran.code() != 0) ++gomends_failed;
    return ran;
  });
  CHECK(gomends_failed == 0);
  CHECK(bed.go({"build", "./..."}).code() == 0);
  CHECK(bed.go({"mod", "verify"}).code() == 0);
}

TEST_CASE("who reads a module while it is mended meets no hole", "[e2e]") {
  Bed bed(gos().back());
  const fs::path sound = bed.tree(alpha) / "alpha.go";
  REQUIRE(fs::exists(sound));
  damage(bed.tree(alpha) / "inner/inner.go", "deleted");
  std::atomic<bool> done = false;
  std::atomic<int> holes = 0;
  std::atomic<int> reads = 0;
  std::jthread reader([&] {
    while (!done) {
      for (const fs::path& file : {sound, bed.zip(alpha), bed.download(alpha, ".mod")}) {
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
          ++holes;
        else
          ::close(fd);
        ++reads;
      }
    }
  });
  const Ran ran = bed.gomend({"build", "./..."});
  done = true;
  reader.join();
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(holes == 0);
  CHECK(reads > 10);
}

}  // namespace tests
