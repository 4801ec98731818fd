#include "shim/commands/explain.hpp"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "patterns/log.hpp"
#include "recovery/explanation.hpp"
#include "recovery/fd.hpp"
#include "shim/commands/options.hpp"
#include "shim/commands/own_rules.hpp"
#include "shim/commands/paint.hpp"
#include "shim/pipes.hpp"
#include "shim/words.hpp"

namespace shim {
namespace {

constexpr auto replace = nlohmann::json::error_handler_t::replace;  // of what is no UTF-8

recovery::Fd open_log(const std::string& name) {
  recovery::Fd file(name == "-" ? dup(STDIN_FILENO) : open(name.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts;
  if (!file || fstat(file.get(), &facts) != 0)
    throw Misuse("can't read " + name + ": " + strerror(errno));
  if (S_ISDIR(facts.st_mode)) throw Misuse("can't read " + name + ": it is a directory");
  return file;
}

void read_log(const std::string& name, patterns::Log& log) {
  const recovery::Fd file = open_log(name);
  std::string buffer(1 << 18, '\0');
  bool is_empty = true;
  while (true) {
    const ssize_t n = read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Misuse("can't read " + name + ": " + strerror(errno));
    if (n == 0) break;
    is_empty = false;
    log.feed({buffer.data(), static_cast<std::size_t>(n)});
  }
  if (is_empty) throw Misuse("there is nothing in " + (name == "-" ? "what came on stdin" : name));
}

nlohmann::ordered_json json_of(const recovery::Explanation& e) {
  return {{"class", e.class_id},
          {"remedy", e.remedy},
          {"may", e.may},
          {"module", e.module},
          {"version", e.version},
          {"story", e.story},
          {"heals", e.heals},
          {"command", e.command},
          {"advice", e.class_id == "none" ? "" : e.advice()},
          {"line", e.line},
          {"healed_by_gomend", e.is_healed_by_shim}};
}

std::string text_of(const recovery::Explanation& e, const Paint& paint) {
  const auto line = [&](std::string_view label, const std::string& words) {
    if (words.empty()) return std::string();
    std::string head(label);
    head.resize(8, ' ');
    return paint.faint(head) + wrapped(printable(words), paint.width(), 8) + "\n";
  };
  const bool is_fault = e.class_id != "none";
  const std::string module = e.version.empty() ? e.module : e.module + "@" + e.version;
  std::string text;
  if (is_fault) text += line("class", e.class_id) + line("module", module);
  if (!e.line.empty()) text += paint.faint("go said ") + printable(e.line) + "\n";
  text += line("story", e.story);
  text += line("needs", e.heals);
  if (e.is_healed_by_shim)
    text += line("gomend",
                 "as `go` in front of the real one it looks into this at once, and mends "
                 "what the cache or another source can mend");
  if (!e.command.empty()) text += paint.faint("next    ") + paint.bold(printable(e.command)) + "\n";
  return text;
}

}  // namespace

std::vector<patterns::Diagnosis> diagnoses_in(const std::string& name,
                                              std::vector<patterns::Rule> more) {
  patterns::Log log(std::move(more));
  read_log(name, log);
  return log.diagnoses();
}

int explain(const Arguments& arguments) {
  const Chosen chosen = parse("explain", arguments, 1);
  if (chosen.words.empty() && isatty(STDIN_FILENO) != 0)
    throw Misuse("explain reads a log from a file or from stdin");
  const std::string name = chosen.words.empty() ? "-" : chosen.words[0];
  const recovery::Explanation e = recovery::explain(diagnoses_in(name, own_rules("explain")));
  if (chosen.has("json"))
    write_all(STDOUT_FILENO, json_of(e).dump(2, ' ', false, replace) + "\n");
  else
    write_all(STDOUT_FILENO, text_of(e, Paint(STDOUT_FILENO)));
  return e.class_id == "none" ? 1 : 0;
}

}  // namespace shim
