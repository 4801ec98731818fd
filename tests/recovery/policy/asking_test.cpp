// Who is asked for whose name, row by row: this table is the rule (issue 15: A.4, A.5, A.7;
// promises 9 and 13). A row is a GOPROXY, what each source answers, and who is asked in which order
// before the walk ends, and why it ends.
//
// "pub…" is known to be public, "corp…" is not; "file:///…" is a directory. Answers: ok, bad
// (another module's bytes than recorded), nf (404, 410), no (a decision: 403, 451, …), out (an
// outage: 503, refused, garbage). Who is not in the list of answers answers ok.

#include "recovery/policy/asking.hpp"

#include <sstream>

#include "tests/catch.hpp"

namespace tests {
namespace {

using namespace recovery::policy;

Answer answer_of(const std::string& word) {
  if (word == "bad") return Answer::wrong_bytes;
  if (word == "nf") return Answer::not_found;
  if (word == "no") return Answer::decision;
  return word == "out" ? Answer::outage : Answer::gave;
}

std::string word_of(Why why) {
  switch (why) {
    case Why::may_ask:
      return "may ask";
    case Why::has_it:
      return "has it";
    case Why::named_by_text_only:
      return "text only";
    case Why::replaced:
      return "replaced";
    case Why::own_module:
      return "own";
    case Why::excluded:
      return "excluded";
    case Why::stale:
      return "stale";
    case Why::unsettled:
      return "unsettled";
    case Why::vendored:
      return "vendored";
    case Why::refused:
      return "refused";
    case Why::comma:
      return "comma";
    case Why::off:
      return "off";
    case Why::exhausted:
      return "exhausted";
  }
  return "";
}

std::vector<Listed> sources(const std::string& goproxy) {
  auto all = listed(goproxy);
  for (Listed& source : all) {
    if (source.entry.starts_with("pub")) source.kind = Listed::Kind::known_public;
  }
  return all;
}

// "pub corp: has it"; a source that plain go would not have come to stands in brackets.
std::string walk(Question q, const std::string& answers) {
  std::string asked;
  while (true) {
    const Next next = next_source(q);
    if (next.list == Next::List::none) return asked + ": " + word_of(next.why);
    Listed& source = (next.list == Next::List::own ? q.own : q.fallback).at(next.at);
    const std::string name = next.as_plain_go ? source.entry : "(" + source.entry + ")";
    asked += (asked.empty() ? "" : " ") + name;
    source.answer = Answer::gave;
    std::istringstream words(answers);
    for (std::string word; words >> word;) {
      if (word.starts_with(source.entry + "="))
        source.answer = answer_of(word.substr(source.entry.size() + 1));
    }
  }
}

struct Row {
  std::string goproxy, answers, fallback, walk;
};

Question question(const Row& row) {
  Question q;
  q.named = Named::build_list;
  q.own = sources(row.goproxy);
  q.fallback = sources(row.fallback);
  return q;
}

void check(const std::vector<Row>& rows, Privacy privacy = Privacy::none) {
  for (const Row& row : rows) {
    INFO(row.goproxy << "  " << row.answers << "  fallback " << row.fallback);
    Question q = question(row);
    q.privacy = privacy;
    CHECK(walk(q, row.answers) == row.walk);
  }
}

}  // namespace

TEST_CASE("asking: who has it is asked, and nobody behind him", "[recovery]") {
  check({
      {"pub,corp", "", "f", "pub: has it"},
      {"corp|pub", "", "f", "corp: has it"},
      {"direct", "", "f", "direct: has it"},
      {"off", "", "f", ": off"},
      {"", "", "f", ": exhausted"},
  });
}

TEST_CASE("asking: behind a comma nobody is asked before 'not found' was said (15.7)",
          "[recovery]") {
  check({
      // A source that is not known to be public is a gate.
      {"corp,pub", "corp=nf", "", "corp pub: has it"},
      {"corp,pub", "corp=no", "f", "corp: refused"},
      {"corp,pub", "corp=out", "f", "corp: comma"},
      {"corp,pub", "corp=bad", "f", "corp: comma"},
      {"corp,direct", "corp=out", "f", "corp: comma"},
      {"corp,direct", "corp=no", "f", "corp: refused"},
      {"corp,direct", "corp=nf", "", "corp direct: has it"},
      {"corp,corp2,pub", "corp=nf corp2=out", "f", "corp corp2: comma"},
      {"corp,corp2,pub", "corp=nf corp2=nf", "", "corp corp2 pub: has it"},
      // A pipe lets go on, as plain go does; its separator counts, not the next one's.
      {"corp|pub", "corp=no", "", "corp pub: has it"},
      {"corp|pub", "corp=out", "", "corp pub: has it"},
      {"corp|pub", "corp=bad", "", "corp (pub): has it"},
      {"corp|corp2,pub", "corp=out corp2=out", "f", "corp corp2: comma"},
      {"corp,corp2|pub", "corp=out", "f", "corp: comma"},
      // A known public source is no gate when it is down; what it decides is final.
      {"pub,corp", "pub=nf", "", "pub corp: has it"},
      {"pub,corp", "pub=out", "", "pub (corp): has it"},
      {"pub,corp", "pub=bad", "", "pub (corp): has it"},
      {"pub,corp", "pub=no", "f", "pub: refused"},
      {"pub,direct", "pub=no", "f", "pub: refused"},
      {"pub|corp", "pub=no", "", "pub corp: has it"},
      // Directories: what is not in one is not found; one that can't be read is a gate like others.
      {"file:///d,pub", "file:///d=nf", "", "file:///d pub: has it"},
      {"file:///d,pub", "file:///d=out", "f", "file:///d: comma"},
      {"file:///d,pub", "file:///d=bad", "f", "file:///d: comma"},
      {"file:///d|pub", "file:///d=bad", "", "file:///d (pub): has it"},
      // Nothing stands behind direct and off.
      {"direct,corp", "direct=nf", "", "direct: exhausted"},
      {"direct|corp", "direct=out", "", "direct: exhausted"},
      {"corp,off,pub", "corp=nf", "", "corp: off"},
      {"pub,off", "pub=out", "", "pub: off"},
  });
}

TEST_CASE("asking: GOMEND_FALLBACK, for what is public for all that is known (15.5)",
          "[recovery]") {
  check({
      {"pub", "pub=out", "f", "pub (f): has it"},
      {"pub", "pub=bad", "f", "pub (f): has it"},
      {"pub,off", "pub=out", "f", "pub (f): has it"},
      {"pub,direct", "pub=out direct=out", "f", "pub (direct) (f): has it"},
      {"pub,pub2", "pub=out pub2=out", "f g", "pub (pub2) (f g): has it"},
      {"pub", "pub=out f=out", "f,g", "pub (f) (g): has it"},
      {"file:///d|pub", "file:///d=out pub=out", "f", "file:///d pub (f): has it"},
      // A 404 of the public proxy proves the opposite of public; a decision is final.
      {"pub", "pub=nf", "f", "pub: exhausted"},
      {"pub", "pub=no", "f", "pub: refused"},
      {"pub,corp", "pub=nf corp=out", "f", "pub corp: exhausted"},
      {"pub,direct", "pub=nf direct=out", "f", "pub direct: exhausted"},
      {"pub,direct", "pub=out direct=nf", "f", "pub (direct): exhausted"},
      {"pub,pub2", "pub=out pub2=nf", "f", "pub (pub2): exhausted"},
      // The other one that is down may be where it came from.
      {"pub,corp", "pub=out corp=out", "f", "pub (corp): exhausted"},
      {"pub,corp", "pub=out corp=bad", "f", "pub (corp): exhausted"},
      {"pub,corp", "pub=out corp=nf", "f", "pub (corp) (f): has it"},
      // Not known to be public: somebody's own.
      {"corp", "corp=out", "f", "corp: exhausted"},
      {"corp|pub", "corp=out pub=out", "f", "corp pub: exhausted"},
      {"file:///d,pub", "file:///d=nf pub=out", "f", "file:///d pub: exhausted"},
      {"direct", "direct=out", "f", "direct: exhausted"},
  });
}

TEST_CASE("asking: what GOPRIVATE covers passes nobody by, what GONOPROXY covers goes to its own",
          "[recovery]") {
  check(
      {
          {"pub,corp", "pub=nf", "f", "pub corp: has it"},
          {"pub,corp", "pub=out", "f", "pub: comma"},
          {"pub,corp", "pub=bad", "f", "pub: comma"},
          {"pub|corp", "pub=out", "f", "pub corp: has it"},
          {"pub", "pub=out", "f", "pub: exhausted"},
      },
      Privacy::by_goprivate);
  check({{"direct", "direct=out", "f", "direct: exhausted"}}, Privacy::by_gonoproxy);
}

TEST_CASE("asking: what may be fetched at all, by who names it and what it is here (15.4, 15.5)",
          "[recovery]") {
  struct Case {
    Standing standing;
    std::string build_list, command_line, gos_own_words;
  };
  const std::string asked = "pub: has it";
  const std::vector<Case> table = {
      {Standing::ordinary, asked, asked, asked},
      {Standing::replaced, ": replaced", ": replaced", ": replaced"},
      {Standing::own, ": own", ": own", ": own"},
      {Standing::excluded, ": excluded", ": excluded", ": excluded"},
      {Standing::vendored, ": vendored", ": vendored", ": vendored"},
      {Standing::own_older, ": own", asked, asked},
      {Standing::stale, ": stale", asked, asked},
      {Standing::stale_version, ": stale", asked, asked},
      {Standing::unsettled, ": unsettled", asked, asked},
  };
  for (const Case& row : table) {
    CAPTURE(static_cast<int>(row.standing));
    Question q = question({"pub", "", "f", ""});
    q.standing = row.standing;
    const auto by = [&](Named named) {
      q.named = named;
      return walk(q, "");
    };
    CHECK(by(Named::build_list) == row.build_list);
    CHECK(by(Named::command_line) == row.command_line);
    CHECK(by(Named::gos_own_words) == row.gos_own_words);
    CHECK(by(Named::text_only) == ": text only");
  }
}

TEST_CASE("asking: a fallback hears of no module of the workspace", "[recovery]") {
  Question q = question({"pub", "", "f", ""});
  q.named = Named::gos_own_words;
  q.standing = Standing::own_older;
  CHECK(walk(q, "pub=out") == "pub: exhausted");
  q.standing = Standing::ordinary;
  CHECK(walk(q, "pub=out") == "pub (f): has it");
}

TEST_CASE("asking: in no row is anybody asked behind a shut gate", "[recovery]") {
  const std::vector<std::string> kinds = {"pub", "corp", "file:///d"};
  const std::vector<std::string> answers = {"ok", "bad", "nf", "no", "out"};
  for (const std::string& first : kinds) {
    for (const std::string second : {"corp2", "pub2", "direct"}) {
      for (const char separator : {',', '|'}) {
        for (const std::string& one : answers) {
          for (const std::string& two : answers) {
            for (const Privacy privacy :
                 {Privacy::none, Privacy::by_goprivate, Privacy::by_gonoproxy}) {
              const std::string list = first + separator + second;
              INFO(list << " " << one << " " << two << " " << static_cast<int>(privacy));
              Question q = question({list, "", "f", ""});
              q.privacy = privacy;
              const std::string said = walk(q, first + "=" + one + " " + second + "=" + two);
              const bool asks_second = said.find(second) != said.npos;
              const bool asks_fallback = said.find("f)") != said.npos;
              const bool is_public = first == "pub" && privacy == Privacy::none;
              if (separator == ',' && asks_second)
                CHECK((one == "nf" || (is_public && (one == "out" || one == "bad"))));
              if (asks_fallback) {
                CHECK(privacy == Privacy::none);
                CHECK((first == "pub" || (first == "file:///d" && separator == '|')));
                if (first == "pub") CHECK(one != "no");
                CHECK(two != "no");
                if (first == "pub") CHECK((one == "out" || one == "bad"));
              }
            }
          }
        }
      }
    }
  }
}

TEST_CASE("asking: the list for a whole command, after an outage", "[recovery]") {
  const auto list = [](const std::string& own, const std::string& fallback, bool hopeless) {
    return list_for_whole_command(sources(own), sources(fallback), hopeless);
  };
  CHECK(list("pub,corp,direct", "f", false) == "pub|corp,direct");
  CHECK(list("pub,corp|direct", "f", true) == "corp|direct");
  CHECK(list("pub,off", "f", false) == "f");
  CHECK(list("pub", "f,g", false) == "f|g");
  CHECK(list("pub", "", false) == "");
  CHECK(list("pub", "", true) == "");
  CHECK(list("corp,pub", "f", false) == "");
  CHECK(list("direct", "f", false) == "");
  CHECK(list("file:///d|pub,corp", "f", false) == "file:///d|pub|corp");
  CHECK(list("file:///d|pub", "f", true) == "file:///d|f");
  CHECK(list("file:///d,pub", "f", true) == "");
}

TEST_CASE("asking: GOPROXY as go reads it", "[recovery]") {
  const auto text = [](const std::string& goproxy) {
    std::string all;
    for (const Listed& source : listed(goproxy))
      all += source.entry + (source.is_piped ? "|" : ",");
    return all;
  };
  CHECK(text("") == "");
  CHECK(text(" https://a , ,|b|direct,c") == "https://a,b|direct,");
  CHECK(text("a|off|b") == "a|off|");
}

}  // namespace tests
