#pragma once

#include <set>
#include <string>

namespace recovery {

// What the checksum database vouches for, as far as a fetch without go.sum tells: h1 of the zip
// and of the go.mod, or of the one that the source serves otherwise. Empty if it does not answer.
struct SumdbAnswer {
  bool is_asked = false;  // it is not, of what GOPRIVATE or GONOSUMDB covers
  std::set<std::string> verified;
  bool is_served = false;  // the source gives just that
};

}  // namespace recovery
