#include "tests/bed/witness.hpp"

#include <algorithm>
#include <sstream>

namespace tests {
namespace {

constexpr std::string_view mark = "gomend: ";

std::vector<std::string> lines_of(const std::string& text, bool ours) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(mark) == ours) lines.push_back(ours ? line.substr(mark.size()) : line);
  }
  return lines;
}

}  // namespace

Witness::Witness(const Bed& bed)
    : bed_(bed), app_(snapshot(bed.app)), sumdb_(snapshot(bed.gopath / "pkg/sumdb")) {}

std::string Witness::changes() const {
  const Compare inodes = {.inodes = true};
  return difference(app_, snapshot(bed_.app), inodes) +
         difference(sumdb_, snapshot(bed_.gopath / "pkg/sumdb"), inodes);
}

std::string lost_or_changed(const Snapshot& before, const Snapshot& after, const Compare& compare) {
  std::string told;
  std::istringstream lines(difference(before, after, compare));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("+ ") || line.find("gomend") != std::string::npos) told += line + "\n";
  }
  return told;
}

std::vector<std::string> go_words(const std::string& text) {
  std::vector<std::string> lines = lines_of(text, false);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> gomend_words(const std::string& text) {
  return lines_of(text, true);
}

}  // namespace tests
