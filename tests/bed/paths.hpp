#pragma once
// Where the build has put what the tests run, and where the tests lie. Variables of one file, not
// definitions for the compiler of each: so a compiler cache serves every checkout.

namespace tests {

extern const char* const gomend_binary;   // the gomend under test
extern const char* const fake_go;         // the stand-in go (tests/fake_go.cpp)
extern const char* const tests_dir;       // tests/ of the checkout
extern const char* const build_work_dir;  // what tests may keep between runs; see work_dir()

}  // namespace tests
