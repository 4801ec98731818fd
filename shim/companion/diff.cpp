#include "shim/companion/diff.hpp"

#include "recovery/upkeep/diff.hpp"

#include <unistd.h>

#include <algorithm>

#include "recovery/os/json.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/frame/request_here.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using recovery::Difference;
using recovery::FileChange;
using recovery::Json;
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
    const std::string its = "files that " + printable(change.source) + " serves, compared with " +
                            change.against + ":\n";
    if (its != heading) text += heading = its;
    text += line_of(change);
  }
  return text;
}

Json json_of(const std::vector<Served>& all) {
  Json list = Json::array();
  for (const Served& one : all)
    list.push_back(
        {{"name", one.name}, {"zip", one.zip}, {"go_mod", one.go_mod}, {"error", one.error}});
  return list;
}

std::string json_of(const std::string& module, const Difference& d) {
  using enum Difference::Verdict;
  Json files = Json::array();
  for (const FileChange& change : d.files) {
    Json one{{"source", change.source},
             {"against", change.against},
             {"name", change.name},
             {"change", !change.before  ? "added"
                        : !change.after ? "removed"
                                        : "changed"}};
    if (change.before) one.set("before", *change.before);
    if (change.after) one.set("after", *change.after);
    files.push_back(one);
  }
  return Json{{"module", module},
              {"verdict", d.verdict == same      ? "same"
                          : d.verdict == differs ? "differs"
                                                 : "unknown"},
              {"recorded", json_of(d.recorded)},
              {"sources", json_of(d.sources)},
              {"files", files}}
      .pretty();
}

}  // namespace

static int diff(const Call& call) {
  const ParsedArguments& given = call.given;
  const std::string word = given.positionals.empty() ? "" : given.positionals[0];
  const auto m = recovery::ModuleVersion::parse(word);
  if (!m) throw UsageError("'" + word + "' is not MODULE@VERSION, as in example.com/a@v1.2.3");
  const Difference d = recovery::compare(request_here("diff"), *m);
  write_out(given.has("json") ? json_of(m->str(), d) : text_of(m->str(), d));
  using enum Difference::Verdict;
  if (d.verdict == unknown) say("diff: nothing to compare: fewer than two checksums are known");
  return d.verdict == same ? 0 : d.verdict == differs ? 1 : 2;
}

const CommandRow& diff_row() {
  static const CommandRow row{
      .name = "diff",
      .summary = "compare what was recorded for a module with what each source serves now",
      .arguments = "MODULE@VERSION",
      .about =
          "Compares the h1 checksums in go.sum, in .ziphash, in the cached answer of the checksum "
          "database and of the cached zip with what each permitted source serves now; and shows "
          "which files differ from the cached zip, and from the one that a repair has moved to "
          "quarantine. What is downloaded for it does not enter the cache.",
      .options = {json_option},
      .examples = {{"gomend diff git.corp.example/lib@v1.2.0", "after a SECURITY ERROR"}},
      .status = "0 no difference, 1 something differs, 2 could not be determined",
      .json =
          {{"module", "module and version"},
           {"verdict", "same, differs or unknown"},
           {"recorded",
            "list of objects: name (go.sum, ziphash, checksum database (cached), the cache), "
            "zip and go_mod (lists of h1), error"},
           {"sources", "list of objects: name, zip, go_mod, error"},
           {"files",
            "list of objects: source, against, name, change (added, removed or changed), before "
            "and after (bytes)"}},
      .run = diff,
      .most_positionals = 1};
  return row;
}

}  // namespace shim
