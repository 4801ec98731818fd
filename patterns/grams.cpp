#include "patterns/grams.hpp"

#include <cstdint>
#include <cstring>

namespace patterns {
namespace {

constexpr std::size_t length = 4;
constexpr unsigned bits = 20;

std::size_t slot(const char* gram) {
  std::uint32_t value = 0;
  std::memcpy(&value, gram, length);
  return (value * 2654435761U) >> (32U - bits);  // Knuth's multiplicative hash
}

}  // namespace

Grams::Grams(std::string_view text) : seen_(std::size_t{1} << bits) {
  for (std::size_t i = 0; i + length <= text.size(); ++i) seen_[slot(text.data() + i)] = true;
}

bool Grams::may_hold(std::string_view part) const {
  for (std::size_t i = 0; i + length <= part.size(); ++i) {
    if (!seen_[slot(part.data() + i)]) return false;
  }
  return true;
}

}  // namespace patterns
