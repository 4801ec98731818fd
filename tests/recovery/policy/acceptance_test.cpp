// What may come into the cache, as a table (issue 15, A.1). "A" is the hash of the bytes that want
// in; "B" and "C" are hashes of others; "" is a witness that says nothing. Read a row as: these
// bytes come from there, go.sum says, the database says, …: may they come in, and on whose word?
#include "recovery/policy/acceptance.hpp"

#include <vector>

#include "tests/catch.hpp"

namespace recovery::policy {
namespace {

using enum Origin;
using enum Database;
using enum Verdict;
using Sums = std::set<std::string>;

struct Row {
  Origin origin;
  Sums go_sum;
  Database database;
  std::string verified, unverified;
  std::string ziphash, zip, tree;
  Verdict verdict;
};

const std::vector<Row> rows = {
    // go.sum has a line: it alone decides. The database is not asked, whatever a record says.
    // origin  go.sum      database  verified unver. ziphash zip  tree  may it come in?
    {own, {"A"}, off, "", "", "", "", "", by_go_sum},
    {other, {"A"}, off, "", "", "", "", "", by_go_sum},
    {cache, {"A"}, off, "", "", "", "A", "B", by_go_sum},
    {own, {"A"}, silent, "", "B", "B", "B", "B", by_go_sum},
    {other, {"A"}, silent, "", "B", "B", "B", "B", by_go_sum},
    {other, {"A", "B"}, silent, "", "", "", "", "", by_go_sum},
    {own, {"B"}, off, "", "", "", "", "", against_go_sum},
    {own, {"B"}, off, "", "", "A", "A", "A", against_go_sum},
    {cache, {"B"}, off, "", "", "A", "A", "", against_go_sum},
    {own, {"B"}, answered, "A", "A", "A", "A", "A", against_go_sum},
    {other, {"B"}, silent, "", "A", "A", "A", "A", against_go_sum},

    // No line, and go asks the database: verified, its word is above all that the cache holds.
    {own, {}, answered, "A", "", "", "", "", by_database},
    {other, {}, answered, "A", "", "", "", "", by_database},
    {cache, {}, answered, "A", "", "B", "A", "B", by_database},
    {own, {}, answered, "A", "B", "B", "B", "B", by_database},
    {own, {}, answered, "B", "", "", "", "", against_database},
    {own, {}, answered, "B", "A", "A", "A", "A", against_database},
    {other, {}, answered, "B", "A", "A", "A", "A", against_database},
    {cache, {}, answered, "B", "A", "A", "A", "C", against_database},

    // It was not asked, or gave no answer: as with plain go nothing comes in. An unverified record
    // does not stand in for it, whatever agrees with it.
    {own, {}, silent, "", "", "", "", "", unverified},
    {own, {}, silent, "", "A", "", "", "", unverified},
    {own, {}, silent, "", "A", "A", "A", "A", unverified},
    {other, {}, silent, "", "A", "", "", "", unverified},
    {other, {}, silent, "", "A", "A", "", "A", unverified},
    {cache, {}, silent, "", "A", "A", "A", "B", unverified},
    {cache, {}, silent, "", "", "A", "A", "", unverified},

    // go checks nothing. Nobody knows the bytes: only the source that plain go would ask.
    {own, {}, off, "", "", "", "", "", as_go_would},
    {other, {}, off, "", "", "", "", "", unknown},
    {own, {}, off, "", "B", "", "", "", as_go_would},  // nobody asks for that record
    {other, {}, off, "", "A", "", "", "", unknown},

    // What was recorded when it first came is the measure, whoever gives it.
    {own, {}, off, "", "", "A", "", "", by_record},
    {other, {}, off, "", "", "A", "", "", by_record},
    {other, {}, off, "", "", "A", "B", "C", by_record},
    {cache, {}, off, "", "", "A", "A", "B", by_record},
    {cache, {}, off, "", "", "A", "", "A", by_record},
    {own, {}, off, "", "", "B", "", "", against_record},
    {other, {}, off, "", "", "B", "", "", against_record},
    {own, {}, off, "", "A", "B", "B", "B", against_record},

    // Two that the cache holds know it better than a record that is alone.
    {own, {}, off, "", "", "B", "A", "A", by_record},
    {other, {}, off, "", "", "B", "A", "A", by_record},
    {cache, {}, off, "", "", "B", "A", "A", by_record},
    {own, {}, off, "", "", "A", "B", "B", against_record},
    {other, {}, off, "", "", "A", "B", "B", against_record},
    {cache, {}, off, "", "", "A", "B", "B", against_record},

    // One of them alone, against the record: only with the source that plain go would ask.
    {own, {}, off, "", "", "B", "A", "", by_record},
    {own, {}, off, "", "", "B", "A", "C", by_record},
    {other, {}, off, "", "", "B", "A", "", against_record},
    {cache, {}, off, "", "", "B", "A", "", against_record},

    // No record: what is held says it.
    {own, {}, off, "", "", "", "A", "", by_record},
    {other, {}, off, "", "", "", "", "A", by_record},
    {cache, {}, off, "", "", "", "A", "", by_record},
    {own, {}, off, "", "", "", "B", "", against_record},
    {other, {}, off, "", "", "", "", "B", against_record},
    {own, {}, off, "", "", "", "A", "B", by_record},
    {other, {}, off, "", "", "", "A", "B", unknown},
    {cache, {}, off, "", "", "", "A", "B", unknown},
    {own, {}, off, "", "", "", "B", "C", against_record},
};

}  // namespace

TEST_CASE("acceptance: what may come into the cache, on whose word", "[recovery][policy]") {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const Evidence evidence{row.go_sum,  row.database, row.verified, row.unverified,
                            row.ziphash, row.zip,      row.tree};
    const Verdict verdict = judge("A", row.origin, evidence);
    INFO("row " << i << ": " << reason(verdict) << "; should be: " << reason(row.verdict));
    CHECK(verdict == row.verdict);
    CHECK(judge("", row.origin, evidence) == unknown);  // nothing that could be hashed
  }
}

TEST_CASE("acceptance: what may not come in", "[recovery][policy]") {
  for (const Verdict verdict : {by_go_sum, by_database, by_record, as_go_would}) {
    CHECK(may_come_in(verdict));
  }
  for (const Verdict verdict :
       {against_go_sum, against_database, unverified, against_record, unknown}) {
    CHECK(!may_come_in(verdict));
  }
}

// No witness of the cache's own, and no unverified record, turns a no into a yes where go.sum or
// the database speaks; and another source is never believed more than plain go's.
TEST_CASE("acceptance: laws that hold for all evidence", "[recovery][policy]") {
  const std::vector<std::string> words = {"", "A", "B"};
  const std::vector<Sums> sums = {{}, {"A"}, {"B"}};
  for (const Sums& go_sum : sums)
    for (const Database database : {off, silent, answered})
      for (const std::string& verified : words)
        for (const std::string& record : words)
          for (const std::string& ziphash : words)
            for (const std::string& zip : words)
              for (const std::string& tree : words) {
                const Evidence all{go_sum, database, verified, record, ziphash, zip, tree};
                Evidence without = all;
                without.unverified.clear();
                for (const Origin origin : {own, other, cache})
                  CHECK(judge("A", origin, all) == judge("A", origin, without));
                CHECK(truth(all) == truth(without));
                if (may_come_in(judge("A", other, all))) CHECK(may_come_in(judge("A", own, all)));
                if (go_sum.contains("B")) CHECK(!may_come_in(judge("A", own, all)));
                if (go_sum.empty() && database == answered && verified != "A")
                  CHECK(!may_come_in(judge("A", own, all)));
                if (go_sum.empty() && database == silent) CHECK(!may_come_in(judge("A", own, all)));
              }
}

namespace {

struct Truth {
  Sums go_sum;
  Database database;
  std::string verified, unverified, ziphash, zip, tree;
  std::string truth;
  bool is_doubted;
};

const std::vector<Truth> truths = {
    // go.sum      database  verified unver. ziphash zip  tree  truth  doubted?
    {{"A"}, off, "", "", "B", "B", "B", "A", false},
    {{"A"}, silent, "", "B", "B", "B", "B", "A", false},
    {{"A", "B"}, off, "", "", "", "", "B", "B", false},
    {{"A", "B"}, off, "", "", "C", "C", "B", "B", false},
    {{"A", "B"}, off, "", "", "C", "C", "C", "", false},
    {{}, answered, "A", "B", "B", "B", "B", "A", false},
    // A forged record beside a sound zip, ziphash and tree: they stand, and the database is asked.
    {{}, silent, "", "B", "A", "A", "A", "A", true},
    {{}, silent, "", "B", "A", "", "", "A", true},
    {{}, silent, "", "A", "A", "A", "A", "A", false},
    {{}, silent, "", "", "A", "A", "A", "A", false},
    {{}, silent, "", "B", "", "", "", "", false},   // nothing is held that could be wrong
    {{}, off, "", "B", "A", "A", "A", "A", false},  // go does not ask, and looks at no record
    {{}, off, "", "", "B", "A", "A", "A", false},
    {{}, off, "", "", "A", "A", "B", "A", false},
    {{}, off, "", "", "A", "B", "C", "A", false},
    {{}, off, "", "", "", "A", "", "A", false},
    {{}, off, "", "", "", "A", "B", "", false},
    {{}, off, "", "", "", "", "", "", false},
};

}  // namespace

TEST_CASE("acceptance: what the cache is held against", "[recovery][policy]") {
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const Truth& row = truths[i];
    INFO("row " << i);
    const Evidence evidence{row.go_sum,  row.database, row.verified, row.unverified,
                            row.ziphash, row.zip,      row.tree};
    CHECK(truth(evidence) == row.truth);
    CHECK(is_doubted(evidence) == row.is_doubted);
  }
}

TEST_CASE("acceptance: about which modules go asks the checksum database", "[recovery][policy]") {
  const std::string here = "db.example";
  CHECK(go_asks_database({here, false, false, "https://p.example"}));
  CHECK(go_asks_database({here, false, false, "direct"}));
  CHECK_FALSE(go_asks_database({here, true, false, "https://p.example"}));
  CHECK_FALSE(go_asks_database({"off", false, false, "https://p.example"}));
  CHECK_FALSE(go_asks_database({"", false, false, "https://p.example"}));
  // A toolchain is always checked; but the one that lies in a directory of one's own.
  CHECK(go_asks_database({"off", false, true, "https://p.example"}));
  CHECK(go_asks_database({here, true, true, "https://p.example"}));
  CHECK(go_asks_database({"off", true, true, "file:///a|https://p.example"}));
  CHECK(go_asks_database({"off", true, true, "file:///a,off"}));
  CHECK_FALSE(go_asks_database({"off", false, true, "file:///a"}));
  CHECK(go_asks_database({here, false, true, "file:///a"}));
}

}  // namespace recovery::policy
