#pragma once
// What a log that was made elsewhere tells: the story, what heals it, and the command, from the
// text alone. For `gomend explain`. Advice on this machine's own failures rests on evidence
// (recovery/advice.hpp); here nobody's disk can be looked at, and each story says what to look at
// first.
//
// To add a class: a row in explanation.cpp; a test sees to it that each class of the rules has one.
// Example: {"cache/zip-corrupt", "evict", "example.com/a", "v1.0.0", …, "gomend evict
// example.com/a@v1.0.0"}

#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"

namespace recovery {

struct Explanation {
  std::string class_id =
      "none";                    // of the taxonomy; "none": no fault of caches, sources or settings
  std::string remedy = "none";   // "evict", "redownload", "proxy-fallback", "retry", "advise"
  std::vector<std::string> may;  // other remedies that the same words have been known to need
  std::string module, version;   // where the log names them in a well-formed way
  std::string story;             // what happened, in a sentence
  std::string heals;             // what would heal it
  std::string command;           // to type next; empty if no command does
  std::string line;              // of go's, the first of its message
  bool is_healed_by_shim = false;  // gomend under the name go mends it by itself, if it can be

  // One line: "…; next: …".
  std::string advice() const;
};

// `all` as diagnose() gives it, the root cause first; empty is fine.
Explanation explain(const std::vector<patterns::Diagnosis>& all);

bool has_story(const std::string& class_id);

}  // namespace recovery
