#pragma once
// Verifies that module versions in the cache are right, as fast as the machine can: all processors
// work, on pieces of modules (module_check.hpp), the largest modules first. What can't be proven is
// not judged here: inspect() then says what is wrong, and with what.
//
// Source of truth: inspect.hpp's; golang.org/x/mod/zip for what a tree has of its zip (all of it).
//
// Example: Verifier verifier(cache, build_cache, "go1.26", memo, progress);
//          verifier.verify({{m, list.expected(m)}})[0].is_sound

#include <cstdint>
#include <string>
#include <vector>

#include "recovery/evidence/module_check.hpp"

namespace recovery {

class Verifier {
 public:
  // `build_cache` may be null; `go_version` is `go env GOVERSION`.
  Verifier(const Root& cache, const Root* build_cache, std::string go_version, Memo& memo,
           Progress& progress)
      : context_{cache, {build_cache, std::move(go_version)}, memo, progress} {}

  // One answer for each, in that order. What is proven is noted in the memo.
  std::vector<VerifyResult> verify(const std::vector<VerifyTarget>& modules);

  std::uint64_t bytes_read() const { return context_.bytes_read; }

 private:
  VerifyContext context_;
};

}  // namespace recovery
