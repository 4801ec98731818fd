#include "tests/bed/tally.hpp"

#include <iostream>
#include <map>

namespace tests {
namespace {

struct Tally {
  std::map<std::string, std::map<std::string, int>> counts;
  ~Tally() {
    for (const auto& [row, kinds] : counts) {
      std::cout << row << ":";
      const char* comma = " ";
      for (const auto& [kind, count] : kinds) {
        std::cout << comma << count << " " << kind;
        comma = ", ";
      }
      std::cout << std::endl;
    }
  }
};

}  // namespace

void tally(const std::string& table, const std::string& go_version, const std::string& kind) {
  static Tally all;
  ++all.counts[table + ", " + go_version][kind];
}

}  // namespace tests
