#pragma once
// What a log that was made elsewhere tells: the summary, what fix it, and the command, from the
// text alone. For `gomend explain`. Advice on this machine's own failures rests on evidence
// (recovery/advice/advice.hpp); here nobody's disk can be looked at, and each summary says what to
// look at first.
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
  std::string summary;           // what happened, in a sentence
  std::string fix;               // what fixes it
  std::string command;           // to type next; empty if no command does
  std::string line;              // of go's, the first of its message
  bool is_repaired_by_shim = false;  // gomend under the name go mends it by itself, if it can be

  // One line: "…; run: …".
  std::string advice() const;
};

// `all` as diagnose() gives it, the root cause first; empty is fine.
Explanation explain(const std::vector<patterns::Diagnosis>& all);

bool has_summary(patterns::FailureClass failure);

}  // namespace recovery
