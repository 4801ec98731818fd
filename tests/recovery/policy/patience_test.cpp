// How long an outage is waited out: what the user has set, and the waits one after the other.

#include "recovery/policy/patience.hpp"

#include <vector>

#include "tests/catch.hpp"

using namespace recovery::policy;
using namespace std::chrono_literals;

namespace {

std::vector<long long> waits(Patience patience, double dice) {
  std::vector<long long> all;
  while (const auto wait = patience.next_wait(dice)) all.push_back(wait->count());
  return all;
}

}  // namespace

TEST_CASE("patience: on a terminal, in CI, offline, and as it is set") {
  struct Row {
    Circumstances circumstances;
    Milliseconds patience;
  };
  const Row rows[] = {
      {{}, 30s},
      {{.is_ci = true}, 150s},
      {{.is_offline = true}, 3s},
      {{.is_ci = true, .is_offline = true}, 3s},
      {{.set_seconds = 0}, 0s},
      {{.set_seconds = 0, .is_ci = true}, 0s},
      {{.set_seconds = 600}, 600s},
      {{.set_seconds = 600, .is_offline = true}, 3s},
      {{.set_seconds = 1, .is_offline = true}, 1s},
  };
  for (const Row& row : rows) CHECK(patience_of(row.circumstances) == row.patience);
}

TEST_CASE("patience: the waits grow to 15 s, and end with it") {
  CHECK(waits(Patience(60s), 0.5) ==
        std::vector<long long>{500, 1000, 2000, 4000, 8000, 15000, 15000, 14500});
  CHECK(waits(Patience(3s), 0.5) == std::vector<long long>{500, 1000, 1500});
  CHECK(waits(Patience(0s), 0.5).empty());
  CHECK(waits(Patience(2s), 0) == std::vector<long long>{350, 700, 950});
  CHECK(waits(Patience(2s), 1) == std::vector<long long>{650, 1300, 50});
}

TEST_CASE("patience: what asking in vain takes counts, and whatever comes renews it") {
  Patience patience(10s);
  patience.next_wait(0.5);
  patience.spend(9s);
  CHECK(patience.left() == 500ms);
  patience.something_came();
  CHECK(patience.left() == 10s);
  CHECK(patience.next_wait(0.5) == 500ms);
  patience.spend(20s);
  CHECK(patience.left() == 0s);
  CHECK(patience.next_wait(0.5) == std::nullopt);
}
