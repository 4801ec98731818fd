// A build list of three hundred modules: what a source that fails now and then does to it, and what
// the repair of one of them costs.
//
//   GOMEND_AVAILABILITY_BUILDS=100 tests/run '[availability]'    the figures of README.md
//   tests/run '[cost]'

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "recovery/os/trace.hpp"
#include "tests/bed/bed.hpp"
#include "tests/bed/tally.hpp"
#include "tests/catch.hpp"
#include "tests/e2e/many.hpp"

namespace tests {
namespace {

const Args build = {"build", "-o", "/dev/null", "."};

void check_availability(int builds) {
  const Many many(gos().back());
  many.bed.proxy.fault({.kind = "status", .status = 503, .percent = 1});
  int plain = 0, repaired = 0;
  for (int i = 0; i < builds; ++i) {
    many.empty_cache();
    plain += many.bed.go(build).code() == 0 ? 1 : 0;
    many.empty_cache();
    const Ran ran = many.bed.gomend(build);
    repaired += ran.code() == 0 ? 1 : 0;
    if (ran.code() != 0) WARN(ran.text());
  }
  std::cout << "availability: of " << builds << " builds of " << modules
            << " modules, 1 % of the requests refused: plain go " << plain << ", gomend "
            << repaired << "\n";
  CHECK(repaired > plain);
  CHECK(repaired >= builds - builds / 50);
}

template <class Work>
double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Env trace() {
  const char* value = std::getenv("GOMEND_TRACE");
  return value == nullptr ? Env() : Env{{"GOMEND_TRACE", value}};
}

void damage_one(const Bed& bed) {
  const std::string module = name_of(150) + "@v1.0.0";
  damage(bed.zip(module), "half");
  remove_tree(bed.tree(module));
}

}  // namespace

TEST_CASE("a source that fails one request in a hundred stops no build of three hundred modules",
          "[e2e]") {
  check_availability(1);
}

TEST_CASE("many builds from a source that fails one request in a hundred",
          "[.long][availability]") {
  const char* builds = std::getenv("GOMEND_AVAILABILITY_BUILDS");
  check_availability(builds == nullptr ? 100 : std::atoi(builds));
}

TEST_CASE("what the repair of one module in three hundred costs", "[.long][cost]") {
  const Many many(gos().back());
  const Bed& bed = many.bed;
  std::vector<double> ratios;
  for (int round = 0; round < 15; ++round) {
    damage_one(bed);
    const double failed = seconds([&] { CHECK(bed.go(build).code() != 0); });
    fs::remove(bed.zip(name_of(150) + "@v1.0.0"));
    const double download = seconds([&] {
      CHECK(bed.go({"mod", "download", name_of(150) + "@v1.0.0"}).code() == 0);
    });
    const double itself = seconds([&] { CHECK(bed.go(build).code() == 0); });
    damage_one(bed);
    Ran ran;
    const double with = seconds([&] { ran = bed.gomend(build, {.env = trace()}); });
    CHECK(ran.code() == 0);
    if (!trace().empty()) std::cout << ran.err;
    ratios.push_back(with / (failed + download + itself));
    std::cout << "failed " << failed << " s, download " << download << " s, itself " << itself
              << " s; with gomend " << with << " s\n";
  }
  std::ranges::sort(ratios);
  std::cout << "cost: median ratio " << ratios[ratios.size() / 2] << "\n";
  CHECK(ratios[ratios.size() / 2] <= 1.3);
}

}  // namespace tests
