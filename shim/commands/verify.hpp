#pragma once
// `gomend verify [--repair]`: holds every module of the build list in the current directory against
// go.sum, the checksum database's records and its ziphash: zips, trees, go.mods, infos, and go's
// index of its packages. Works offline; with
// --repair it mends what it finds, as the shim would after a failure.
//
// Exit status: 0 all sound (or mended), 1 something is broken, 2 the question could not be
// answered.

#include <string>
#include <vector>

namespace shim {

int verify(const std::vector<std::string>& arguments);  // the exit code

}  // namespace shim
