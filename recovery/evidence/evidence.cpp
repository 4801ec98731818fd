#include "recovery/evidence/evidence.hpp"

#include "recovery/go/glob.hpp"
#include "recovery/go/toolchain.hpp"

namespace recovery {
namespace {

std::string first_of(const std::set<std::string>& hashes) {
  return hashes.empty() ? std::string() : *hashes.begin();
}

policy::Evidence evidence(const Witnesses& w, const std::set<std::string>& expected,
                          const std::set<std::string>& answer,
                          const std::set<std::string>& unverified) {
  policy::Evidence e;
  const bool was_answered = w.state.expected.by == Expected::By::sumdb;
  if (!was_answered) e.go_sum = expected;
  if (was_answered || !answer.empty()) {
    e.database = policy::Database::answered;
    e.verified = first_of(was_answered ? expected : answer);
  } else if (go_asks_sumdb(w.settings, w.state.module)) {
    e.database = policy::Database::silent;
  }
  e.unverified = first_of(unverified);
  return e;
}

}  // namespace

bool go_asks_sumdb(const Settings& settings, const ModuleVersion& m) {
  return policy::go_asks_database(
      {.sumdb = settings.sumdb,
       .is_excepted = match_prefix_patterns(settings.no_sumdb, m.path()),
       .is_toolchain = is_toolchain(m),
       .proxy = settings.proxy});
}

policy::Evidence Witnesses::on_content() const {
  policy::Evidence e = evidence(*this, state.expected.zip, answer.zip, unverified.zip);
  e.ziphash = state.ziphash_text;
  e.zip = state.zip_h1;
  e.tree = state.tree_h1;
  return e;
}

policy::Evidence Witnesses::on_go_mod() const {
  return evidence(*this, state.expected.go_mod, answer.go_mod, unverified.go_mod);
}

}  // namespace recovery
