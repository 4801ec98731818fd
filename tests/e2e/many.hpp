#pragma once
// A project that needs three hundred modules: what a source that fails now and then does to it.

#include <stdexcept>
#include <string>

#include "tests/bed/bed.hpp"

namespace tests {

inline constexpr int modules = 300;

inline std::string name_of(int i) {
  return "github.com/many/m" + std::to_string(i);
}

// A project that imports them all, with its go.sum: the command, packages with a test that share
// them out, and one with a test that needs none.
class Many {
 public:
  explicit Many(const Go& go) : bed(go, {.modules = Modules::empty}) {
    std::string requires_them = "module example.com/app\n\ngo 1.19\n\nrequire (\n";
    std::string imports = "package main\n\nimport (\n";
    std::string shares[4];
    for (int i = 0; i < modules; ++i) {
      const fs::path module = served.path() / (name_of(i) + "@v1.0.0");
      write_file(module / "go.mod", "module " + name_of(i) + "\n\ngo 1.19\n");
      write_file(module / "m.go", "package m\n\nconst N = " + std::to_string(i) + "\n");
      requires_them += "\t" + name_of(i) + " v1.0.0\n";
      imports += "\t_ \"" + name_of(i) + "\"\n";
      shares[i % 4] += "\t_ \"" + name_of(i) + "\"\n";
    }
    remove_tree(bed.app);
    const std::string test = "import \"testing\"\n\nfunc TestIt(t *testing.T) {}\n";
    for (int i = 0; i < 4; ++i) {
      const std::string name = "p" + std::to_string(i);
      write_file(bed.app / name / "p.go", "package " + name + "\n\nimport (\n" + shares[i] + ")\n");
      write_file(bed.app / name / "p_test.go", "package " + name + "\n\n" + test);
    }
    write_file(bed.app / "q" / "q_test.go", "package q\n\n" + test);
    write_file(bed.app / "go.mod", requires_them + ")\n");
    write_file(bed.app / "main.go", imports + ")\n\nfunc main() {}\n");
    bed.proxy.serve_first({served.path()});
    const Ran all = bed.go({"mod", "download", "all"});
    const Ran built = bed.go({"build", "-mod=mod", "-o", "/dev/null", "."});
    if (all.code() != 0 || built.code() != 0) throw std::runtime_error(all.text() + built.text());
  }

  void empty_cache() const {
    if (bed.go({"clean", "-modcache"}).code() != 0) throw std::runtime_error("go clean");
  }

  TempDir served;
  Bed bed;
};

}  // namespace tests
