#include "recovery/policy/patience.hpp"

#include <algorithm>
#include <cmath>

namespace recovery::policy {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds usual = 30s;
constexpr Milliseconds in_ci = 150s;
constexpr Milliseconds offline = 3s;
constexpr Milliseconds longest_wait = 15s;

}  // namespace

Milliseconds patience_of(const Circumstances& circumstances) {
  Milliseconds patience = circumstances.is_ci ? in_ci : usual;
  if (circumstances.set_seconds) patience = std::chrono::seconds(*circumstances.set_seconds);
  return circumstances.is_offline ? std::min(patience, offline) : patience;
}

std::optional<Milliseconds> Patience::next_wait(double dice) {
  if (left() <= 0ms) return std::nullopt;
  const Milliseconds plain = waits_ < 5 ? 500ms * (1 << waits_) : longest_wait;
  ++waits_;
  const double factor = 0.7 + 0.6 * std::clamp(dice, 0.0, 1.0);
  const Milliseconds wait =
      std::min(left(), Milliseconds(std::llround(static_cast<double>(plain.count()) * factor)));
  spent_ += wait;
  return wait;
}

}  // namespace recovery::policy
