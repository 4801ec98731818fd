#include "shim/commands/go.hpp"

#include <utility>

#include "shim/shim.hpp"

namespace shim {

int go(const Arguments& arguments) {
  Arguments argv = arguments;
  argv.insert(argv.begin(), "go");
  be_go(std::move(argv));
}

}  // namespace shim
