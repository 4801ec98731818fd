#include "recovery/policy/acceptance.hpp"

#include <algorithm>
#include <array>

namespace recovery::policy {
namespace {

// What the cache itself has: the record first, for it is believed before one of the others alone.
std::array<const std::string*, 3> held(const Evidence& e) {
  return {&e.ziphash, &e.zip, &e.tree};
}

std::string majority(const Evidence& e) {
  const auto voters = held(e);
  for (const std::string* one : voters) {
    if (!one->empty() && std::ranges::count(voters, *one, [](const auto* v) { return *v; }) > 1)
      return *one;
  }
  if (!e.ziphash.empty()) return e.ziphash;
  if (e.zip.empty() || e.tree.empty()) return e.zip + e.tree;
  return {};
}

// Nobody but the cache knows it.
Verdict judge_by_record(const std::string& h1, Origin origin, const Evidence& e) {
  const bool is_known = !e.ziphash.empty() || !e.zip.empty() || !e.tree.empty();
  if (!is_known) return origin == Origin::own ? Verdict::as_go_would : Verdict::unknown;
  const std::string recorded = majority(e);
  if (h1 == recorded) return Verdict::by_record;
  // A zip or a tree has the same as the source that plain go would ask: two, against a record that
  // is alone.
  const bool is_held = h1 == e.zip || h1 == e.tree;
  if (origin == Origin::own && is_held) return Verdict::by_record;
  return recorded.empty() && origin != Origin::own ? Verdict::unknown : Verdict::against_record;
}

}  // namespace

bool may_come_in(Verdict verdict) {
  return verdict <= Verdict::as_go_would;
}

std::string_view reason(Verdict verdict) {
  switch (verdict) {
    case Verdict::by_go_sum:
      return "matches go.sum";
    case Verdict::by_database:
      return "matches the checksum database";
    case Verdict::by_record:
      return "matches what was recorded";
    case Verdict::as_go_would:
      return "plain go would accept it";
    case Verdict::against_go_sum:
      return "checksum does not match go.sum";
    case Verdict::against_database:
      return "checksum does not match the checksum database";
    case Verdict::unverified:
      return "not verified by the checksum database";
    case Verdict::against_record:
      return "different content was recorded before";
    case Verdict::unknown:
      break;
  }
  return "nothing to verify it by";
}

Verdict judge(const std::string& h1, Origin origin, const Evidence& e) {
  if (h1.empty()) return Verdict::unknown;
  if (!e.go_sum.empty())
    return e.go_sum.contains(h1) ? Verdict::by_go_sum : Verdict::against_go_sum;
  switch (e.database) {
    case Database::answered:
      return h1 == e.verified ? Verdict::by_database : Verdict::against_database;
    case Database::silent:
      return Verdict::unverified;
    case Database::off:
      break;
  }
  return judge_by_record(h1, origin, e);
}

std::string truth(const Evidence& e) {
  if (e.go_sum.size() == 1) return *e.go_sum.begin();
  if (e.go_sum.empty())
    return e.database == Database::answered && !e.verified.empty() ? e.verified : majority(e);
  // Two that contradict each other: what the cache has can tell which one go took.
  Evidence possible = e;
  for (std::string* one : {&possible.ziphash, &possible.zip, &possible.tree}) {
    if (!e.go_sum.contains(*one)) one->clear();
  }
  return majority(possible);
}

bool is_doubted(const Evidence& e) {
  if (!e.go_sum.empty() || e.database != Database::silent || e.unverified.empty()) return false;
  const std::string held_to_be_right = majority(e);
  return !held_to_be_right.empty() && held_to_be_right != e.unverified;
}

bool is_vouched_for(const Evidence& e) {
  return !e.go_sum.empty() || e.database != Database::off;
}

bool go_asks_database(const Asking& asking) {
  if (asking.is_toolchain) {
    const bool is_lone_directory = asking.proxy.starts_with("file://") &&
                                   asking.proxy.find_first_of(",|") == asking.proxy.npos;
    if (!is_lone_directory) return true;
  }
  return !asking.sumdb.empty() && asking.sumdb != "off" && !asking.is_excepted;
}

}  // namespace recovery::policy
