#pragma once
// JSON in tests: what the companion prints with --json, and what the modserver is told.

#include "recovery/os/json.hpp"
#include "tests/bed/process.hpp"
#include "tests/catch.hpp"

namespace tests {

using recovery::Json;

/// The object on stdout; the test ends if it is none.
inline Json json_of(const Ran& ran) {
  INFO(ran.text());
  const Json object = Json::parse(ran.out);
  REQUIRE(object.is_object());
  return object;
}

}  // namespace tests

template <>
struct Catch::StringMaker<recovery::Json> {
  static std::string convert(const recovery::Json& json) { return json.dump(); }
};
