#pragma once
// `gomend patterns list|test|where`: the rules by which go's words are recognised, gomend's and the
// user's own (recovery/advice/user_rules.hpp); which of them a log meets; and where the own ones
// lie.
//
// Exit status: 0 told, 1 no rule matches, 2 it could not be told, or not all of it.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& patterns_row();

}  // namespace shim
