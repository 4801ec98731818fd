// install/release, with a stand-in for the build: what it refuses, what it makes, and that the tag
// comes last. That the real build is the same bytes twice: tests/install/run release.

#include "tests/bed/files.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/process.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

// In place of install/setup. The build makes one package of each kind; what is in them says
// content.
const std::string setup = R"sh(
fail() { echo "${0##*/}: $*" >&2; exit 1; }
install_missing() { :; }
build_packages() { :; }
release_packages() { :; }
arm64_packages() { :; }
arm64_sysroot() { mkdir -p build/sysroot-arm64; }
build() {
  mkdir -p "build/$1/packages"
  binary >"build/$1/gomend"
  for kind in deb rpm tar.gz; do package >"build/$1/packages/g-$1.$kind"; done
}
binary() { echo "$SOURCE_DATE_EPOCH ${CXXFLAGS:-} $(git rev-parse HEAD)"; }
package() { binary; }
)sh";

// A clone of sources that are at 1.2.3, as far as install/release looks at them.
struct Clone {
  Clone() {
    write_file(root / "install/release",
               read_file(fs::path(tests_dir).parent_path() / "install/release"));
    write_file(root / "install/setup", setup);
    program(root / "install/sbom", "echo \"$1\"");
    program(dir.path() / "bin/fakeroot", ":");
    write_file(root / ".gitignore", "build/\n");
    write_file(root / "CMakeLists.txt", "project(gomend VERSION 1.2.3 LANGUAGES CXX)\n");
    write_changelog("1.2.3, 2026-01-31: all.\n");
    fs::create_directories(dir.path() / "tmp");
    sh("git init -q . && git add . && git commit -qm first");
  }

  static void program(const fs::path& path, const std::string& words) {
    write_file(path, "#!/bin/sh\n" + words + "\n");
    fs::permissions(path, fs::perms(0755));
  }
  void write_changelog(const std::string& sections) const {
    write_file(root / "install/README.md",
               "# Versions\n1.2.2, the page says elsewhere: no.\n\n**Changelog.** " + sections +
                   "\n## To add\n1.2.1, this: is none.\n");
  }
  [[nodiscard]] Ran release(Args args) const {
    args.insert(args.begin(), {"bash", "install/release"});
    return run(args, {.env = env, .cwd = root});
  }
  // What it says; that it leaves nothing is checked here.
  [[nodiscard]] std::string refusal(const Args& args) const {
    const std::string before = state();
    const Ran ran = release(args);
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(ran.out.empty());
    CHECK(state() == before);
    return ran.err;
  }
  std::string sh(const std::string& words) const {
    const Ran ran = run({"/bin/sh", "-euc", words}, {.env = env, .cwd = root});
    INFO(ran.text());
    REQUIRE(ran.code() == 0);
    return ran.out;
  }
  void commit() const { sh("git commit -qam more"); }
  [[nodiscard]] std::string state() const {
    return sh("git tag -l; git status --porcelain --ignored; ls ../*");
  }

  TempDir dir;
  fs::path root = dir.path() / "clone";
  Env env = {{"HOME", dir.path().string()},
             {"TMPDIR", (dir.path() / "tmp").string()},
             {"PATH", (dir.path() / "bin").string() + ":/usr/bin:/bin"},
             {"GIT_CONFIG_NOSYSTEM", "1"},
             {"GIT_AUTHOR_NAME", "a"},
             {"GIT_AUTHOR_EMAIL", "a@example.com"},
             {"GIT_COMMITTER_NAME", "a"},
             {"GIT_COMMITTER_EMAIL", "a@example.com"},
             {"CXXFLAGS", "-O0"}};
};

}  // namespace

TEST_CASE(
    "release: a tree with changes is refused, and so is one with a file that git does not know") {
  const Clone clone;
  const std::string said = "release: there are changes that are not committed (git status)\n";
  write_file(clone.root / "new", "");
  CHECK(clone.refusal({"--check", "v1.2.3"}) == said);
  fs::remove(clone.root / "new");
  write_file(clone.root / "CMakeLists.txt", "project(gomend VERSION 1.2.4 LANGUAGES CXX)\n");
  CHECK(clone.refusal({"--check", "v1.2.4"}) == said);
}

TEST_CASE("release: another version than that of project() is refused") {
  const Clone clone;
  CHECK(clone.refusal({"--check", "v1.2.4"}) ==
        "release: project(…) in CMakeLists.txt has version 1.2.3, not 1.2.4\n");
  for (const char* odd : {"1.2.3", "v1.2", "v1.2.3-rc1", "v1x2.3"})
    CHECK(clone.refusal({"--check", odd}) ==
          std::string("release: ") + odd + " is no version: vX.Y.Z\n");
}

TEST_CASE("release: a version of which the changelog says nothing is refused") {
  const Clone clone;
  for (const char* sections : {"1.2.4, 2026-02-01: more.\n", "all of 1.2.3, 2026-01-31: no.\n",
                               "1x2.3, 2026-01-31: no.\n", "\n"}) {
    clone.write_changelog(sections);
    clone.commit();
    CHECK(clone.refusal({"--check", "v1.2.3"}) ==
          "release: the changelog in install/README.md has no section '1.2.3, DATE: …'\n");
  }
}

TEST_CASE("release: what is 'not yet released' in the changelog can be tried, and not tagged") {
  const Clone clone;
  clone.write_changelog("1.2.4, 2026-02-01: more.\n1.2.3, not yet released: all.\n");
  clone.commit();
  CHECK(clone.refusal({"v1.2.3"}) ==
        "release: the changelog in install/README.md says '1.2.3, not yet released': write the "
        "date there\n");
  const Ran tried = clone.release({"--check", "v1.2.3"});
  INFO(tried.text());
  CHECK(tried.code() == 0);
  CHECK(tried.out.starts_with("before the tag, the changelog in install/README.md wants the date"));
}

TEST_CASE("release: a tag that is on another commit is refused") {
  const Clone clone;
  clone.sh("git tag -am old v1.2.3");
  const std::string tagged = clone.sh("git rev-parse --short=12 HEAD");
  clone.write_changelog("1.2.3, 2026-01-31: all, and more.\n");
  clone.commit();
  CHECK(clone.refusal({"--check", "v1.2.3"}) ==
        "release: the tag v1.2.3 exists, on another commit: " + tagged);
}

TEST_CASE("release: a directory that has files is refused, and options that there are not") {
  const Clone clone;
  write_file(clone.dir.path() / "out/old.deb", "");
  CHECK(clone.refusal({"--check", "v1.2.3", "../out"}) ==
        "release: " + (clone.dir.path() / "out").string() + " is there, and not empty\n");
  CHECK(clone.refusal({"--chek", "v1.2.3"}) ==
        "release: no such option: --chek (install/release --help)\n");
  CHECK(clone.refusal({"--check"}).starts_with("release: what is wanted is vX.Y.Z"));
}

TEST_CASE("release: the packages, an SBOM for each processor and their checksums; the tag, last") {
  const Clone clone;
  const Ran checked = clone.release({"--check", "--arm64", "v1.2.3"});
  INFO(checked.text());
  CHECK(checked.code() == 0);
  CHECK(checked.err.empty());
  CHECK(clone.sh("git tag -l; ls ../tmp").empty());
  CHECK(clone.sh("cd build/v1.2.3 && sha256sum --quiet -c SHA256SUMS && ls && wc -l <SHA256SUMS") ==
        "SHA256SUMS\n"
        "g-release-arm64.deb\ng-release-arm64.rpm\ng-release-arm64.spdx.json\ng-release-arm64.tar."
        "gz\n"
        "g-release.deb\ng-release.rpm\ng-release.spdx.json\ng-release.tar.gz\n"
        "8\n");
  // The commit and its time reach the build, no flags of the user's.
  CHECK(read_file(clone.root / "build/v1.2.3/g-release.deb") ==
        clone.sh("git log -1 --format='%ct  %H'"));

  const Ran released = clone.release({"v1.2.3", (clone.dir.path() / "out").string()});
  INFO(released.text());
  CHECK(released.code() == 0);
  CHECK(clone.sh("git cat-file -t v1.2.3; git rev-parse 'v1.2.3^{}'; git tag -n v1.2.3") ==
        "tag\n" + clone.sh("git rev-parse HEAD") + "v1.2.3          gomend 1.2.3\n");
  CHECK(fs::exists(clone.dir.path() / "out/SHA256SUMS"));

  const std::string tag = clone.sh("git rev-parse v1.2.3");
  CHECK(clone.release({"v1.2.3", "../again"}).code() == 0);
  CHECK(clone.sh("git rev-parse v1.2.3") == tag);
}

TEST_CASE("release: builds that differ or fail make no tag and leave no packages") {
  const Clone clone;
  const auto said = [&](const std::string& build) {
    write_file(clone.root / "install/setup", setup + build + "\n");
    clone.commit();
    const Ran ran = clone.release({"v1.2.3"});
    INFO(ran.text());
    CHECK(ran.code() == 1);
    CHECK(clone.sh("git tag -l; ls -A; git status --porcelain --ignored").find("build") ==
          std::string::npos);
    return ran.err;
  };
  CHECK(said("binary() { pwd; }").starts_with("release: two builds of release are not the same"));
  CHECK(said("binary() { echo same; }; package() { pwd; }")
            .starts_with("release: two builds of release made packages that differ:\n"));
  CHECK(said("build() { fail 'the build failed'; }").starts_with("release: the build failed\n"));
  write_file(clone.root / "install/sbom", "#!/bin/sh\nexit 1\n");
  CHECK(said("").starts_with("what was made so far: "));
}

}  // namespace tests
