#include "patterns/rule_file.hpp"

#include "patterns/literal.hpp"
#include "patterns/matcher.hpp"

// As in recovery/settings/config.cpp: its inline functions are one. It asserts ("[[*" is one), and
// in a release takes for granted, what holds for no text that a user may write; the checks behind
// that are what gives him an error.
#undef NDEBUG
#define TOML_ASSERT(holds) static_cast<void>(0)
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <stdexcept>

namespace patterns {
namespace {

constexpr std::size_t longest_regex = 4000;

using Words = std::map<std::string, std::string, std::less<>>;

// "{mv}" stands for words.mv. Quantifiers such as {2,3} are no words, and stay.
std::string put_in_words(std::string_view text, const Words& words) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) return out.append(text);
    const auto word = words.find(text.substr(open + 1, close - open - 1));
    const auto end = word == words.end() ? open + 1 : close + 1;
    out.append(text.substr(0, word == words.end() ? end : open));
    if (word != words.end()) out.append(word->second);
    text.remove_prefix(end);
  }
  return out;
}

// A key may hold one string or a list of them.
std::vector<std::string> strings(const toml::table& table, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* one = table[key].as_string()) out.push_back(one->get());
  if (const auto* list = table[key].as_array()) {
    for (const auto& item : *list) {
      if (const auto* text = item.as_string()) out.push_back(text->get());
    }
  }
  return out;
}

Rule read_rule(const toml::table& table, const Words& words, std::string_view file) {
  Rule rule;
  rule.from = file;
  rule.name = table["name"].value_or(std::string());
  rule.class_id = table["class"].value_or(std::string());
  const auto known = [&](const auto& found, const char* what, const std::string& name) {
    if (!found)
      throw std::runtime_error(std::string(file) + ": rule '" + rule.name + "' has no such " +
                               what + ": '" + name + "'");
    return *found;
  };
  const auto remedy = [&](const std::string& name) {
    return known(remedy_named(name), "remedy", name);
  };
  rule.failure = known(class_of_id(rule.class_id), "class", rule.class_id);
  rule.remedy = remedy(table["remedy"].value_or(std::string()));
  if (table.contains("cached")) rule.cached = remedy(table["cached"].value_or(std::string()));
  rule.alone = table["alone"].value_or(false);
  for (const std::string& name : strings(table, "may")) rule.may.push_back(remedy(name));
  for (const std::string& name : strings(table, "flags"))
    rule.flags.add(known(flag_named(name), "flag", name));
  rule.examples = strings(table, "eg");
  for (const auto& when : strings(table, "when")) rule.when.push_back(put_in_words(when, words));
  if (rule.name.empty() || rule.class_id.empty() || rule.when.empty()) {
    throw std::runtime_error(std::string(file) + ": rule '" + rule.name +
                             "' lacks name, class or when");
  }
  return rule;
}

[[noreturn]] void complain(const RuleFile& file, const toml::source_region& where,
                           const std::string& what) {
  throw std::runtime_error(std::string(file.name) + ":" + std::to_string(where.begin.line) + ": " +
                           what);
}

// A word may use the words above it.
void read_words(const RuleFile& file, const toml::table& root, Words& words) {
  if (const auto* list = root["words"].as_array()) {
    for (const auto& item : *list) {
      const auto* word = item.as_table();
      if (word == nullptr) continue;
      std::string is = put_in_words((*word)["is"].value_or(std::string()), words);
      if (is.size() > longest_regex) complain(file, word->source(), "a word is too long");
      words[(*word)["name"].value_or(std::string())] = std::move(is);
    }
  }
}

// Real lines are three quarters of a rule file, and only the tests need them. "eg" is a rule's last
// key.
std::string without_examples(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto eg = text.find("\neg = ");
    out.append(text.substr(0, eg)).push_back('\n');
    text.remove_prefix(std::min(eg, text.size()));
    text.remove_prefix(std::min(text.find("\n[["), text.size()));
  }
  return out;
}

void read_file(const RuleFile& file, Examples examples, Words& words, RuleSet& set) {
  const auto wanted =
      examples == Examples::read ? std::string(file.text) : without_examples(file.text);
  const toml::table root = toml::parse(wanted, file.name);
  read_words(file, root, words);
  for (auto& prefix : strings(root, "prefixes")) set.prefixes.push_back(std::move(prefix));
  if (const auto* list = root["rule"].as_array()) {
    for (const auto& item : *list) {
      if (const auto* table = item.as_table())
        set.rules.push_back(read_rule(*table, words, file.name));
    }
  }
}

// --- the user's own ---

constexpr std::size_t most_rules = 1000;
constexpr std::size_t least_fixed = 4;  // characters, as Log wants them

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

// "user/" and a name of small letters, digits and dashes.
bool is_class_of_users(std::string_view class_id) {
  if (!class_id.starts_with("user/") || class_id.size() == 5) return false;
  return class_id.substr(5).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
         class_id.npos;
}

// None: a user's rule can't be of that class.
FailureClass class_for_user(std::string_view class_id) {
  if (is_class_of_users(class_id)) return FailureClass::user;
  const FailureClass ours = class_of_id(class_id).value_or(FailureClass::none);
  return family_of(ours) == Family::other ? FailureClass::none : ours;
}

void check_keys(const RuleFile& file, const toml::table& table,
                std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : table) {
    if (!is_one_of(key.str(), known))
      complain(file, key.source(), "a rule has no '" + std::string(key.str()) + "'");
    const bool is_list = is_one_of(key.str(), {"when", "may", "flags", "eg"});
    const auto* const list = value.as_array();
    const bool is_right = value.is_string() || (is_list && list != nullptr && !list->empty() &&
                                                list->is_homogeneous<std::string>());
    if (!is_right)
      complain(file, value.source(),
               "'" + std::string(key.str()) + "' is no text" + (is_list ? " or list of it" : ""));
  }
}

Rule read_user_rule(const RuleFile& file, const toml::table& table, const Words& words) {
  const auto missing = [&](const char* key) {
    complain(file, table.source(), "a rule without " + std::string(key));
  };
  const auto wrong = [&](const char* key, const std::string& what) {
    complain(file, table[key].node()->source(), what);
  };
  check_keys(file, table, {"name", "class", "remedy", "may", "flags", "when", "eg", "advice"});
  for (const char* key : {"name", "class", "when"}) {
    if (!table.contains(key)) missing(key);
  }
  Rule rule;
  rule.from = file.name;
  rule.class_id = table["class"].value_or(std::string());
  rule.failure = class_for_user(rule.class_id);
  const bool is_own = rule.failure == FailureClass::user;
  if (rule.failure == FailureClass::none)
    wrong("class", "'" + rule.class_id + "' is no class of gomend's, nor is it user/NAME");
  if (!is_own && !table.contains("remedy")) missing("remedy");
  if (is_own && !table.contains("advice")) missing("advice");
  if (!is_own && table.contains("advice"))
    wrong("advice", "only a rule of a class user/NAME has advice of its own");
  // Never a name that one of ours has: some are asked for by name.
  rule.name = "user:" + table["name"].value_or(std::string());
  rule.advice = table["advice"].value_or(std::string());
  rule.examples = strings(table, "eg");
  const auto remedy = [&](const std::string& name) {
    const auto found = remedy_named(name);
    if (!found || *found == Remedy::none || (is_own && *found != Remedy::advise))
      complain(file, table.source(), "there is no remedy '" + name + "' for that class");
    return *found;
  };
  for (const std::string& name : strings(table, "may")) rule.may.push_back(remedy(name));
  rule.remedy = remedy(table["remedy"].value_or(std::string(is_own ? "advise" : "")));
  for (const std::string& name : strings(table, "flags")) {
    const auto flag = flag_named(name);
    if (!flag) complain(file, table["flags"].node()->source(), "there is no flag '" + name + "'");
    rule.flags.add(*flag);
  }
  for (const auto& when : strings(table, "when")) {
    rule.when.push_back(put_in_words(when, words));
    if (rule.when.back().size() > longest_regex) wrong("when", "a 'when' is too long");
    if (const std::string error = regex_error(rule.when.back()); !error.empty())
      wrong("when", error);
    if (required_literal(rule.when.back()).size() < least_fixed)
      wrong("when", "a 'when' needs four characters or more of fixed text outside any group");
  }
  return rule;
}

}  // namespace

std::vector<Rule> parse_user_rules(const RuleFile& file) {
  Words words;
  for (const RuleFile& ours : rule_files())
    read_words(ours, toml::parse(without_examples(ours.text)), words);
  std::vector<Rule> rules;
  try {
    const toml::table root = toml::parse(file.text);
    for (const auto& [key, value] : root) {
      if (!is_one_of(key.str(), {"rule", "words"}) || !value.is_array_of_tables())
        complain(file, key.source(), "a rule file has [[rule]] and [[words]] only");
    }
    read_words(file, root, words);
    if (const auto* list = root["rule"].as_array()) {
      if (list->size() > most_rules) complain(file, list->source(), "too many rules");
      for (const auto& item : *list) rules.push_back(read_user_rule(file, *item.as_table(), words));
    }
  } catch (const toml::parse_error& error) {
    complain(file, error.source(), std::string(error.description()));
  }
  return rules;
}

RuleSet parse_rules(const std::vector<RuleFile>& files, Examples examples) {
  RuleSet set;
  Words words;
  for (const auto& file : files) read_file(file, examples, words, set);
  return set;
}

}  // namespace patterns
