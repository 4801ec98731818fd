#include "tests/bed/paths.hpp"

namespace tests {

const char* const gomend_binary = GOMEND_BINARY;
const char* const fake_go = FAKE_GO;
const char* const tests_dir = GOMEND_TESTS_DIR;
const char* const build_work_dir = GOMEND_WORK_DIR;

}  // namespace tests
