#pragma once
// What go said, put into words that a program can use: the value that goes from the text (patterns)
// to the disk (recovery). It says where to look, never what is wrong: "checksum mismatch" is at
// least five stories, and stderr is text that anyone can print. Nothing here is trusted: module,
// version and path are raw captures, to be parsed by recovery (ModuleVersion::parse, paths beneath
// the cache's root) or thrown away.
//
// Example: class_id "cache/zip-corrupt", rule "unzip", remedy evict,
//          path "/home/me/go/pkg/mod/cache/download/example.com/a/@v/v1.0.0.zip".

#include <string>
#include <string_view>
#include <vector>

#include "patterns/failure_class.hpp"
#include "patterns/remedy.hpp"
#include "patterns/rule_flag.hpp"

namespace patterns {

struct Diagnosis {
  // Of the taxonomy; Family::other means hands off. The id is for people, JSON and the journal:
  // "checksum/gosum-mismatch".
  FailureClass failure = FailureClass::none;
  std::string class_id = {};
  std::string rule = {};  // the rule's name within its file, for traces
  RuleFlags flags = {};   // what else the rule knows

  // What it mostly needs, and what else the same words have been known to need. The disk decides.
  Remedy remedy = Remedy::none;
  std::vector<Remedy> may = {};
  std::string advice =
      {};  // of a user's own rule: what to say; {module} and its like not filled in

  // Named captures; empty where the rule has none or the line did not say.
  std::string module = {};    // module path, unescaped as go prints it
  std::string version = {};   // "v1.2.3"; or a query such as "latest"
  std::string package = {};   // import path
  std::string path = {};      // a file or directory on disk that go named
  std::string symbol = {};    // "alpha.Extra" of "undefined: alpha.Extra"
  std::string source = {};    // the user's file that the message is about ("pkg/report/report.go")
  std::string host = {};      // host or URL of a source of modules
  std::string expected = {};  // h1 that go.sum or the checksum database holds
  std::string got = {};       // h1 that go computed
  std::string line = {};      // the matched text's first line, at most 1000 bytes

  [[nodiscard]] Family family() const { return family_of(failure); }

  bool operator==(const Diagnosis&) const = default;
};

// Whether the disk is worth a look: one of the remedies is a repair. True also for words that
// mostly are the user's own fault ("undefined: alpha.Extra"), but come from a tree that lost a file
// too.
[[nodiscard]] bool may_be_repaired(const Diagnosis& diagnosis);

// Every distinct thing that `text` (the tail of what go wrote) tells, the root cause first: by rule
// order (first match wins at each place), then by place in the text; what needs no remedy comes
// last. Empty: nothing recognised. Compiles the rules at the first call. Bounded: at most 64
// results, a bound on all work, and text beyond the last 256 KiB is not read. Never throws for any
// content of `text` (NUL, invalid UTF-8, 1 MB lines included).
std::vector<Diagnosis> diagnose(std::string_view text);

}  // namespace patterns
