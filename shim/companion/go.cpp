#include "shim/companion/go.hpp"

#include <utility>

#include "shim/shim.hpp"

namespace shim {

static int go(const Call& call) {
  Arguments argv = call.given.positionals;
  argv.insert(argv.begin(), "go");
  be_go(std::move(argv));
}

const CommandRow& go_row() {
  static const CommandRow row{
      .name = "go",
      .summary = "run go with automatic repair, where gomend is not installed as go",
      .arguments = "ARGUMENT…",
      .about =
          "The same as gomend installed as go: all arguments are go's, --help too, and so is the "
          "exit status.",
      .options = {},
      .examples = {{"alias go='gomend go'", "in a shell, without changing PATH"}},
      .status = "go's own",
      .json = {},
      .run = go,
      .is_verbatim = true};
  return row;
}

}  // namespace shim
