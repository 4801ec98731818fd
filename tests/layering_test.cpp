// tests/layering itself: a check that never complains looks like a house in order. A small checkout
// that keeps the laws is broken in one place at a time, and that place must be named.

#include "tests/bed/files.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/process.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

// A room on each of some floors, all includes going down.
void make_checkout(const fs::path& root) {
  write_file(root / "patterns/tail.hpp", "#pragma once\n");
  write_file(root / "recovery/os/text.hpp", "#pragma once\n");
  write_file(root / "recovery/policy/acting.hpp", "#pragma once\n");
  write_file(root / "recovery/repair/swap.hpp", "#include \"recovery/os/text.hpp\"\n");
  write_file(root / "recovery/advice/advice.hpp", "#include \"patterns/tail.hpp\"\n");
  write_file(root / "recovery/pipeline/recover.hpp", "#include \"recovery/repair/swap.hpp\"\n");
  write_file(root / "shim/shim.cpp", "#include \"recovery/pipeline/recover.hpp\"\n");
  write_file(root / "shim/main.cpp", "#include \"shim/companion/companion.hpp\"\n");
}

Ran layering(const fs::path& root) {
  const std::string program = std::string(tests_dir) + "/layering";
  return run({program, root.string()}, {.env = {{"PATH", "/usr/bin:/bin"}}, .cwd = root});
}

struct Offence {
  std::string file, text, named;
};

}  // namespace

TEST_CASE("tests/layering is content with a house whose includes all go down") {
  const TempDir checkout;
  make_checkout(checkout.path());
  const Ran ran = layering(checkout.path());
  INFO(ran.text());
  CHECK(ran.code() == 0);
  CHECK(ran.out.empty());
}

TEST_CASE("tests/layering names each file that breaks a law of the house") {
  const auto [file, text, named] = GENERATE(values<Offence>({
      {"recovery/os/up.cpp", "#include \"recovery/pipeline/recover.hpp\"\n",
       "recovery/os/up.cpp includes recovery/pipeline/recover.hpp: up"},
      {"recovery/pipeline/up.hpp", "#include \"shim/shim.hpp\"\n",
       "recovery/pipeline/up.hpp includes shim/shim.hpp: up"},
      {"recovery/repair/side.cpp", "#include \"recovery/advice/advice.hpp\"\n",
       "recovery/repair/side.cpp includes recovery/advice/advice.hpp: sideways"},
      {"patterns/side.cpp", "  #  include \"recovery/os/text.hpp\"\n",
       "patterns/side.cpp includes recovery/os/text.hpp: sideways"},
      {"recovery/attic/lost.cpp", "#include \"recovery/os/text.hpp\"\n",
       "recovery/attic/lost.cpp lies in no room"},
      {"recovery/go/near.cpp", "#include \"near.hpp\"\n",
       "recovery/go/near.cpp includes near.hpp, which lies in no room"},
      {"recovery/policy/disk.cpp", "#include \"recovery/os/text.hpp\"\n",
       "recovery/policy/disk.cpp:1:#include \"recovery/os/text.hpp\""},
      {"recovery/go/lib.hpp", "#include <nlohmann/json.hpp>\n", "recovery/go/lib.hpp:1:"},
      {"recovery/go/hash.cpp", "#include <openssl/evp.h>\n", "recovery/go/hash.cpp:1:"},
      {"recovery/go/long.cpp", std::string(401, '\n'), "recovery/go/long.cpp has 401 lines"},
      {"tests/long_test.cpp", std::string(501, '\n'), "tests/long_test.cpp has 501 lines"},
  }));
  INFO(file);
  const TempDir checkout;
  make_checkout(checkout.path());
  write_file(checkout.path() / file, text);
  const Ran ran = layering(checkout.path());
  INFO(ran.text());
  CHECK(ran.code() == 1);
  CHECK(ran.out.find(named) != std::string::npos);
}

}  // namespace tests
