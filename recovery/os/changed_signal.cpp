#include "recovery/os/changed_signal.hpp"

#include <csignal>

namespace recovery {
namespace {

// How this process found each that was ever changed here.
struct Found {
  bool is_known = false;
  bool was_ignored = false;
};
Found found[NSIG];

}  // namespace

ChangedSignal::ChangedSignal(int number, Handler handler)
    : number_(number), before_(std::signal(number, handler)) {
  Found& as = found[number];
  if (!as.is_known) as = {true, before_ == SIG_IGN};
}

ChangedSignal::~ChangedSignal() {
  std::signal(number_, before_);
}

void give_back_signals() {
  for (int number = 1; number < NSIG; ++number) {
    if (found[number].is_known) std::signal(number, found[number].was_ignored ? SIG_IGN : SIG_DFL);
  }
}

}  // namespace recovery
