#pragma once
// What recover() has found and done, in words for the user and as data for who prints JSON.

#include <string>
#include <vector>

#include "recovery/policy/acting.hpp"

namespace recovery {

// A source could not be reached, or broke off, and may give it after a while.
struct Outage {
  bool is_there = false;
  std::string complaint;      // "proxy.example.com: connection refused"
  bool is_on_network = true;  // false: the source is on this machine
  std::size_t came = 0;       // modules that have come into the cache, this time
  std::size_t lacking = 0;    // that the build needs, and the cache lacks still
  std::size_t all = 0;        // that the build needs
  std::size_t files = 0;      // in cache/download: more than before means that go gets on
};

struct Outcome {
  enum class Kind {
    nothing,   // not ours, or nothing found: end as go did, say nothing
    advice,    // only a person can repair it: say the words, end as go did
    repaired,  // the disk has changed for the better: say the words, run again if no user code has
               // started
  };
  Kind kind = Kind::nothing;
  std::string class_id;            // what go's words were taken for; empty: nothing was recognised
  std::vector<std::string> words;  // without the "gomend: " in front; one line each
  std::string next;                // the command that the advice names, or empty
  std::vector<std::string>
      annotations;        // the same without private modules' names and passwords, for ::notice
  struct Item {           // the same, taken apart, for who wants data: `gomend verify --json`
    std::string subject;  // "example.com/a@v1.0.0"
    std::string what;     // "cached zip is corrupt (checksum does not match go.sum)"
    std::string done;     // "downloaded again"
    bool is_repaired = false;
    bool is_unknown = false;  // the system could not tell what is there
    std::string next = {};    // the command that the advice names, or empty
  };
  std::vector<Item> items;
  std::vector<std::string> complaints;  // about gomend's own settings; said with the words, if any
  acting::Evidence evidence = acting::Evidence::none;  // mended: what for
  bool repaired_damage = false;  // something that was broken on the disk is sound: only then may
                                 // anyone be told that the same command works now
  std::vector<std::string> retry_env;  // NAME=VALUE, for the retry alone
  Outage outage;
};

}  // namespace recovery
