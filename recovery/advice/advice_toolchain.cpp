// Advice about which go a module wants, and which one there is.

#include "recovery/advice/advice.hpp"
#include "recovery/os/file.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/go_setting.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;
using patterns::FailureClass;
using patterns::RuleFlag;

// "1.26.8" of "go1.26.8", and of "go1.26.8 X:experiment".
std::string number(const std::string& go_version) {
  const std::string text = go_version.substr(go_version.starts_with("go") ? 2 : 0);
  return text.substr(0, text.find_first_of(" -"));
}

// Go's numbers up to the point where one of them is a release candidate: enough to compare with.
bool is_newer(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const int left = i < a.size() ? std::atoi(a.c_str() + i) : 0;
    const int right = j < b.size() ? std::atoi(b.c_str() + j) : 0;
    if (left != right) return left > right;
    i = std::min(a.size(), a.find('.', i) == a.npos ? a.size() : a.find('.', i) + 1);
    j = std::min(b.size(), b.find('.', j) == b.npos ? b.size() : b.find('.', j) + 1);
  }
  return false;
}

struct Wanted {
  std::string go;         // the highest go line of the project's files: "1.99"
  std::string toolchain;  // the toolchain line: "go1.99.0"
};

Wanted wanted_by(const Settings& settings) {
  std::vector<std::string> files = settings.mod_files;
  if (!settings.go_work.empty()) files.push_back(settings.go_work);
  Wanted wanted;
  for (const std::string& file : files) {
    for (const Directive& d : read_directives(read_text_file(file))) {
      if (d.words.size() != 1 || !is_plain(d.words[0])) continue;
      if (d.name == "go" && (wanted.go.empty() || is_newer(d.words[0], wanted.go)))
        wanted.go = d.words[0];
      if (d.name == "toolchain") wanted.toolchain = d.words[0];
    }
  }
  return wanted;
}

std::string with(const std::string& setting, const Circumstances& c) {
  return setting + " " + command_line(c.request);
}

// GOTOOLCHAIN=local, or =path, keeps go from fetching the go that is asked for.
Advice forbidden(const Circumstances& c, const Diagnosis& d) {
  const GoSetting setting = go_setting(c.request, c.settings, "GOTOOLCHAIN");
  const std::string who = ModuleVersion::parse(d.module, d.version) ? d.module + "@" + d.version
                                                                    : std::string("this project");
  const std::string number_wanted = is_plain(d.expected) ? d.expected : wanted_by(c.settings).go;
  const std::string wanted =
      number_wanted.empty() ? " requires a newer go" : " requires go >= " + number_wanted;
  return {who + wanted + " (have " + number(c.settings.go_version) + "); GOTOOLCHAIN (from " +
              setting.where() + ") prevents the download",
          with("GOTOOLCHAIN=auto", c)};
}

}  // namespace

Advice toolchain_missing(const Circumstances& c, const Diagnosis& d) {
  const GoSetting setting = go_setting(c.request, c.settings, "GOTOOLCHAIN");
  const std::string here = number(c.settings.go_version);
  if (d.flags.has(RuleFlag::malformed_toolchain))
    return {"GOTOOLCHAIN (from " + setting.where() + ") is not a valid value",
            setting.undone(command_line(c.request))};
  if (d.flags.has(RuleFlag::sumdb_off))
    return {
        "go downloads a toolchain only if the checksum database verifies it; GOSUMDB=off "
        "prevents that",
        go_setting(c.request, c.settings, "GOSUMDB").undone(command_line(c.request))};
  if (d.flags.has(RuleFlag::local_toolchain)) return forbidden(c, d);
  const bool is_wanted = d.failure == FailureClass::toolchain_unavailable;
  if (!is_wanted || d.flags.has(RuleFlag::no_release)) return {};
  const Wanted wanted = wanted_by(c.settings);
  if (setting.value.starts_with("go1") || setting.value.starts_with("1"))
    return {"GOTOOLCHAIN (from " + setting.where() + "): that toolchain is not available",
            setting.undone(command_line(c.request))};
  const std::string file = c.settings.go_work.empty() ? "go.mod" : "go.work";
  if (!wanted.go.empty() && !is_newer(wanted.go, here)) {
    if (wanted.toolchain.empty()) return {};
    return {file + ": toolchain " + wanted.toolchain + " is not available; go " + here +
                " is enough for its go line",
            with("GOTOOLCHAIN=local", c)};
  }
  if (wanted.go.empty()) return {};
  if (c.settings.proxy == "off")
    return {file + " requires go >= " + wanted.go + " (have " + here +
                "); GOPROXY=off prevents the download",
            go_setting(c.request, c.settings, "GOPROXY").undone(command_line(c.request))};
  return file + " requires go >= " + wanted.go + " (have " + here +
         "), which is not available; install it, or lower the go line";
}

}  // namespace recovery
