#pragma once
// Finds the real go: GOMEND_REAL_GO, else the first `go` on PATH that is not gomend, else the usual
// places. By identity, not by name: a second copy of gomend is known by a note in its ELF file
// (readelf -n), a symlink or a hard link to ourselves by device and inode. What is found may be a
// version manager's script or program that calls `go` again, and so us: `loop_guard` stops that
// circle, and a go that is one (its linker's note tells) never sees it.
//
// Example: {"/usr/local/go/bin/go", ""}.

#include <optional>
#include <string>

namespace shim {

struct RealGo {
  std::string path;  // absolute, or as GOMEND_REAL_GO has it
  std::string
      loop_guard;  // "" for a go; else the value of GOMEND_VIA to set for what may call back
};

// Absent when there is none: the caller says so and exits 127, as a shell would.
std::optional<RealGo> find_real_go();

// True if the file at `path` is a gomend, whichever version, whatever its name.
bool is_gomend(const char* path);

}  // namespace shim
