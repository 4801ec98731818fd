// What may follow an attempt, row by row. To be read by who wants to know whether gomend can be led
// to run somebody's code twice, or to ask, say or note something, by what a program prints.
#include "recovery/policy/acting.hpp"

#include "tests/catch.hpp"

namespace {

using namespace recovery::acting;

constexpr bool merged = true, apart = false;
constexpr bool own_tool = true, no_tool = false;
constexpr bool childless = true, had_children = false;
constexpr bool heading = true, no_heading = false;

struct Row {
  const char* what;
  Kind kind;
  bool has_users_tool;
  bool is_merged;
  bool is_childless;
  bool has_heading;
  Hook hook;
  Phase phase;
  Speaker speaker;
};

// go's words are its own only where nobody else can have written them.
const Row rows[] = {
    // clang-format off
    {"build: loading",                         Kind::works,    no_tool,  apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"build: go's git, then go's words",       Kind::works,    no_tool,  apart,  had_children, no_heading, Hook::none,  Phase::building,     Speaker::go},
    {"build: a C compiler is quoted (#line)",  Kind::works,    no_tool,  apart,  had_children, heading,    Hook::none,  Phase::building,     Speaker::anyone},
    {"build 2>&1",                             Kind::works,    no_tool,  merged, had_children, no_heading, Hook::none,  Phase::building,     Speaker::go},
    {"build -toolexec=X: loading",             Kind::works,    own_tool, apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"build -toolexec=X: X may have run",      Kind::works,    own_tool, apart,  had_children, no_heading, Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"build -toolexec=X, a compiler quoted",   Kind::works,    own_tool, apart,  had_children, heading,    Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"doc, list -f, list -json",               Kind::shows,    no_tool,  apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"the same 2>&1: docs of a dependency",    Kind::shows,    no_tool,  merged, childless,    no_heading, Hook::none,  Phase::loading,      Speaker::anyone},
    {"vet: loading",                           Kind::vets,     no_tool,  apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"vet: findings (//line)",                 Kind::vets,     no_tool,  apart,  had_children, no_heading, Hook::none,  Phase::building,     Speaker::anyone},
    {"vet -vettool=X: X was asked for flags",  Kind::vets,     own_tool, apart,  had_children, no_heading, Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"fix: loading",                           Kind::rewrites, no_tool,  apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"fix: files may be rewritten",            Kind::rewrites, no_tool,  apart,  had_children, no_heading, Hook::none,  Phase::building,     Speaker::go},
    {"run, test with hook: loading",           Kind::runs,     no_tool,  apart,  childless,    no_heading, Hook::waits, Phase::loading,      Speaker::go},
    {"run, test with hook: building",          Kind::runs,     no_tool,  apart,  had_children, no_heading, Hook::waits, Phase::building,     Speaker::go},
    {"the same, a compiler quoted",            Kind::runs,     no_tool,  apart,  had_children, heading,    Hook::waits, Phase::building,     Speaker::anyone},
    {"the same, with -toolexec=X",             Kind::runs,     own_tool, apart,  had_children, no_heading, Hook::waits, Phase::may_have_run, Speaker::anyone},
    {"run, test with hook: it has begun",      Kind::runs,     no_tool,  apart,  had_children, no_heading, Hook::begun, Phase::may_have_run, Speaker::anyone},
    {"run -exec=X",                            Kind::runs,     own_tool, apart,  had_children, no_heading, Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"run -exec=X: loading",                   Kind::runs,     own_tool, apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"run without hook (-x, cross-compiled)",  Kind::runs,     no_tool,  apart,  had_children, no_heading, Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"test ./...: loading",                    Kind::runs,     no_tool,  apart,  childless,    heading,    Hook::none,  Phase::loading,      Speaker::go},
    {"test ./... 2>&1: loading",               Kind::runs,     no_tool,  merged, childless,    heading,    Hook::none,  Phase::loading,      Speaker::go},
    {"test ./...: tests may run",              Kind::runs,     no_tool,  apart,  had_children, heading,    Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"test ./... 2>&1: tests may print",       Kind::runs,     no_tool,  merged, had_children, no_heading, Hook::none,  Phase::may_have_run, Speaker::anyone},
    {"tool: go has started nothing",           Kind::tool,     no_tool,  apart,  childless,    no_heading, Hook::none,  Phase::loading,      Speaker::go},
    {"tool: it may have run; -n speaks",       Kind::tool,     no_tool,  apart,  had_children, no_heading, Hook::none,  Phase::may_have_run, Speaker::go},
    {"tool: -n quotes a compiler",             Kind::tool,     no_tool,  apart,  had_children, heading,    Hook::none,  Phase::may_have_run, Speaker::anyone},
    // clang-format on
};

Command command_of(const Row& row) {
  return {.kind = row.kind, .has_users_tool = row.has_users_tool, .is_merged = row.is_merged};
}

Signs signs_of(const Row& row) {
  return {.is_childless = row.is_childless, .has_heading = row.has_heading, .hook = row.hook};
}

constexpr Evidence all_evidence[] = {Evidence::none, Evidence::absent, Evidence::newer,
                                     Evidence::older};

}  // namespace

TEST_CASE("acting: how far a command has come, and whose words are read") {
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(phase_of(command_of(row), signs_of(row)) == row.phase);
    CHECK(speaker_of(command_of(row), signs_of(row)) == row.speaker);
  }
}

TEST_CASE("acting: go is run again only where nothing of the user's may have run") {
  for (const Row& row : rows) {
    INFO(row.what);
    for (const Evidence evidence : all_evidence) {
      const Acts acts = what_may_follow(command_of(row), signs_of(row), evidence);
      const bool proved_by_age = row.kind == Kind::tool && evidence == Evidence::older;
      const bool nothing_ran = row.phase == Phase::loading ||
                               (row.phase == Phase::building && row.kind != Kind::rewrites);
      CHECK(acts.run_again == (evidence != Evidence::none && (nothing_ran || proved_by_age)));
    }
  }
}

TEST_CASE("acting: a tool runs again only for damage that is older than its start (15.A.3)") {
  const Command tool{.kind = Kind::tool};
  const Signs may_have_run;
  CHECK(what_may_follow(tool, may_have_run, Evidence::older).run_again);
  CHECK_FALSE(what_may_follow(tool, may_have_run, Evidence::newer).run_again);
  CHECK_FALSE(what_may_follow(tool, may_have_run, Evidence::absent).run_again);
  Command behind_toolexec = tool;
  behind_toolexec.has_users_tool = true;
  CHECK_FALSE(what_may_follow(behind_toolexec, may_have_run, Evidence::older).run_again);
  constexpr long long start = 1'000'000'000'000, ms = 1'000'000;
  CHECK(evidence_of_damage(start - 11 * ms, start) == Evidence::older);
  CHECK(evidence_of_damage(start - 9 * ms, start) == Evidence::newer);  // the clock may lag behind
  CHECK(evidence_of_damage(start, start) == Evidence::newer);
  CHECK(evidence_of_damage(start + ms, start) == Evidence::newer);
  CHECK(evidence_of_damage(0, start) == Evidence::newer);  // not known
  CHECK(weaker(Evidence::older, Evidence::newer) == Evidence::newer);
  CHECK(weaker(Evidence::older, Evidence::absent) == Evidence::absent);
  CHECK(weaker(Evidence::none, Evidence::older) == Evidence::older);
}

TEST_CASE("acting: words that may be anybody's are no reason to ask, advise or note (15.A.4)") {
  for (const Row& row : rows) {
    INFO(row.what);
    for (const bool has_results : {false, true}) {
      for (const Evidence evidence : all_evidence) {
        Signs signs = signs_of(row);
        signs.has_results = has_results;
        const Acts acts = what_may_follow(command_of(row), signs, evidence);
        const bool gos_own = row.speaker == Speaker::go && !has_results;
        CHECK(acts.look);
        CHECK(acts.ask_network == gos_own);
        CHECK(acts.advise == gos_own);
        CHECK(acts.note == gos_own);
        if (has_results && row.kind != Kind::tool) CHECK_FALSE(acts.run_again);
      }
    }
  }
}

TEST_CASE("acting: nothing follows success, a signal, or the end of the user's own program") {
  for (const Row& row : rows) {
    for (const Ending ending : {Ending::succeeded, Ending::by_others}) {
      Signs signs = signs_of(row);
      signs.ending = ending;
      for (const Evidence evidence : all_evidence)
        CHECK(what_may_follow(command_of(row), signs, evidence) == Acts());
    }
  }
}

TEST_CASE("acting: of a go that is still running nothing is said, and it is only looked at") {
  for (const Row& row : rows) {
    INFO(row.what);
    Signs signs = signs_of(row);
    signs.ending = Ending::running;
    const Acts acts = what_may_follow(command_of(row), signs, Evidence::newer);
    CHECK(acts.look);
    CHECK_FALSE(
        (acts.ask_network || acts.advise || acts.note || acts.run_rest || acts.say_it_works));
  }
}

TEST_CASE("acting: what can't be read twice, advice only, and a question: no second run") {
  for (const Row& row : rows) {
    for (const Evidence evidence : all_evidence) {
      Command command = command_of(row);
      command.is_repeatable = false;
      CHECK_FALSE(what_may_follow(command, signs_of(row), evidence).run_again);
      CHECK_FALSE(what_may_follow(command, signs_of(row), evidence).run_rest);
      command = command_of(row);
      command.advise_only = true;
      const Acts advised = what_may_follow(command, signs_of(row), evidence);
      CHECK_FALSE((advised.run_again || advised.run_rest || advised.ask_network));
      command = command_of(row);
      command.kind = Kind::asks;
      const Acts answered = what_may_follow(command, signs_of(row), evidence);
      CHECK_FALSE((answered.run_again || answered.run_rest || answered.ask_network));
    }
  }
}

TEST_CASE("acting: \"now works\" is said only when damage on the disk was mended (15.A.4)") {
  const Command test{.kind = Kind::runs};
  const Signs ran;
  CHECK(what_may_follow(test, ran, Evidence::older).say_it_works);
  CHECK(what_may_follow(test, ran, Evidence::newer).say_it_works);
  CHECK_FALSE(what_may_follow(test, ran, Evidence::absent).say_it_works);
  CHECK_FALSE(what_may_follow(test, ran, Evidence::none).say_it_works);
  Signs failed = ran;  // a test has failed: that has its own reason
  failed.may_be_at_fault = true;
  CHECK_FALSE(what_may_follow(test, failed, Evidence::older).say_it_works);
  const Command build{.kind = Kind::works};
  CHECK_FALSE(what_may_follow(build, ran, Evidence::older).say_it_works);  // it is run again
}

TEST_CASE("acting: the packages that never started are run only beside no tool of the user's") {
  const Signs ran;
  CHECK(what_may_follow({.kind = Kind::runs}, ran, Evidence::newer).run_rest);
  CHECK_FALSE(what_may_follow({.kind = Kind::runs}, ran, Evidence::absent).run_rest);
  CHECK_FALSE(
      what_may_follow({.kind = Kind::runs, .has_users_tool = true}, ran, Evidence::newer).run_rest);
  CHECK_FALSE(what_may_follow({.kind = Kind::works}, ran, Evidence::newer).run_rest);
}

TEST_CASE("acting: what go itself says that it lacks is fetched, whoever spoke before (18.5)") {
  for (const Row& row : rows) {
    INFO(row.what);
    Signs signs = signs_of(row);
    const bool may_ask = may_ask_go(command_of(row), signs);
    const bool names_packages = row.kind != Kind::tool && row.kind != Kind::asks;
    CHECK(may_ask == (row.speaker == Speaker::anyone && names_packages && !row.has_users_tool &&
                      row.hook != Hook::begun));
    if (!may_ask) continue;
    signs.is_lacking = true;
    const Acts acts = what_may_follow(command_of(row), signs, Evidence::absent);
    CHECK(acts.ask_network);
    CHECK_FALSE((acts.advise || acts.note || acts.say_it_works));
    CHECK(acts.run_again == (row.phase != Phase::may_have_run && row.kind != Kind::rewrites));
    CHECK(acts.run_rest == (row.kind == Kind::runs && row.phase == Phase::may_have_run));
    for (const Ending ending : {Ending::running, Ending::succeeded, Ending::by_others}) {
      signs.ending = ending;
      CHECK_FALSE(may_ask_go(command_of(row), signs));
    }
    signs.ending = Ending::failed;
    Command advised = command_of(row);
    advised.advise_only = true;
    CHECK_FALSE(may_ask_go(advised, signs));
    CHECK_FALSE(what_may_follow(advised, signs, Evidence::absent).ask_network);
  }
}
