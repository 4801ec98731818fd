#include "recovery/evidence/describe.hpp"

#include <map>

#include "recovery/evidence/tree.hpp"
#include "recovery/go/sumdb_record.hpp"

namespace recovery {
namespace {

std::string whose_hash(const Expected& expected) {
  switch (expected.by) {
    case Expected::By::go_sum:
      return "go.sum";
    case Expected::By::sumdb:
      return "the checksum database";
    case Expected::By::nothing:
      break;
  }
  return "what was recorded";
}

std::string describe_tree(const ModuleState& state) {
  using enum TreeFault::Kind;
  std::map<TreeFault::Kind, int> counts;
  for (const TreeFault& fault : state.tree_faults) ++counts[fault.kind];
  std::string text;
  const auto add = [&](TreeFault::Kind kind, const char* one, const char* many) {
    const int n = counts[kind];
    if (n == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(n) + (n == 1 ? one : many);
  };
  add(missing, " file missing", " files missing");
  add(changed, " file changed", " files changed");
  add(extra, " unexpected file", " unexpected files");
  add(unreadable, " unreadable file", " unreadable files");
  return "extracted directory is corrupt" + (text.empty() ? "" : " (" + text + ")");
}

}  // namespace

std::vector<std::string> describe_obstacles(const ModuleState& s) {
  std::vector<std::string> words;
  if (!s.obstacle.empty()) words.push_back(s.obstacle + " is not a directory");
  if (s.lock == Health::broken) words.push_back(".lock is not a regular file");
  return words;
}

std::vector<std::string> describe(const ModuleState& s) {
  std::vector<std::string> words = describe_obstacles(s);
  const std::string mismatch = " (checksum does not match " + whose_hash(s.expected) + ")";
  if (s.partial == Health::broken) words.push_back(".partial is not a regular file");
  if (s.zip == Health::broken) {
    words.push_back(s.zip_h1.empty() ? "cached zip is corrupt"
                                     : "cached zip is corrupt" + mismatch);
  }
  if (s.ziphash == Health::broken)
    words.push_back(s.zip == Health::sound ? ".ziphash does not match the zip"
                                           : ".ziphash is corrupt");
  if (s.go_mod == Health::broken) {
    words.push_back("cached go.mod is corrupt" + (s.expected.go_mod.empty() ? "" : mismatch));
  }
  if (s.info == Health::broken) words.push_back(".info does not name this version");
  if (s.list == Health::broken) words.push_back("cached version list is corrupt");
  if (s.tree == Health::broken) words.push_back(describe_tree(s));
  if (s.unreadable()) words.push_back("permission denied");
  return words;
}

}  // namespace recovery
