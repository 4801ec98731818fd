#pragma once
// The command line of one command, read by its row in the table. What it does not know is a Misuse,
// which the companion turns into one line and exit status 2.
//
// Example: const Chosen chosen = parse("explain", arguments); chosen.has("json")

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "shim/commands/table.hpp"

namespace shim {

// A question that can't be answered as it was asked: a wrong option, a file that can't be read.
class Misuse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Chosen {
  std::map<std::string, std::string, std::less<>> options;  // a switch has ""; the last one counts
  std::vector<std::string> words;                           // what is no option

  bool has(std::string_view name) const { return options.contains(name); }
  std::string value(std::string_view name, std::string otherwise = "") const {
    const auto found = options.find(name);
    return found == options.end() ? otherwise : found->second;
  }
};

// Throws Misuse; also when there are more than `most_words` words.
Chosen parse(std::string_view command, const Arguments& arguments, std::size_t most_words);

}  // namespace shim
