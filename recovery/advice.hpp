#pragma once
// The one line for what only a person can mend: what is wrong, and the smallest command that mends
// it. It rests on evidence too: the words of a failed go are held against the disk and the user's
// settings, and a path or name that text gave is put into a command only if it is a plain one.
// Where go's own message names that command, or the fault is the user's own code or flag, there is
// no line.
//
// To add advice for a class: a row in advice.cpp, and the function where its like are
// (advice_project.cpp: go.mod, go.sum, go.work; advice_source.cpp: who has the module;
// advice_toolchain.cpp: which go).

#include <string>
#include <string_view>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/build_list.hpp"
#include "recovery/mend.hpp"

namespace recovery {

// What advice may look at.
struct Circumstances {
  const Request& request;
  const Settings& settings;
  const std::vector<patterns::Diagnosis>& diagnoses;  // at least one; the first is the root cause
  const BuildList& list;
  const Root& cache;
};

// "what is wrong; next: a command", or "what is wrong; no command mends it: …", or nothing.
std::string advice_on(const Circumstances& c);

// No source has the bytes that go.sum wants. Who is right is told by the checksum database: it
// alone saw the module when it was first published. `command`: what would put go.sum right, or "".
std::string checksum_story(const ModuleVersion& m, const Expected& expected,
                           const Mender::Testimony& testimony, const std::string& command);

// With -mod=mod go notes in go.sum what the checksum database has just refuted (tidyGoSum adds
// every hash that was looked up, go1.26 too), and would accept it the next time. Empty: it has not.
bool is_refuted(const patterns::Diagnosis& d);  // d.got is such a hash
std::string refuted_hash_advice(const patterns::Diagnosis& d, const std::string& go_sum,
                                const std::string& command);

// "gomend fix --gosum", if that would do from where the user stands; else empty.
std::string gosum_fix(const Request& request, const Settings& settings);

// Why `path` can't be read or written, and the command that mends it; empty if nothing there
// explains it. `setting` is the variable that leads go elsewhere, `command` what the user typed.
std::string permission_advice(const std::string& path, const std::string& setting = "GOMODCACHE",
                              const std::string& command = "go build ./...");

// Which of these directories lies on a disk that is full; empty if none does.
std::string disk_full_advice(const std::vector<std::string>& directories);

// Letters, digits and what paths of Go's caches consist of: may stand in a command without quotes.
bool is_plain(std::string_view text);

// The checksum database has answered, and has no record of it: asking it again is no use.
bool is_no_record(const patterns::Diagnosis& d);

// --- for the families of advice ---

using Advice = std::string (*)(const Circumstances&, const patterns::Diagnosis&);

std::string gosum_missing(const Circumstances&, const patterns::Diagnosis&);
std::string updates_needed(const Circumstances&, const patterns::Diagnosis&);
std::string replace_missing(const Circumstances&, const patterns::Diagnosis&);
std::string path_mismatch(const Circumstances&, const patterns::Diagnosis&);
std::string ambiguous_import(const Circumstances&, const patterns::Diagnosis&);
std::string parse_error(const Circumstances&, const patterns::Diagnosis&);
std::string project_file(const Circumstances&, const patterns::Diagnosis&);

std::string toolchain_missing(const Circumstances&, const patterns::Diagnosis&);

std::string lookup_disabled(const Circumstances&, const patterns::Diagnosis&);
std::string gopath_mode(const Circumstances&, const patterns::Diagnosis&);
std::string unknown_revision(const Circumstances&, const patterns::Diagnosis&);
std::string module_not_found(const Circumstances&, const patterns::Diagnosis&);
std::string proxy_login(const Circumstances&, const patterns::Diagnosis&);
std::string git_https_login(const Circumstances&, const patterns::Diagnosis&);
std::string git_ssh_login(const Circumstances&, const patterns::Diagnosis&);
std::string git_host_key(const Circumstances&, const patterns::Diagnosis&);
std::string no_repository(const Circumstances&, const patterns::Diagnosis&);
std::string network_down(const Circumstances&, const patterns::Diagnosis&);
std::string unknown_to_sumdb(const Circumstances&, const patterns::Diagnosis&);

}  // namespace recovery
