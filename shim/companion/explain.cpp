#include "shim/companion/explain.hpp"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "patterns/log.hpp"
#include "recovery/advice/explanation.hpp"
#include "recovery/os/fd.hpp"
#include "recovery/os/json.hpp"
#include "recovery/os/next_command.hpp"
#include "shim/companion/frame/colour.hpp"
#include "shim/companion/frame/options.hpp"
#include "shim/companion/frame/output.hpp"
#include "shim/companion/own_rules.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

recovery::Fd open_log(const std::string& name) {
  recovery::Fd file(name == "-" ? dup(STDIN_FILENO) : open(name.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts;
  if (!file || fstat(file.get(), &facts) != 0)
    throw UsageError("can't read " + name + ": " + strerror(errno));
  if (S_ISDIR(facts.st_mode)) throw UsageError("can't read " + name + ": is a directory");
  return file;
}

void read_log(const std::string& name, patterns::Log& log) {
  const recovery::Fd file = open_log(name);
  std::string buffer(1 << 18, '\0');
  bool is_empty = true;
  while (true) {
    const ssize_t n = read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw UsageError("can't read " + name + ": " + strerror(errno));
    if (n == 0) break;
    is_empty = false;
    log.feed({buffer.data(), static_cast<std::size_t>(n)});
  }
  if (is_empty) throw UsageError((name == "-" ? std::string("stdin") : name) + " is empty");
}

recovery::Json json_of(const recovery::Explanation& e) {
  return {{"class", e.class_id},
          {"remedy", e.remedy},
          {"may", e.may},
          {"module", e.module},
          {"version", e.version},
          {"summary", e.summary},
          {"fix", e.fix},
          {"command", e.command},
          {"advice", e.class_id == "none" ? "" : e.advice()},
          {"line", e.line},
          {"automatic_repair", e.is_repaired_by_shim}};
}

std::string label_of(const std::string& command) {
  std::string label(recovery::next_label(command));
  label.resize(8, ' ');
  return label;
}

std::string text_of(const recovery::Explanation& e, const Paint& paint) {
  const auto line = [&](std::string_view label, const std::string& words) {
    if (words.empty()) return std::string();
    std::string head(label);
    head.resize(8, ' ');
    return paint.faint(head) + wrapped(printable(words), paint.finding_width(), 8) + "\n";
  };
  const bool is_fault = e.class_id != "none";
  const std::string module = e.version.empty() ? e.module : e.module + "@" + e.version;
  std::string text;
  if (is_fault) text += line("class", e.class_id) + line("module", module);
  if (!e.line.empty()) text += paint.faint("go said ") + printable(e.line) + "\n";
  text += line("what", e.summary);
  text += line("fix", e.fix);
  if (e.is_repaired_by_shim)
    text +=
        line("gomend",
             "automatic repair: yes, with gomend as your go, if a cache or a source is at fault");
  if (!e.command.empty())
    text += paint.faint(label_of(e.command)) + paint.bold(printable(e.command)) + "\n";
  return text;
}

}  // namespace

std::vector<patterns::Diagnosis> diagnoses_in(const std::string& name,
                                              std::vector<patterns::Rule> more) {
  patterns::Log log(std::move(more));
  read_log(name, log);
  return log.diagnoses();
}

static int explain(const Call& call) {
  const ParsedArguments& given = call.given;
  if (given.positionals.empty() && isatty(STDIN_FILENO) != 0)
    throw UsageError("explain reads a log from a file or from stdin");
  const std::string name = given.positionals.empty() ? "-" : given.positionals[0];
  const recovery::Explanation e = recovery::explain(diagnoses_in(name, own_rules("explain")));
  if (given.has("json"))
    write_out(json_of(e).pretty());
  else
    write_out(text_of(e, Paint(STDOUT_FILENO)));
  return e.class_id == "none" ? 1 : 0;
}

const CommandRow& explain_row() {
  static const CommandRow row{
      .name = "explain",
      .summary = "find the failure of go's in a log, and what fixes it",
      .arguments = "[FILE|-]",
      .about =
          "Reads a log of CI, of Docker or of a terminal, of any length, from a file or from "
          "stdin. Time stamps, step names and colours are removed; the root failure is shown "
          "with what fixes it and the command to run. Nothing on this machine is looked at.",
      .options = {json_option},
      .examples = {{"gomend explain build.log", "a log in a file"},
                   {"docker build . 2>&1 | gomend explain", "what has just failed"}},
      .status =
          "0 a failure of caches, sources or settings was found, 1 none was, 2 the log could not "
          "be read",
      .json = {{"class", "the failure's class, as in cache/zip-corrupt; none if there is none"},
               {"remedy", "evict, redownload, proxy-fallback, retry, advise or none"},
               {"may", "list: other remedies that the same words may need"},
               {"module", "module path, if the log names it"},
               {"version", "its version, if the log names it"},
               {"summary", "what happened"},
               {"fix", "what fixes it"},
               {"command", "to run next; empty if there is none"},
               {"advice", "the three in one line; empty for class none"},
               {"line", "go's line that says it"},
               {"automatic_repair", "true if gomend as your go tries to repair such a failure"}},
      .run = explain,
      .most_positionals = 1};
  return row;
}

}  // namespace shim
