#include "patterns/rule_file.hpp"

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace patterns {
namespace {

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
  rule.name = table["name"].value_or(std::string());
  rule.class_id = table["class"].value_or(std::string());
  rule.remedy = table["remedy"].value_or(std::string());
  rule.alone = table["alone"].value_or(false);
  rule.may = strings(table, "may");
  rule.examples = strings(table, "eg");
  for (const auto& when : strings(table, "when")) rule.when.push_back(put_in_words(when, words));
  if (rule.name.empty() || rule.class_id.empty() || rule.remedy.empty() || rule.when.empty()) {
    throw std::runtime_error(std::string(file) + ": rule '" + rule.name +
                             "' lacks name, class, remedy or when");
  }
  return rule;
}

// A word may use the words above it.
void read_words(const toml::table& root, Words& words) {
  if (const auto* list = root["words"].as_array()) {
    for (const auto& item : *list) {
      const auto* word = item.as_table();
      if (word == nullptr) continue;
      words[(*word)["name"].value_or(std::string())] =
          put_in_words((*word)["is"].value_or(std::string()), words);
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
  read_words(root, words);
  for (auto& prefix : strings(root, "prefixes")) set.prefixes.push_back(std::move(prefix));
  if (const auto* list = root["rule"].as_array()) {
    for (const auto& item : *list) {
      if (const auto* table = item.as_table())
        set.rules.push_back(read_rule(*table, words, file.name));
    }
  }
}

}  // namespace

RuleSet parse_rules(const std::vector<RuleFile>& files, Examples examples) {
  RuleSet set;
  Words words;
  for (const auto& file : files) read_file(file, examples, words, set);
  return set;
}

}  // namespace patterns
