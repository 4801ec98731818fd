#pragma once
// Finds the real go: GOMEND_REAL_GO where it is set, else the first `go` on PATH that is not
// gomend, else the usual places. By identity, not by name: a second copy of gomend is known by a
// note in its ELF file (readelf -n), a symlink or a hard link to ourselves by device and inode.
// What is found may be a version manager's script or program that calls `go` again, and so us:
// `loop_guard` stops that circle, and a go that is one (its linker's note tells) never sees it.
//
// Example: {"/usr/local/go/bin/go", ""}.

#include <optional>
#include <string>

namespace shim {

struct RealGo {
  std::string path;  // absolute
  std::string
      loop_guard;  // "" for a go; else the value of GOMEND_VIA to set for what may call back
};

// Absent when there is none. A GOMEND_REAL_GO that can't be run is never passed over: another go
// may be of another version.
std::optional<RealGo> find_real_go();

// Why there is none, and what to type; `code` is what a shell would exit with: 127 for what is not
// found, 126 for what can't be run.
struct NoGo {
  std::string words;
  std::string next;
  int code = 127;
};
NoGo why_no_go();

// True if the kernel itself can run the file at `path`: a program, or a script with #!. What else
// is registered for it (binfmt_misc) is not known here.
bool is_program_or_script(const std::string& path);

// True if the file at `path` is a gomend, whichever version, whatever its name.
bool is_gomend(const char* path);

}  // namespace shim
