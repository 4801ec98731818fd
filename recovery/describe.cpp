#include "recovery/describe.hpp"

#include <map>

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
  const auto add = [&](TreeFault::Kind kind, const char* what) {
    const int n = counts[kind];
    if (n == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(n) + (n == 1 ? " file " : " files ") + what;
  };
  add(missing, "lost");
  add(changed, "changed");
  add(extra, "foreign");
  add(unreadable, "unreadable");
  return "the extracted tree is damaged" + (text.empty() ? "" : " (" + text + ")");
}

}  // namespace

std::vector<std::string> describe(const ModuleState& s) {
  std::vector<std::string> words;
  const std::string mismatch = " (h1 does not match " + whose_hash(s.expected) + ")";
  if (!s.obstacle.empty())
    words.push_back("'" + s.obstacle + "' stands where a directory should be");
  if (s.lock == Health::broken) words.push_back("its lock is no regular file");
  if (s.partial == Health::broken) words.push_back("its .partial mark is no regular file");
  if (s.zip == Health::broken) {
    words.push_back(s.zip_h1.empty() ? "the cached zip is damaged"
                                     : "the cached zip is damaged" + mismatch);
  }
  if (s.ziphash == Health::broken) words.push_back("the recorded ziphash is wrong");
  if (s.go_mod == Health::broken) {
    words.push_back("the cached go.mod is damaged" + (s.expected.go_mod.empty() ? "" : mismatch));
  }
  if (s.info == Health::broken) words.push_back("the cached .info is of another version");
  if (s.list == Health::broken) words.push_back("the cached version list is damaged");
  if (s.tree == Health::broken) words.push_back(describe_tree(s));
  if (s.unreadable()) words.push_back("something in it can't be read for want of permissions");
  return words;
}

std::string joined(const std::vector<std::string>& phrases) {
  std::string text;
  for (const std::string& phrase : phrases) text += (text.empty() ? "" : " and ") + phrase;
  return text;
}

}  // namespace recovery
