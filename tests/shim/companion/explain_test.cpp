// `gomend explain`: the caught logs, as they are and as CI services show them, alone and in a sea
// of noise; what is no log; and how long a gigabyte takes.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "patterns/log.hpp"
#include "patterns/rule_file.hpp"
#include "recovery/advice/explanation.hpp"
#include "tests/bed/files.hpp"
#include "tests/bed/json.hpp"
#include "tests/bed/log_wrappers.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/process.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

struct Caught {
  std::string name, class_id, text;
};

const std::vector<Caught>& caught_logs() {
  static const std::vector<Caught> all = [] {
    const fs::path root = fs::path(tests_dir) / "logs";
    std::vector<Caught> logs;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".log") continue;
      std::ifstream in(entry.path());
      std::string remedy;
      std::getline(in, remedy);
      const auto path = entry.path().lexically_relative(root);
      const std::string folder = path.parent_path().string();
      logs.push_back({path.string(), folder.starts_with("other/") ? "none" : folder,
                      std::string(std::istreambuf_iterator<char>(in), {})});
    }
    return logs;
  }();
  return all;
}

recovery::Explanation explanation_of(const std::string& text, std::size_t piece = 1 << 16) {
  patterns::Log log;
  for (std::size_t at = 0; at < text.size(); at += piece)
    log.feed(std::string_view(text).substr(at, piece));
  return recovery::explain(log.diagnoses());
}

// How many of the logs are told right when each is put through `change`; prints which are not.
template <typename Change>
void check_all(const std::string& name, Change change) {
  std::size_t right = 0;
  std::string wrong;
  for (const Caught& log : caught_logs()) {
    const auto e = explanation_of(change(log.text));
    const bool is_right = e.class_id == log.class_id;
    right += is_right;
    if (!is_right) wrong += log.name + " taken for " + e.class_id + "\n";
    // A negative is told as none, whatever stands around it.
    if (log.class_id == "none") CHECK((e.class_id == "none" || !is_right));
    if (log.class_id == "none" && !is_right)
      FAIL_CHECK(name << ": " << log.name << " taken for " << e.class_id);
  }
  INFO(name << ": " << right << " of " << caught_logs().size() << "\n" << wrong);
  CHECK(right * 100 >= caught_logs().size() * 98);
}

std::string noise(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    text += i % 3 == 0
                ? "npm notice package " + std::to_string(i) + " is fine\n"
                : "[INFO] step " + std::to_string(i) + ": compiled, 0 warnings, cached layer\n";
  }
  return text;
}

Ran explain(const Args& args, const RunOptions& options = {}) {
  Args all = {gomend_binary, "explain"};
  all.insert(all.end(), args.begin(), args.end());
  RunOptions with = options;
  with.env["PATH"] = "/usr/bin:/bin";
  return run(all, with);
}

}  // namespace

TEST_CASE("explain: each caught log is told by its class, and what is no fault of go's by none") {
  check_all("as it is", [](const std::string& text) { return text; });
}

TEST_CASE("explain: what a CI service puts around go's words does not hide them") {
  for (const Wrapper& wrapper : wrappers()) {
    DYNAMIC_SECTION(wrapper.name) {
      check_all(wrapper.name, [&](const std::string& text) { return wrapper.wrap(text); });
    }
  }
}

TEST_CASE("explain: a root failure is found among noise") {
  const std::string sea = noise(8000);  // more than what is looked at whole
  REQUIRE(sea.size() > 300 * 1024);
  check_all("noise before", [&](const std::string& text) { return sea + text; });
  const auto is_cut = [&](const std::string& text) { return sea + text + "\n" + sea; };
  std::size_t right = 0, faults = 0;
  std::string wrong;
  for (const Caught& log : caught_logs()) {
    if (log.class_id == "none") continue;
    ++faults;
    const auto e = explanation_of(is_cut(log.text));
    right += e.class_id == log.class_id;
    if (e.class_id != log.class_id) wrong += log.name + " taken for " + e.class_id + "\n";
  }
  INFO(wrong);
  CHECK(right * 100 >= faults * 98);
}

TEST_CASE("explain: a step that failed and was got over is not the root") {
  const std::string step = "##[group]Run go build\n";
  const std::string reset =
      "go: a.b/c@v1.0.0: Get \"https://proxy.example.org/a.b/c/@v/v1.0.0.mod\": read tcp "
      "1.2.3.4:5->6.7.8.9:443: read: connection reset by peer\n";
  const std::string zip = "-> unzip /m/cache/download/a.b/d/@v/v1.2.0.zip: zip: checksum error\n";
  const auto e = explanation_of(step + reset + step + "ok\n" + step + zip + step + "cleaning up\n");
  CHECK(e.class_id == "cache/zip-corrupt");
  CHECK(e.module == "a.b/d");
  CHECK(e.version == "v1.2.0");
  CHECK(explanation_of(step + zip + step + reset).class_id == "network/reset");
}

TEST_CASE("explain: the pieces in which a log comes make no difference") {
  const std::string text = noise(100) + caught_logs().front().text + noise(9000) +
                           "-> unzip /m/cache/download/a.b/d/@v/v1.2.0.zip: zip: checksum error\n" +
                           noise(9000);
  const auto whole = explanation_of(text, text.size());
  CHECK(whole.class_id == "cache/zip-corrupt");
  for (const std::size_t piece : {1000UL, 4096UL, 99999UL}) {
    const auto e = explanation_of(text, piece);
    CHECK(e.class_id == whole.class_id);
    CHECK(e.line == whole.line);
  }
}

TEST_CASE("explain: each class of the rules has its story") {
  for (const auto& rule :
       patterns::parse_rules(patterns::rule_files(), patterns::Examples::skip).rules) {
    CAPTURE(rule.class_id);
    if (family_of(rule.failure) != patterns::Family::other)
      CHECK(recovery::has_summary(rule.failure));
  }
}

TEST_CASE("explain: a story names what the log names, and no command has a hole in it") {
  for (const Caught& log : caught_logs()) {
    const auto e = explanation_of(log.text);
    CAPTURE(log.name, e.summary, e.command);
    for (const std::string& text : {e.summary, e.fix, e.command})
      CHECK(text.find_first_of("{}") == std::string::npos);
    CHECK(!e.summary.empty());
    if (e.class_id != "none") CHECK(e.advice().find(e.summary) == 0);
    if (!e.version.empty()) CHECK(!e.module.empty());
  }
}

TEST_CASE("explain: text in a log can't put anything into a command") {
  const auto e = explanation_of(
      "go: a.b/c;rm@v1.0.0: reading https://p.example.org/$(x)/@v/v1.mod: "
      "502 Bad Gateway\n");
  CHECK(e.command.find_first_of(";$(`") == std::string::npos);
}

TEST_CASE("explain: --json is one object, and its exit status tells whether there is a fault") {
  const Ran fault = explain({"--json"}, {.input = "-> unzip "
                                                  "/m/cache/download/a.b/d/@v/v1.2.0.zip: zip: "
                                                  "checksum error\n\xff\n"});
  INFO(fault.text());
  CHECK(fault.code() == 0);
  const Json object = json_of(fault);
  CHECK(object["class"] == "cache/zip-corrupt");
  CHECK(object["remedy"] == "evict");
  CHECK(object["may"].is_array());
  CHECK(object["module"] == "a.b/d");
  CHECK(object["version"] == "v1.2.0");
  CHECK(!object["advice"].text().empty());
  const Ran none = explain({"-", "--json"}, {.input = "all is well\n"});
  CHECK(none.code() == 1);
  CHECK(json_of(none)["class"] == "none");
  CHECK(none.err.empty());
}

TEST_CASE("explain: what can't be read gets one line and status 2") {
  const TempDir dir;
  const std::string mode000 = (dir.path() / "secret").string();
  write_file(mode000, "x");
  fs::permissions(mode000, fs::perms::none);
  std::vector<Args> rows = {{"/nosuch/file"}, {dir.path().string()}, {"/dev/null"}, {},
                            {"a", "b"},       {"--nosuch"},          {"-x"},        {"--json=3"}};
  if (geteuid() != 0) rows.push_back({mode000});
  for (const Args& args : rows) {
    const Ran ran = explain(args);
    INFO(ran.text());
    CHECK(ran.code() == 2);
    CHECK(ran.out.empty());
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    CHECK(ran.err.starts_with("gomend: explain: "));
  }
}

TEST_CASE("explain: bytes that are no text are read to their end") {
  std::string junk;
  for (int i = 0; i < 3 << 20; ++i) junk.push_back(static_cast<char>(i * 2654435761U >> 13U));
  CHECK(explanation_of(junk).class_id == "none");
  CHECK(explanation_of(std::string(3 << 20, '\0')).class_id == "none");
  CHECK(explanation_of(std::string(3 << 20, 'x') +
                       "\n-> unzip /m/cache/download/a.b/d/@v/v1.2.0.zip: "
                       "zip: checksum error\n")
            .class_id == "cache/zip-corrupt");
}

// Through a pipe from a process that writes it, so that no test needs the disk.
TEST_CASE("explain: a gigabyte of noise takes little memory and seconds", "[.long]") {
  const std::string line = "-> unzip /m/cache/download/a.b/d/@v/v1.2.0.zip: zip: checksum error";
  for (const std::string& words :
       {std::string("[INFO] step 4711: compiled, 0 warnings, cached layer"),
        std::string("go: downloading example.com/a v1.0.0 reading verifying the go.mod: of x")}) {
    const Ran ran = run(
        {"/bin/sh", "-c",
         "ulimit -v 400000; { yes '" + words + "' | head -c 700000000; echo '" + line + "'; yes '" +
             words + "' | head -c 300000000; } | " + gomend_binary + " explain --json"},
        {.env = {{"PATH", "/usr/bin:/bin"}}, .limit = std::chrono::seconds(300)});
    INFO(ran.text());
    std::cout << "explain: a gigabyte in " << ran.seconds << " s\n";
    CHECK(ran.code() == 0);
    CHECK(ran.out.find("cache/zip-corrupt") != std::string::npos);
    CHECK(ran.seconds < 120);
  }
}

}  // namespace tests
