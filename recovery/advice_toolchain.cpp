// Advice about which go a module wants, and which one there is.

#include "recovery/advice.hpp"
#include "recovery/go_setting.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

bool says(const Diagnosis& d, std::string_view words) {
  return d.line.find(words) != d.line.npos;
}

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
  return "; next: " + setting + " " + command_line(c.request);
}

// GOTOOLCHAIN=local, or =path, keeps go from fetching the go that is asked for.
std::string forbidden(const Circumstances& c, const Diagnosis& d) {
  const GoSetting setting = go_setting(c.request, c.settings, "GOTOOLCHAIN");
  const std::string who = ModuleVersion::parse(d.module, d.version) ? d.module + "@" + d.version
                                                                    : std::string("the project");
  const std::string number_wanted = is_plain(d.expected) ? d.expected : wanted_by(c.settings).go;
  const std::string wanted =
      number_wanted.empty() ? " wants a newer go" : " wants go " + number_wanted;
  return who + wanted + ", this is " + number(c.settings.go_version) + ", and GOTOOLCHAIN (from " +
         setting.where() + ") forbids to fetch one" + with("GOTOOLCHAIN=auto", c);
}

}  // namespace

std::string toolchain_missing(const Circumstances& c, const Diagnosis& d) {
  const GoSetting setting = go_setting(c.request, c.settings, "GOTOOLCHAIN");
  const std::string here = number(c.settings.go_version);
  if (says(d, "invalid GOTOOLCHAIN"))
    return "GOTOOLCHAIN (from " + setting.where() +
           ") names no toolchain; next: " + setting.undone(command_line(c.request));
  if (says(d, "disabled by GOSUMDB=off"))
    return "go fetches a toolchain only if the checksum database vouches for it, and GOSUMDB=off "
           "forbids to ask; next: " +
           go_setting(c.request, c.settings, "GOSUMDB").undone(command_line(c.request));
  if (says(d, "GOTOOLCHAIN=local)") || says(d, "\" in PATH")) return forbidden(c, d);
  if (!says(d, "toolchain")) return {};
  const Wanted wanted = wanted_by(c.settings);
  if (setting.value.starts_with("go1") || setting.value.starts_with("1"))
    return "the toolchain that GOTOOLCHAIN (from " + setting.where() +
           ") names can't be had; next: " + setting.undone(command_line(c.request));
  const std::string file = c.settings.go_work.empty() ? "go.mod" : "go.work";
  if (!wanted.go.empty() && !is_newer(wanted.go, here)) {
    if (wanted.toolchain.empty()) return {};
    return file + " asks for " + wanted.toolchain + ", which can't be had, but go " + here +
           " is enough for its go line" + with("GOTOOLCHAIN=local", c);
  }
  if (wanted.go.empty()) return {};
  if (c.settings.proxy == "off")
    return file + " wants go " + wanted.go + ", this is " + here +
           ", and GOPROXY=off forbids to fetch it; next: " +
           go_setting(c.request, c.settings, "GOPROXY").undone(command_line(c.request));
  return file + " wants go " + wanted.go + ", which can't be had; this is " + here +
         ", if that is enough; next: GOTOOLCHAIN=local " +
         in_same_place(c.request, (c.settings.go_work.empty() ? "mod" : "work") +
                                      std::string(" edit -go=") + here);
}

}  // namespace recovery
