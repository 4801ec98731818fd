// go shortens the paths that it prints; what they are relative to depends on how the directory was
// reached.

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {

TEST_CASE("a path that go printed relative is found, through a link, $PWD and -C", "[e2e]") {
  const std::string alpha = "github.com/acme/alpha@v1.1.0";
  struct Row {
    std::string name;
    std::string cwd, pwd;  // below the bed's root
    Args args;
    int since;
  };
  const std::vector<Row> rows = {
      {"in the project", "app", "app", {"build", "./..."}, 19},
      {"through a link, $PWD says so", "deep/er/link", "deep/er/link", {"build", "./..."}, 19},
      {"through a link, $PWD is somewhere else", "deep/er/link", "home", {"build", "./..."}, 19},
      {"-C to a link", "deep", "deep", {"build", "-C", "er/link", "./..."}, 20},
      {"-C before the command", "home", "home", {"-C", "../app", "build", "./..."}, 21},
  };
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const Row& row = rows[n];
    for (const Go& go : gos_of_row(n, row.since)) {
      DYNAMIC_SECTION(go.version << ": " << row.name) {
        const Bed bed(go);
        fs::create_directories(bed.root / "deep/er");
        fs::remove(bed.root / "deep/er/link");
        fs::create_directory_symlink(bed.app, bed.root / "deep/er/link");
        damage(bed.tree(alpha) / "inner/inner.go", "emptied");
        const RunOptions options{.env = {{"PWD", (bed.root / row.pwd).string()}},
                                 .cwd = bed.root / row.cwd};
        const Ran plain = bed.go(row.args, options);
        const Ran ran = bed.gomend(row.args, options);
        INFO("plain go: " << plain.text() << "\ngomend: " << ran.text());
        CHECK(plain.code() != 0);
        CHECK(ran.code() == 0);
        fs::remove_all(bed.root / "deep");
      }
    }
  }
}

}  // namespace tests
