// Promise 13, issue 15.7: behind a comma in GOPROXY nobody is asked before "not found" was said;
// what a source decides is final, when a damaged copy is mended, too. Each row is proved by the
// sources' own record of requests.

#include "recovery/pipeline/outcome.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/request.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Outcome;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string module = "github.com/acme/alpha";
const std::string of_alpha = R"(alpha/@v/v1\.1\.0\.)";

enum class Kind { known_public, unknown, directory };
enum class Separator { comma, pipe };
enum class Need { first_time, to_mend };

struct Says {
  std::string name;
  Fault fault;
  enum class Meaning { not_found, decision, outage } meaning;
};

std::vector<Says> all_answers() {
  std::vector<Says> all;
  for (const int status :
       {400, 401, 402, 403, 404, 405, 408, 410, 418, 421, 423, 425, 429, 451, 500, 502, 503, 504}) {
    const bool is_outage = status >= 500 || status == 408 || status == 425 || status == 429;
    const bool is_absent = status == 404 || status == 410;
    all.push_back({std::to_string(status),
                   {.match = of_alpha, .kind = "status", .status = status},
                   is_absent   ? Says::Meaning::not_found
                   : is_outage ? Says::Meaning::outage
                               : Says::Meaning::decision});
  }
  all.push_back({"reset", {.match = of_alpha, .kind = "reset"}, Says::Meaning::outage});
  all.push_back(
      {"cut off", {.match = of_alpha, .kind = "drop", .bytes = 20}, Says::Meaning::outage});
  all.push_back({"a page", {.match = of_alpha, .kind = "html"}, Says::Meaning::outage});
  return all;
}

std::size_t asked(const Source& source) {
  std::size_t n = 0;
  for (const Request& request : source.log())
    n += request.path.find("acme/alpha") != std::string::npos;
  return n;
}

recovery::Request request_of(const Bed& bed, const std::string& text) {
  recovery::Request request;
  request.go = bed.toolchain.path.string();
  request.argv = {"go", "build", module};
  for (const auto& [name, value] : bed.env) request.env.push_back(name + "=" + value);
  request.cwd = request.dir = bed.app.string();
  request.verb = "build";
  request.text = text;
  request.may_set_env = true;
  return request;
}

// What plain go, run first, is known to have asked for itself is not counted.
struct World {
  World(const Go& go, Kind kind, Separator separator) : bed(go) {
    const std::string first =
        kind == Kind::directory ? "file://" + (bed.root / "no-such").string() : bed.proxy.url();
    bed.env["GOPROXY"] = first + (separator == Separator::comma ? "," : "|") + second.url();
    bed.env["GOMEND_PUBLIC"] = kind == Kind::known_public ? first : "https://nobody.invalid";
    bed.env["GOMEND_FALLBACK"] = fallback.url();
  }

  void lose(Need need) const {
    remove_tree(bed.tree(alpha));
    if (need == Need::first_time) {
      for (const char* extension : {".zip", ".ziphash", ".info", ".mod"})
        fs::remove(bed.download(alpha, extension));
    } else {
      write_zip(alpha, bed.zip(alpha));
      damage(bed.zip(alpha), "half");
    }
  }

  Bed bed;
  Source second, fallback;
};

void check(const World& world, const Says& says, Kind kind, Separator separator, Need need) {
  const auto& [bed, second, fallback] = world;
  INFO(says.name << (separator == Separator::comma ? ", comma" : ", pipe")
                 << (need == Need::to_mend ? ", to mend" : ", the first time") << ", kind "
                 << static_cast<int>(kind));
  world.lose(need);
  bed.proxy.clear();
  if (!says.fault.kind.empty()) bed.proxy.fault(says.fault);
  std::string text = "unzip " + bed.zip(alpha).string() + ": zip: not a valid zip file\n";
  if (need == Need::first_time) {
    const Ran plain = bed.go({"build", module});
    text = plain.err;
    if (plain.code() == 0) return;  // nothing is left for gomend
  }
  second.clear_log();
  fallback.clear_log();
  const Outcome outcome = recovery::recover(request_of(bed, text));
  std::string words;
  for (const std::string& line : outcome.words) words += line + "\n";
  INFO(text << words << "second:\n" << second.log_text() << "fallback:\n" << fallback.log_text());
  const bool is_open = separator == Separator::pipe || says.meaning == Says::Meaning::not_found ||
                       (says.meaning == Says::Meaning::outage && kind == Kind::known_public);
  if (!is_open) CHECK(asked(second) == 0);
  if (need == Need::to_mend) {
    CHECK((outcome.kind == Outcome::Kind::repaired) == is_open);
    if (says.meaning == Says::Meaning::decision && !is_open)
      CHECK(words.find("refuses to serve it") != words.npos);
    if (says.meaning == Says::Meaning::outage && !is_open)
      CHECK(words.find("the comma after it in GOPROXY prevents") != words.npos);
  }
  if (is_open && says.meaning != Says::Meaning::not_found && separator == Separator::comma)
    CHECK(outcome.kind == Outcome::Kind::repaired);
  CHECK(asked(fallback) == 0);
}

void check_all(Kind kind, Need need) {
  for (const Separator separator : {Separator::comma, Separator::pipe}) {
    const World world(gos().back(), kind, separator);
    for (const Says& says : all_answers()) check(world, says, kind, separator, need);
  }
}

}  // namespace

TEST_CASE("the gate: a source that is not known to be public, for the first time (15.7)",
          "[e2e][promise13]") {
  check_all(Kind::unknown, Need::first_time);
}

TEST_CASE("the gate: a source that is not known to be public, to mend (15.7)", "[e2e][promise13]") {
  check_all(Kind::unknown, Need::to_mend);
}

TEST_CASE("the gate: a known public source, for the first time (15.7)", "[e2e][promise13]") {
  check_all(Kind::known_public, Need::first_time);
}

TEST_CASE("the gate: a known public source, to mend (15.7)", "[e2e][promise13]") {
  check_all(Kind::known_public, Need::to_mend);
}

TEST_CASE("the gate: what is not in a directory is not found", "[e2e][promise13]") {
  for (const Separator separator : {Separator::comma, Separator::pipe}) {
    const World world(gos().back(), Kind::directory, separator);
    check(world, {"", {}, Says::Meaning::not_found}, Kind::directory, separator, Need::to_mend);
  }
}

TEST_CASE("a 404 of the public proxy is no leave to ask GOMEND_FALLBACK (15.5)",
          "[e2e][promise9]") {
  for (const Need need : {Need::first_time, Need::to_mend}) {
    World world(gos().back(), Kind::known_public, Separator::comma);
    const auto& [bed, corp, fallback] = world;
    bed.proxy.fault({.match = "acme/alpha", .kind = "status", .status = 404});
    corp.fault({.match = of_alpha, .kind = "status", .status = 503});
    world.lose(need);
    const Ran ran = bed.gomend({"build", module});
    INFO(ran.text() << corp.log_text());
    CHECK(ran.code() == 1);
    CHECK(fallback.log_text() == "");
    CHECK(asked(corp) > 0);
  }
}

TEST_CASE("what is replaced by a directory is not asked for when a source is down (15.5)",
          "[e2e][promise9]") {
  const Bed bed(gos().back());
  const std::string theta = "github.com/acme/alpha@v1.1.0";
  fs::create_directories(bed.app / "mine");
  fs::copy(bed.tree(theta), bed.app / "mine",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  write_file(bed.app / "go.mod",
             read_file(bed.app / "go.mod") + "\nreplace github.com/acme/alpha => ./mine\n");
  write_file(bed.app / "mine/go.mod", "module github.com/acme/alpha\n\ngo 1.17\n");
  remove_tree(bed.gomodcache);
  bed.proxy.fault({.match = "zip$", .kind = "status", .status = 503, .times = 3});
  const Ran ran = bed.gomend({"build", "./..."});
  INFO(ran.text() << bed.proxy.log_text());
  for (const Request& request : bed.proxy.log())
    CHECK(request.path.find("acme/alpha") == std::string::npos);
}

}  // namespace tests
