// What a source that fails now and then does to a project of three hundred modules on empty caches:
// plain go, and gomend. The table that tests/bench/availability prints.
//
//   GOMEND_AVAILABILITY_RUNS=50 tests/bench/availability ['a row']

#include <cstdlib>
#include <functional>
#include <iomanip>
#include <iostream>

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"
#include "tests/e2e/many.hpp"

namespace tests {
namespace {

struct Scenario {
  std::string name;
  Fault fault;
  std::string of = {};  // "sumdb": the fault is the checksum database's
  int least_percent = 99;
  double most_requests = 0;  // times those of a sound run; 0: not told
};

const Scenario scenarios[] = {
    {"1 % reset", {.kind = "reset", .percent = 1}},
    {"1 % 503", {.kind = "status", .status = 503, .percent = 1}},
    {"1 % cut off", {.match = "zip$", .kind = "drop", .bytes = 20, .percent = 1}},
    {"1 % cut silently", {.match = "zip$", .kind = "truncate", .bytes = 20, .percent = 1}},
    {"5 % reset", {.kind = "reset", .percent = 5}},
    {"database 5 %", {.kind = "status", .status = 502, .percent = 5}, "sumdb"},
    {"away for 10 s (503)", {.kind = "status", .status = 503, .seconds = 10}},
    {"away for 10 s (reset)", {.kind = "reset", .seconds = 10}},
    {"100 a second (429)", {.kind = "status", .status = 429, .spares = 100}, "", 99, 1.5},
};

struct Job {
  std::string name;
  Args args;
  bool without_go_sum = false;
};

const Job jobs[] = {
    {"download", {"mod", "download"}},
    {"build", {"build", "-o", "/dev/null", "."}},
    {"test", {"test", "./..."}},
    {"list", {"list", "-deps", "./..."}},
    {"vet", {"vet", "./..."}},
    {"tidy", {"mod", "tidy"}, true},
    {"build without go.sum", {"build", "-mod=mod", "-o", "/dev/null", "."}, true},
};

int runs() {
  const char* value = std::getenv("GOMEND_AVAILABILITY_RUNS");
  return value == nullptr ? 1 : std::atoi(value);
}

struct Counted {
  int succeeded = 0;
  std::size_t requests = 0;
  double seconds = 0;
};

class Bench {
 public:
  Bench() : many_(gos().back()), database_(many_.bed.proxy.sumdb()) {
    many_.bed.env["GOPROXY"] = many_.bed.proxy.secure_url();
    many_.bed.env["SSL_CERT_FILE"] = certificate().string();
    many_.bed.env["CI"] = "true";
    many_.bed.env.erase("GOMEND_PATIENCE");
    go_sum_ = read_file(many_.bed.app / "go.sum");
  }

  Counted count(const Scenario& scenario, const Job& job, bool with_gomend) {
    Counted counted;
    Bed& bed = many_.bed;
    bed.env["GOSUMDB"] = scenario.of == "sumdb" ? database_.with_url() : "off";
    for (int i = 0; i < runs(); ++i) {
      bed.proxy.clear();
      database_.clear();
      many_.empty_cache();
      write_file(bed.app / "go.sum", job.without_go_sum ? "" : go_sum_);
      if (scenario.of == "sumdb")
        database_.fault(scenario.fault);
      else
        bed.proxy.fault(scenario.fault);
      const Ran ran = with_gomend ? bed.gomend(job.args, {.limit = std::chrono::seconds(300)})
                                  : bed.go(job.args);
      counted.succeeded += ran.code() == 0 ? 1 : 0;
      counted.requests += bed.proxy.log().size();
      counted.seconds = std::max(counted.seconds, ran.seconds);
      if (with_gomend && ran.code() != 0 && std::getenv("GOMEND_AVAILABILITY_SAY") != nullptr)
        std::cout << ran.text() << "\n";
    }
    return counted;
  }

 private:
  Many many_;
  Sumdb database_;
  std::string go_sum_;
};

}  // namespace

TEST_CASE("what a source that fails does to three hundred modules", "[.long][availability-table]") {
  Bench bench;
  std::cout << std::left << std::setw(24) << "fault" << std::setw(22) << "command"
            << "plain go        gomend          longest  requests\n";
  const char* row = std::getenv("GOMEND_TEST_ROW");
  for (const Scenario& scenario : scenarios) {
    for (const Job& job : jobs) {
      if (scenario.of == "sumdb" && !job.without_go_sum) continue;
      const std::string name = scenario.name + " " + job.name;
      if (row != nullptr && name.find(row) == std::string::npos) continue;
      const Counted plain = bench.count(scenario, job, false);
      const Counted gomend = bench.count(scenario, job, true);
      std::cout << std::setw(24) << scenario.name << std::setw(22) << job.name << std::setw(16)
                << (std::to_string(plain.succeeded) + " of " + std::to_string(runs()))
                << std::setw(16)
                << (std::to_string(gomend.succeeded) + " of " + std::to_string(runs()))
                << std::fixed << std::setprecision(1) << std::setw(9) << gomend.seconds
                << gomend.requests / static_cast<std::size_t>(runs()) << std::endl;
      INFO(name);
      CHECK(100 * gomend.succeeded >= scenario.least_percent * runs());
    }
  }
}

}  // namespace tests
