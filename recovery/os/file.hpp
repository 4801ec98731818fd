#pragma once
// Files by their whole path, as any program needs them. What lies in a cache is read beneath a Root
// instead.

#include <string>

namespace recovery {

// Empty when it is absent, no file, not ours to read, or has more than 64 MiB. Throws
// std::system_error where the system can't tell: a go.sum that could not be read is not an empty
// one.
std::string read_text_file(const std::string& path);

bool exists(const std::string& path);
std::string directory_of(const std::string& path);  // "" of a path without a slash

}  // namespace recovery
