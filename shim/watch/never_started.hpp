#pragma once
// Which packages of a `go test` have certainly not been started, told from all of its stdout once
// it has ended by itself: go has announced each as not built or not loaded, and go writes a result
// for every one that it has started. Tests can print both: an announcement alone counts for nothing
// (the caller holds the names against go list's), a result counts wherever it stands, in the middle
// of a line, too.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shim/watch/go_test_stream.hpp"

namespace shim {

// Packages that have a result ("ok  \tm/p\t", "FAIL\tm/p\t", "?   \tm/p\t"), anywhere in the text
// that is fed. Costs a search for tabs.
class Results {
 public:
  void feed(std::string_view bytes);
  bool has(const std::string& package) const { return packages_.contains(package); }
  void add(const std::string& package) {  // -json
    if (!are_too_many()) packages_.insert(package);
  }
  bool are_too_many() const { return packages_.size() >= most; }

 private:
  static constexpr std::size_t most = 100'000;
  std::string carry_;  // what may be the beginning of one
  std::set<std::string> packages_;
};

// Of the lines that were held back: packages announced, without a result, and with -json without
// any event but start, announcement and end.
std::vector<std::string> never_started(const std::vector<TestLine>& held, const Results& results,
                                       bool json);

// The held lines without what they say about `packages`, and without go's last "FAIL": what one run
// of the others would have said.
struct Remainder {
  std::string kept;
  std::string dropped;
  bool has_failure = false;  // a package failed that is not among them
};
Remainder without(const std::vector<TestLine>& held, const std::vector<std::string>& packages,
                  bool json);

}  // namespace shim
