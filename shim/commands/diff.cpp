#include "shim/commands/diff.hpp"

#include "recovery/diff.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "shim/commands/here.hpp"
#include "shim/commands/options.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

using recovery::Difference;
using recovery::FileChange;
using recovery::Served;

std::string lines_of(const std::vector<Served>& all, std::size_t width) {
  std::string text;
  for (const Served& one : all) {
    std::string name = "  " + printable(one.name);
    name.resize(std::max(name.size(), width + 2), ' ');
    std::string values;
    for (const std::string& h1 : one.zip) values += "  zip " + h1;
    for (const std::string& h1 : one.go_mod) values += "  go.mod " + h1;
    if (!one.error.empty()) values += "  " + printable(one.error);
    text += name + values + "\n";
  }
  return text;
}

std::string line_of(const FileChange& change) {
  const auto size = [](const std::optional<std::uint64_t>& bytes) {
    return std::to_string(bytes.value_or(0));
  };
  const char* mark = !change.before ? "+" : !change.after ? "-" : "~";
  const std::string sizes = !change.before  ? size(change.after)
                            : !change.after ? size(change.before)
                                            : size(change.before) + " -> " + size(change.after);
  return std::string("  ") + mark + " " + printable(change.name) + " (" + sizes + " bytes)\n";
}

std::string text_of(const std::string& module, const Difference& d) {
  std::size_t width = 0;
  for (const auto* all : {&d.recorded, &d.sources})
    for (const Served& one : *all) width = std::max(width, one.name.size());
  std::string text = module + "\nrecorded, and cached:\n" + lines_of(d.recorded, width) +
                     (d.recorded.empty() ? "  nothing\n" : "") + "served now:\n" +
                     lines_of(d.sources, width);
  std::string heading;
  for (const FileChange& change : d.files) {
    const std::string its =
        "files that " + printable(change.source) + " serves, against " + change.against + ":\n";
    if (its != heading) text += heading = its;
    text += line_of(change);
  }
  return text;
}

nlohmann::ordered_json json_of(const std::vector<Served>& all) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Served& one : all)
    list.push_back(
        {{"name", one.name}, {"zip", one.zip}, {"go_mod", one.go_mod}, {"error", one.error}});
  return list;
}

std::string json_of(const std::string& module, const Difference& d) {
  using enum Difference::Verdict;
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const FileChange& change : d.files) {
    nlohmann::ordered_json one{
        {"source", change.source}, {"against", change.against}, {"name", change.name}};
    one["change"] = !change.before ? "added" : !change.after ? "lost" : "changed";
    if (change.before) one["before"] = *change.before;
    if (change.after) one["after"] = *change.after;
    files.push_back(one);
  }
  const nlohmann::ordered_json object{{"module", module},
                                      {"verdict", d.verdict == same      ? "same"
                                                  : d.verdict == differs ? "differs"
                                                                         : "unknown"},
                                      {"recorded", json_of(d.recorded)},
                                      {"sources", json_of(d.sources)},
                                      {"files", files}};
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

int diff(const Arguments& arguments) {
  const Chosen chosen = parse("diff", arguments, 1);
  const std::string word = chosen.words.empty() ? "" : chosen.words[0];
  const auto m = recovery::ModuleVersion::parse(word);
  if (!m) throw Misuse("'" + word + "' is no module and version, as in example.com/a@v1.2.3");
  const Difference d = recovery::compare(request_here("diff"), *m);
  write_all(STDOUT_FILENO, chosen.has("json") ? json_of(m->str(), d) : text_of(m->str(), d));
  using enum Difference::Verdict;
  if (d.verdict == unknown)
    say("diff: it can't be told: there are no two to hold against each other");
  return d.verdict == same ? 0 : d.verdict == differs ? 1 : 2;
}

}  // namespace shim
