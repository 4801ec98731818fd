#include "shim/companion/patterns.hpp"

#include <unistd.h>

#include <algorithm>

#include "patterns/matcher.hpp"
#include "patterns/rule_file.hpp"
#include "recovery/os/json.hpp"
#include "shim/companion/explain.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/own_rules.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using patterns::Rule;
using recovery::Json;
using recovery::UserRules;

std::string first_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')));
}

std::string example_of(const Rule& rule) {
  return rule.examples.empty() ? "" : first_line(rule.examples.front());
}

Json json_of(const Rule& rule) {
  return {{"class", rule.class_id}, {"rule", rule.name},     {"remedy", name_of(rule.remedy)},
          {"from", rule.from},      {"advice", rule.advice}, {"examples", rule.examples}};
}

int list(const UserRules& own, bool is_json) {
  std::vector<Rule> all =
      patterns::parse_rules(patterns::rule_files(), patterns::Examples::read).rules;
  for (Rule& rule : own.all()) all.push_back(std::move(rule));
  if (is_json) {
    Json rules = Json::array();
    for (const Rule& rule : all) rules.push_back(json_of(rule));
    write_out(Json{{"rules", rules}}.pretty());
    return 0;
  }
  const Paint paint(STDOUT_FILENO);
  std::string text;
  for (const Rule& rule : all)
    text += paint.bold(rule.class_id) + "  " + printable(rule.name) +
            paint.faint("  (" + printable(rule.from) + ")") + "\n    " + example_of(rule) + "\n";
  write_out(text);
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
                  ? std::string("not matched by any rule")
                  : "matched by '" + found.front().rule + "' (" + found.front().class_id + ")") +
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
  Json matches = Json::array();
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
    write_out(Json{{"matches", matches}}.pretty());
  else
    write_out(text.empty() ? "no rule matches\n" : text);
  return found.empty() ? 1 : 0;
}

int where(const UserRules& own, bool is_json) {
  if (own.dir.empty()) throw UsageError("HOME is not set: no directory for rules");
  Json files = Json::array();
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
    write_out(Json{{"directory", own.dir}, {"files", files}}.pretty());
  else
    write_out(text);
  return 0;
}

}  // namespace

static int show_patterns(const Call& call) {
  const ParsedArguments& given = call.given;
  const std::string what = given.positionals.empty() ? "" : given.positionals[0];
  const bool is_json = given.has("json");
  if (what != "list" && what != "test" && what != "where")
    throw UsageError("patterns takes list, test or where");
  if (what != "test" && given.positionals.size() > 1)
    throw UsageError("unexpected argument '" + given.positionals[1] + "'");
  if (what == "test" && given.positionals.size() < 2)
    throw UsageError("patterns test reads a log from a file, or from stdin with -");
  bool is_whole = true;
  const UserRules own = read_own_rules("patterns", is_whole);
  if (const std::string wrong = wrong_example(own); !wrong.empty()) {
    write_all(STDERR_FILENO, "gomend: patterns: " + printable(wrong) + "\n");
    is_whole = false;
  }
  const int status = what == "list"   ? list(own, is_json)
                     : what == "test" ? test(own, given.positionals[1], is_json)
                                      : where(own, is_json);
  return is_whole ? status : 2;
}

const CommandRow& patterns_row() {
  static const CommandRow row{
      .name = "patterns",
      .summary = "list and test the rules that recognise go's messages",
      .arguments = "list|test|where [FILE|-]",
      .about =
          "list shows each rule with its class, an example and its file; test reads a log as "
          "explain does, and shows which rule matches which line; where shows the directory of "
          "your own rules, and which files there are used. A rule of your own is written like "
          "gomend's, and points at what to check; or its class is user/NAME, and it has a line of "
          "advice. Your rules come after gomend's, and nothing is repaired without evidence on "
          "the disk. A file that others may write, or that is in the project, is not used.",
      .options = {json_option},
      .examples = {{"gomend patterns test build.log", "while writing a rule"}},
      .status = "0 done; 1 no rule matches; 2 an error, or a file of your own is not used",
      .json = {{"rules", "list: list of objects: class, rule, remedy, from, advice, examples"},
               {"matches", "test: list of objects: line, class, rule, from, module, version"},
               {"directory", "where: the directory of your own rules"},
               {"files", "where: list of objects: file, rules (how many), failure (why none)"}},
      .run = show_patterns,
      .most_positionals = 2};
  return row;
}

}  // namespace shim
