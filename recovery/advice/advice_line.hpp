#pragma once
// What a person is told where only he can act: the words, and the command apart, so that whoever
// wants the command (`gomend fix`, JSON) does not search a line for it.
//
// Example: Advice{"missing go.sum", "go mod tidy"}.line() is "missing go.sum; run: go mod tidy"

#include <string>
#include <utility>

#include "recovery/os/next_command.hpp"

namespace recovery {

struct Advice {
  Advice() = default;
  // Words alone are advice, too.
  Advice(std::string its_words, std::string its_next = {})  // NOLINT(google-explicit-constructor)
      : words(std::move(its_words)), next(std::move(its_next)) {}
  Advice(const char* its_words) : words(its_words) {}  // NOLINT(google-explicit-constructor)

  std::string words;  // "SUBJECT: CAUSE; ACTION"
  std::string next;   // a command for a shell; empty: none

  [[nodiscard]] bool empty() const { return words.empty(); }
  [[nodiscard]] std::string line() const { return with_next(words, next); }
};

// Of a line that a user has written in a rule: "…; run: vpn up" ("see:" and "next:" do, too).
Advice advice_in(const std::string& line);

}  // namespace recovery
