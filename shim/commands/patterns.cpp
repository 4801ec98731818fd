#include "shim/commands/patterns.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "patterns/matcher.hpp"
#include "patterns/rule_file.hpp"
#include "shim/commands/explain.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/own_rules.hpp"
#include "shim/commands/paint.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using nlohmann::ordered_json;
using patterns::Rule;
using recovery::UserRules;

constexpr auto replace = nlohmann::json::error_handler_t::replace;  // of what is no UTF-8

void print(const ordered_json& object) {
  write_all(STDOUT_FILENO, object.dump(2, ' ', false, replace) + "\n");
}

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

std::string example_of(const Rule& rule) {
  return rule.examples.empty() ? "" : first_line(rule.examples.front());
}

ordered_json json_of(const Rule& rule) {
  return {{"class", rule.class_id}, {"rule", rule.name},     {"remedy", rule.remedy},
          {"from", rule.from},      {"advice", rule.advice}, {"examples", rule.examples}};
}

int list(const UserRules& own, bool is_json) {
  std::vector<Rule> all =
      patterns::parse_rules(patterns::rule_files(), patterns::Examples::read).rules;
  for (Rule& rule : own.all()) all.push_back(std::move(rule));
  if (is_json) {
    ordered_json rules = ordered_json::array();
    for (const Rule& rule : all) rules.push_back(json_of(rule));
    print({{"rules", rules}});
    return 0;
  }
  const Paint paint(STDOUT_FILENO);
  std::string text;
  for (const Rule& rule : all)
    text += paint.bold(rule.class_id) + "  " + printable(rule.name) +
            paint.faint("  (" + printable(rule.from) + ")") + "\n    " + example_of(rule) + "\n";
  write_all(STDOUT_FILENO, text);
  return 0;
}

// An example of the user's that another rule takes, or none: his rule does not do what he thinks.
std::string wrong_example(const UserRules& own) {
  const std::vector<Rule> all = own.all();
  for (const Rule& rule : all) {
    for (const std::string& example : rule.examples) {
      const auto found = patterns::diagnose(example, all);
      if (!found.empty() && found.front().rule == rule.name) continue;
      return rule.from + ": an example of '" + rule.name.substr(rule.name.find(':') + 1) + "' is " +
             (found.empty()
                  ? std::string("matched by no rule")
                  : "taken by '" + found.front().rule + "' (" + found.front().class_id + ")") +
             ": " + first_line(example);
    }
  }
  return {};
}

std::string origin_of(const std::string& rule, const UserRules& own) {
  for (const Rule& one : own.all()) {
    if (one.name == rule) return one.from;
  }
  return "gomend's own";
}

int test(const UserRules& own, const std::string& name, bool is_json) {
  const auto found = diagnoses_in(name, own.all());
  ordered_json matches = ordered_json::array();
  std::string text;
  const Paint paint(STDOUT_FILENO);
  for (const patterns::Diagnosis& d : found) {
    const std::string from = origin_of(d.rule, own);
    matches.push_back({{"line", d.line},
                       {"class", d.class_id},
                       {"rule", d.rule},
                       {"from", from},
                       {"module", d.module},
                       {"version", d.version}});
    text += printable(d.line) + "\n    " + paint.bold(d.class_id) + "  " + printable(d.rule) +
            paint.faint("  (" + printable(from) + ")") + "\n";
  }
  if (is_json)
    print({{"matches", matches}});
  else
    write_all(STDOUT_FILENO, text.empty() ? "no rule matches\n" : text);
  return found.empty() ? 1 : 0;
}

int where(const UserRules& own, bool is_json) {
  if (own.dir.empty()) throw Misuse("there is no home directory, so no place for rules");
  ordered_json files = ordered_json::array();
  std::string text = printable(own.dir) + "\n";
  for (const UserRules::File& file : own.files) {
    files.push_back({{"file", file.path}, {"rules", file.rules.size()}, {"failure", file.failure}});
    text += "  " + printable(file.path) + ": " +
            (file.failure.empty()
                 ? std::to_string(file.rules.size()) + (file.rules.size() == 1 ? " rule" : " rules")
                 : "not used") +
            "\n";
  }
  if (is_json)
    print({{"directory", own.dir}, {"files", files}});
  else
    write_all(STDOUT_FILENO, text);
  return 0;
}

}  // namespace

int show_patterns(const Arguments& arguments) {
  const Chosen chosen = parse("patterns", arguments, 2);
  const std::string what = chosen.words.empty() ? "" : chosen.words[0];
  const bool is_json = chosen.has("json");
  if (what != "list" && what != "test" && what != "where")
    throw Misuse("patterns takes one of list, test and where");
  if (what != "test" && chosen.words.size() > 1)
    throw Misuse("'" + chosen.words[1] + "' is one argument too many");
  if (what == "test" && chosen.words.size() < 2)
    throw Misuse("patterns test reads a log from a file, or from stdin with -");
  bool is_whole = true;
  const UserRules own = read_own_rules("patterns", is_whole);
  if (const std::string wrong = wrong_example(own); !wrong.empty()) {
    write_all(STDERR_FILENO, "gomend: patterns: " + printable(wrong) + "\n");
    is_whole = false;
  }
  const int status = what == "list"   ? list(own, is_json)
                     : what == "test" ? test(own, chosen.words[1], is_json)
                                      : where(own, is_json);
  return is_whole ? status : 2;
}

}  // namespace shim
