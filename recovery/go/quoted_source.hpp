#pragma once
// Go's own words quote a source here and there while packages are loaded: the pattern of a
// //go:embed, an import path that is none, a #cgo line, the literal that stood in the wrong place,
// the file that a //line names. Such text may be anybody's, and may be many lines: a dependency can
// make go print any line at all.

#include <string_view>

namespace recovery {

// True if something in `text` may have been copied out of a source: then all of `text` may be.
bool quotes_a_source(std::string_view text);

}  // namespace recovery
