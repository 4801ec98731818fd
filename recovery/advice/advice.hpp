#pragma once
// The one line for what only a person can mend: what is wrong, and the smallest command that mends
// it. It rests on evidence too: the words of a failed go are held against the disk and the user's
// settings, and a path or name that text gave is put into a command only if it is a plain one.
// Where go's own message names that command, or the fault is the user's own code or flag, there is
// no line.
//
// To add advice for a class: a row in advice.cpp, and the function where its like are
// (advice_project.cpp: go.mod, go.sum, go.work; advice_toolchain.cpp: which go;
// source_lookup.cpp: who has the module; source_login.cpp: who gives it; source_network.cpp: who
// answers).

#include <string>
#include <string_view>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/advice/advice_line.hpp"
#include "recovery/evidence/sumdb_answer.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "recovery/project/build_list.hpp"
#include "recovery/settings/request.hpp"

namespace recovery {

// What advice may look at.
struct Circumstances {
  const Request& request;
  const Settings& settings;
  const std::vector<patterns::Diagnosis>& diagnoses;  // at least one; the first is the root cause
  const BuildList& list;
  const Root& cache;
};

Advice advice_on(const Circumstances& c);

// What is served is not what go.sum has. Who is right is told by the checksum database: it alone
// saw the module when it was first published. `command`: what would put go.sum right, or "".
// `unasked`: why some source of the user's was not asked, or "".
Advice explain_checksum_mismatch(const ModuleVersion& m, const Expected& expected,
                                 const SumdbAnswer& answer, const std::string& command,
                                 const std::string& unasked);

// With -mod=mod go notes in go.sum what the checksum database has just refuted (tidyGoSum adds
// every hash that was looked up, go1.26 too), and would accept it the next time. Empty: it has not.
bool is_refuted(const patterns::Diagnosis& d);  // d.got is such a hash
Advice refuted_hash_advice(const patterns::Diagnosis& d, const std::string& go_sum,
                           const std::string& command);

// "gomend fix --gosum", if that would do from where the user stands; else empty.
std::string gosum_fix(const Request& request, const Settings& settings);

bool has_sudo();

// The command as root types it, or a user who has sudo; empty where there is none.
std::string by_root(const std::string& command);

// What gives `path`, in the user's home, back to him; empty for any other place: others may work
// there.
std::string take_back(const std::string& path);

// Why `path` can't be read or written, and the command that mends it; empty if nothing there
// explains it. `setting` is the variable that leads go elsewhere, or empty; `command` what the user
// typed.
Advice permission_advice(const std::string& path, const std::string& setting = "GOMODCACHE",
                         const std::string& command = "go build ./...");

// Which of these directories lies on a disk that is full; empty if none does.
Advice disk_full_advice(const std::vector<std::string>& directories);

// The checksum database has answered, and has no record of it: asking it again is no use.
bool is_no_record(const patterns::Diagnosis& d);

// --- for the families of advice ---

using AdviceFunction = Advice (*)(const Circumstances&, const patterns::Diagnosis&);

Advice gosum_missing(const Circumstances&, const patterns::Diagnosis&);
Advice updates_needed(const Circumstances&, const patterns::Diagnosis&);
Advice replace_missing(const Circumstances&, const patterns::Diagnosis&);
Advice path_mismatch(const Circumstances&, const patterns::Diagnosis&);
Advice ambiguous_import(const Circumstances&, const patterns::Diagnosis&);
Advice parse_error(const Circumstances&, const patterns::Diagnosis&);
Advice project_file(const Circumstances&, const patterns::Diagnosis&);

Advice toolchain_missing(const Circumstances&, const patterns::Diagnosis&);

Advice lookup_disabled(const Circumstances&, const patterns::Diagnosis&);
Advice gopath_mode(const Circumstances&, const patterns::Diagnosis&);
Advice unknown_revision(const Circumstances&, const patterns::Diagnosis&);
Advice module_not_found(const Circumstances&, const patterns::Diagnosis&);
Advice proxy_login(const Circumstances&, const patterns::Diagnosis&);
Advice git_https_login(const Circumstances&, const patterns::Diagnosis&);
Advice git_ssh_login(const Circumstances&, const patterns::Diagnosis&);
Advice git_host_key(const Circumstances&, const patterns::Diagnosis&);
Advice no_repository(const Circumstances&, const patterns::Diagnosis&);
Advice network_down(const Circumstances&, const patterns::Diagnosis&);
Advice unknown_to_sumdb(const Circumstances&, const patterns::Diagnosis&);

}  // namespace recovery
