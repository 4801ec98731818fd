#pragma once
// What go keeps of the checksum database: answers it has cached, GOMODCACHE/cache/download/sumdb/DB
// (lookup/M@V, tile/8/L/N), which it trusts to be whole and never fetches again; and the signed
// tree head it has seen last, GOPATH/pkg/sumdb/DB/latest, which is the memory that shows a fork.
//
// A cached answer is proven wrong by fetching it anew beside it: go itself verifies what comes
// against the user's own tree head, and only what then differs is replaced. The tree head is never
// written: what is wrong with it is said. A fork is an alarm, and nothing is repaired then.
//
// Source of truth: cmd/go/internal/modfetch/sumdb.go, golang.org/x/mod/sumdb/{client,tlog,note}.

#include <string>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/os/root.hpp"
#include "recovery/settings/request.hpp"
#include "recovery/settings/settings.hpp"
#include "recovery/state/repair_action.hpp"

namespace recovery {

struct SumdbMended {
  bool changed = false;
  std::vector<std::string> findings;
  RepairAction action = RepairAction::none;
  std::string advice;  // what only a person can repair
  std::string next;    // and the command for it
  std::vector<std::string> replaced;
  std::string quarantine;

  [[nodiscard]] std::string done() const { return words_of(action); }
};

bool points_at_sumdb_state(const std::vector<patterns::Diagnosis>& diagnoses);

// The database shows two histories: go's SECURITY ERROR.
bool is_fork(const std::vector<patterns::Diagnosis>& diagnoses);

SumdbMended repair_sumdb_state(const std::vector<patterns::Diagnosis>& diagnoses, const Root& cache,
                               const Settings& settings, const Request& request);

// Nothing has failed: what is malformed among the cached answers; go fetches them again once they
// are gone. Works offline.
SumdbMended verify_sumdb_state(const Root& cache, const Settings& settings, const Request& request,
                               bool look_only);

std::string sumdb_name(const Settings& settings);  // "sum.example.org"; empty: there is none

// "go.sum database tree\n<size>\n<hash>\n\n— <name> <signature>\n"
bool is_tree_head(std::string_view note);
// "<id>\nM V h1:…\nM V/go.mod h1:…\n\n" and a tree head
bool is_lookup(std::string_view record);

}  // namespace recovery
