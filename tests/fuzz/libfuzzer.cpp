// One target of targets.hpp for libFuzzer, chosen by its name:
//
//   clang++ -std=c++20 -I. -g -O1 -fsanitize=fuzzer,address,undefined -DTARGET=zip \
//     tests/fuzz/libfuzzer.cpp $(find recovery -name "*.cpp") patterns/*.cpp
//     build/dev/generated/rules.cpp \ -lcrypto -lz -ldeflate -lpcre2-8 -o build/fuzz-zip &&
//     build/fuzz-zip -max_total_time=60

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::TARGET(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
