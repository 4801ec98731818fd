#pragma once
// Whose name may go where, and what may be fetched. One question, one answer, for all who fetch:
// repairs, second tries, clones, `gomend diff`, `evict --refetch`, `fix --gosum`, `verify
// --repair`. A function of values: the caller asks the source that it is given, alone, says what
// that one answered, and asks here again.
//
// The rules:
//  - Only what the build list or the command line holds is fetched, or what go, in a command that
//    looks for versions, has itself just named; never what is named by text alone.
//  - A name that plain go asks nowhere (replaced, the main module, a workspace's, excluded, a line
//    of go.sum that nothing leads to, anything when packages come from vendor) goes nowhere.
//  - Behind a comma in GOPROXY nothing is asked unless the source before it said "not found". Only
//    an outage (or wrong bytes) of a source that is known to be public is passed by, and that not
//    for a module that GOPRIVATE covers. A decision is final. A pipe is the user's word that
//    anything may be passed by.
//  - GOMEND_FALLBACK is asked only for what is public for all that is known: the list begins with a
//    known public source, which did not say "not found" and refuses nothing, and no other source of
//    the list may be the one that has it; never for what is somebody's own work here.
//
// Source of truth for the list: `go help goproxy`, cmd/go/internal/modfetch/proxy.go (TryProxies).

#include <cstddef>
#include <string>
#include <vector>

#include "recovery/policy/answer.hpp"

namespace recovery::policy {

// How a module version came to be spoken of.
enum class Named {
  build_list,     // by go.mod, go.work or go.sum
  command_line,   // by the user, for this command
  gos_own_words,  // by go, while it looked for versions, before anything of the user's had run
  text_only,
};

// What plain go makes of it in this project.
enum class Standing {
  ordinary,
  replaced,  // by a directory or another module (the other one is ordinary)
  own,       // the main module, or one of the workspace
  excluded,
  own_older,      // a version of one of these that something requires: plain go asks at times
  stale,          // a line of go.sum that no requirement leads to
  stale_version,  // the same, of a module that is required in another version
  unsettled,      // such a line, while a go.mod is missing that may lead to it
  vendored,       // nothing comes from the module cache
};

enum class Privacy { none, by_goprivate, by_gonoproxy };

struct Listed {
  enum class Kind { known_public, unknown, directory, direct, off };
  std::string entry;  // as in GOPROXY
  Kind kind = Kind::unknown;
  bool is_piped = false;  // "|" stands behind it
  Answer answer = Answer::not_asked;
};

struct Question {
  Named named = Named::text_only;
  Standing standing = Standing::ordinary;
  Privacy privacy = Privacy::none;
  std::vector<Listed> own;  // GOPROXY; where GONOPROXY covers the module: `direct` alone
  std::vector<Listed> fallback;
};

enum class Why {
  may_ask,  // there is a source
  has_it,   // one gave it
  named_by_text_only,
  replaced,
  own_module,
  excluded,
  stale,
  unsettled,
  vendored,
  refused,    // `at` decided
  comma,      // `at` is down, or gives wrong bytes; the comma behind it forbids the next
  off,        // GOPROXY=off
  exhausted,  // each that may be asked was
};

struct Next {
  enum class List { none, own, fallback };
  List list = List::none;
  std::size_t at = 0;  // in that list; for refused and comma: in `own`
  Why why = Why::may_ask;
  bool as_plain_go = true;  // plain go would ask it too, after these answers
};

// The next source for one module.
Next next_source(const Question& question);

// May anybody at all be asked for it? May_ask, or why not.
Why may_ask(const Question& question);

// GOPROXY for one run of a whole command, after an outage of the source that the list begins with
// (behind directories that a pipe follows), for what nobody can list ahead: the user's list with
// that source's comma as a pipe, or without it (`is_hopeless`); the fallbacks only in the place of
// a list that holds nothing else. Empty: that source is not known to be public, or there is no
// other.
std::string list_for_whole_command(const std::vector<Listed>& own,
                                   const std::vector<Listed>& fallback, bool is_hopeless);

// "https://a,b|direct" as go reads it: blanks and empty entries dropped, nothing behind `direct`
// and `off`. Kinds but for known_public are told by the entry.
std::vector<Listed> listed(std::string_view goproxy);

}  // namespace recovery::policy
