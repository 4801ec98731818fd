#pragma once
// `gomend restore [ID]`: puts back what a repair replaced, as it was; without an id, what the
// newest repair in the journal replaced. What stands there now is kept in its turn, so a restore
// can be taken back the same way.

#include <string>
#include <vector>

namespace shim {

int restore(const std::vector<std::string>& arguments);  // the exit code

}  // namespace shim
