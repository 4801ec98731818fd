// Issue 15.4: text makes gomend look, and do nothing else. What anybody may have printed leads to
// no request, no advice and no note; what is broken on the disk is mended all the same, of modules
// that the build list holds.

#include "recovery/pipeline/outcome.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Outcome;
using recovery::Trust;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string lonely = "github.com/acme/lonely@v1.0.0";

Outcome recover(const Bed& bed, const Args& command, const std::string& text, Trust trust) {
  recovery::Request request;
  request.go = bed.toolchain.path.string();
  request.argv = command;
  request.argv.insert(request.argv.begin(), "go");
  for (const auto& [name, value] : bed.env) request.env.push_back(name + "=" + value);
  request.cwd = request.dir = bed.app.string();
  request.verb = command[0];
  request.text = text;
  request.trust = trust;
  request.may_set_env = true;
  return recovery::recover(request);
}

std::string journal(const Bed& bed) {
  const fs::path file = bed.home / ".local/state/gomend/journal.jsonl";
  return fs::exists(file) ? read_file(file) : "";
}

const std::vector<std::string>& words_of_anybody() {
  static const std::vector<std::string> all = {
      "go: " + lonely + ": reading http://p.example/x.zip: 503 Service Unavailable\n",
      "go: evil.example/x@v1.0.0: Get \"https://evil.example/x?go-get=1\": EOF\n",
      "verifying " + alpha +
          ": checksum mismatch\n\tdownloaded: h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
          "\tgo.sum:     h1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=\n\nSECURITY ERROR\n",
      "go: " + lonely + ": verifying module: checksum missing from sumdb response\n",
      "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n"
      "\tgo.sum database tree\n",
      "go: github.com/acme/none@v1.0.0: reading http://p.example/x.info: 404 Not Found\n",
      "go: missing go.sum entry for module providing package " + lonely + "; to add:\n",
      "unzip " + lonely + ".zip: zip: not a valid zip file\n",
      "main.go:3:8: no required module provides package evil.example/x; to add it:\n",
  };
  return all;
}

}  // namespace

TEST_CASE("what anybody may have printed asks nobody, says nothing, notes nothing",
          "[e2e][promise9]") {
  Bed bed(gos().back());
  const Source fallback;
  bed.env["GOPROXY"] = bed.proxy.url();
  bed.env["GOMEND_PUBLIC"] = bed.proxy.url();
  bed.env["GOMEND_FALLBACK"] = fallback.url();
  remove_tree(bed.tree(lonely));
  fs::remove(bed.zip(lonely));
  for (const std::string& text : words_of_anybody()) {
    DYNAMIC_SECTION(text.substr(0, 60)) {
      const Outcome outcome = recover(bed, {"test", "./..."}, text, Trust::may_be_anybodys);
      CHECK(outcome.kind == Outcome::Kind::nothing);
      CHECK(outcome.words.empty());
      CHECK_FALSE(outcome.repaired_damage);
      CHECK(bed.proxy.log_text() == "");
      CHECK(fallback.log_text() == "");
      CHECK(journal(bed) == "");
    }
  }
}

TEST_CASE("what is broken on the disk is mended whoever points at it, in the build list only",
          "[e2e]") {
  for (const std::string& module : {alpha, lonely}) {
    DYNAMIC_SECTION(module) {
      Bed bed(gos().back());
      damage(bed.zip(module), "half");
      remove_tree(bed.tree(module));
      const std::string text =
          "unzip " + bed.zip(module).string() + ": zip: not a valid zip file\n";
      const Outcome outcome = recover(bed, {"test", "./..."}, text, Trust::may_be_anybodys);
      const bool is_ours = module == alpha;
      CHECK((outcome.kind == Outcome::Kind::repaired) == is_ours);
      CHECK(outcome.repaired_damage == is_ours);
      CHECK((bed.proxy.log_text() != "") == is_ours);
    }
  }
}

}  // namespace tests
