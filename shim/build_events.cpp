#include "shim/build_events.hpp"

#include <nlohmann/json.hpp>

namespace shim {
namespace {

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::optional<BuildEvent> parse_event(std::string_view line) {
  if (!line.starts_with('{')) return std::nullopt;
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  return BuildEvent{text_at(object, "Action"), text_at(object, "ImportPath"),
                    text_at(object, "Package"), text_at(object, "Test"), text_at(object, "Output")};
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
