// Issue 15.4: what go prints while it loads may be a source's words, not go's. They lead to no
// request, no advice, no note.

#include "recovery/go/quoted_source.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

const std::string lonely = "github.com/acme/lonely@v1.0.0";

// What a source can make go 1.26 print while it loads packages.
std::vector<std::string> quotations() {
  const std::string t = "go: " + lonely + ": reading http://p.example/x.zip: 503 Unavailable";
  return {
      "e.go:3:12: pattern " + t + ": invalid pattern syntax",
      "e.go:3:12: pattern \n" + t + "\n: no matching files found",
      "e.go:1:9: expected 'IDENT', found `\n" + t + "\n`",
      "e.go:2:8: invalid import path: \n" + t,
      "/a/e.go: invalid #cgo verb: #cgo " + t,
      "m1: invalid flag in #cgo CFLAGS: " + t + " (see https://go.dev/s/invalidflag)",
      t + ":3: import path must be a string",
      t + ":1:8: no required module provides package example.com/x; to add it:",
      "# m1\n# [pkg-config --cflags  -- " + t + "]",
      "e.go:3:8: malformed import path \"a b: 503\": invalid char ' '",
  };
}

std::vector<std::string> gos_own() {
  return {
      "m.go:3:8: " + lonely + ": reading http://127.0.0.1:80/x.zip: 503 Service Unavailable",
      "m.go:3:8: " + lonely + ": Get \"http://h/\": dial tcp 127.0.0.1:1: connect: refused",
      "m.go:3:8: " + lonely + ": Get \"http://h/\": dial tcp: lookup h on 1.2.3.4:53: no such host",
      "m.go:3:8: unzip /m/x.zip: zip: not a valid zip file",
      "dir with blanks/m.go:3:8: no required module provides package example.com/x; to add it:",
      "go: " + lonely + ": parsing /m/v1.0.0.mod:3: unknown directive: x",
      "/m/a@v1/t.go:5:12: pattern data/table.txt: no matching files found",
      "/m/a@v1/inner.go:1:1: expected 'package', found 'EOF'",
      "verifying " + lonely + ": checksum mismatch\n\tdownloaded: h1:x\n\tgo.sum:     h1:y",
  };
}

}  // namespace

TEST_CASE("a source's words among go's own are told by their form (15.4)", "[recovery]") {
  for (const std::string& text : quotations()) {
    CAPTURE(text);
    CHECK(recovery::quotes_a_source("go: downloading x v1\n" + text + "\n"));
  }
  for (const std::string& text : gos_own()) {
    CAPTURE(text);
    CHECK_FALSE(recovery::quotes_a_source(text + "\n"));
  }
}

TEST_CASE("what a source makes go print asks nobody, says nothing, notes nothing (15.4)",
          "[e2e][promise9]") {
  const std::vector<std::string> sources = {
      "package app\nimport _ \"embed\"\n//go:embed `T`\nvar s string\n",
      "package `\nT\n`\n",
      "package app\nimport `\nT\n`\n",
      "package app\n/*\n#cgo zork: T\n*/\nimport \"C\"\n",
      "//line T:1\npackage app\nimport 5\n",
  };
  for (const std::string& source : sources) {
    DYNAMIC_SECTION(source) {
      Bed bed(gos().back());
      const Source fallback;
      bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
      bed.env["GOMEND_FALLBACK"] = fallback.url();
      remove_tree(bed.tree(lonely));
      fs::remove(bed.zip(lonely));
      std::string text = source;
      text.replace(text.find('T'), 1,
                   "go: " + lonely + ": reading " + bed.proxy.url() + "/x.zip: 503 Unavailable");
      write_file(bed.app / "quoted" / "q.go", text);
      const Ran ran = bed.gomend({"build", "-mod=mod", "./quoted"});
      CHECK(ran.status != 0);
      CHECK(ran.err.find("gomend: ") == std::string::npos);
      CHECK(bed.proxy.log_text() == "");
      CHECK(fallback.log_text() == "");
      CHECK_FALSE(fs::exists(bed.home / ".local/state/gomend/journal.jsonl"));
    }
  }
}

}  // namespace tests
