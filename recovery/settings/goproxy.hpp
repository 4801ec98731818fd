#pragma once
// The value of GOPROXY, taken apart. Source of truth: `go help goproxy`.

#include <string>
#include <string_view>
#include <vector>

namespace recovery {

std::vector<std::string> proxy_entries(std::string_view goproxy);  // ["https://a", "direct"]
std::string source_name(
    std::string_view entry);  // host of a URL, without user and password; "direct" as it is

}  // namespace recovery
