#include "shim/watch/build_events.hpp"

#include "recovery/os/json.hpp"

namespace shim {
std::optional<BuildEvent> parse_event(std::string_view line) {
  if (!line.starts_with('{')) return std::nullopt;
  const auto object = recovery::Json::parse(line);
  if (!object.is_object()) return std::nullopt;
  return BuildEvent{object["Action"].text(), object["ImportPath"].text(), object["Package"].text(),
                    object["Test"].text(), object["Output"].text()};
}

std::string build_output_text(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? "" : lines.substr(end + 1);
    if (line.find("\"build-output\"") == std::string_view::npos) continue;
    if (const auto event = parse_event(line); event && event->action == "build-output")
      text += event->output;
  }
  return text;
}

}  // namespace shim
