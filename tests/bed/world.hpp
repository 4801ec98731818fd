#pragma once
// The modules and the project that the tests work on: tests/world.txtar, unpacked once per content
// into the work directory, with the two megabytes of the module `big` added.
//
// Example: world_modules() / "github.com/acme/alpha@v1.1.0/go.mod"

#include <filesystem>
#include <string>

namespace tests {

/// <escaped path>@<version>/ directories, as modserver wants them.
[[nodiscard]] std::filesystem::path world_modules();

/// example.com/app, without a go.sum.
[[nodiscard]] std::filesystem::path world_app();

/// Changes with the world's content.
[[nodiscard]] const std::string& world_digest();

/// "github.com/BurntSynth/Gamma" -> "github.com/!burnt!synth/!gamma", for paths and versions.
[[nodiscard]] std::string escaped(const std::string& path);

}  // namespace tests
