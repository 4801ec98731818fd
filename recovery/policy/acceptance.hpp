#pragma once
// What may come into the module cache, on whose word. Functions of values, and nothing else: who
// asks has hashed the bytes himself, and tells what each witness says. No caller decides by itself.
//
// Who is believed, in this order, as go believes them:
//   1. go.sum. What it says otherwise never comes in, whoever gives it.
//   2. The checksum database, where go asks it. Its word counts when it was verified: by go, which
//      was asked in a stage, or by a proof of our own. A record that merely lies in the cache is
//      anybody's: it can make us ask, and nothing else.
//   3. What was recorded when the module first came, and what the cache holds of it.
//   4. Where nobody knows anything, the source that plain go would ask now.
//
// Source of truth: cmd/go/internal/modfetch/fetch.go (checkModSum), sumdb.go (useSumDB).

#include <set>
#include <string>
#include <string_view>

namespace recovery::policy {

// From where the bytes come.
enum class Origin {
  own,    // what plain go would ask now: the user's GOPROXY as it is
  other,  // any other source
  cache,  // the cache itself: a zip gives back its tree, a tree its zip
};

enum class Database {
  off,       // go does not ask it about this module
  silent,    // go would ask it; nobody has, or it gave no answer
  answered,  // `verified` is what it says
};

// What is known of one thing, a module's content (zip and tree have the same h1) or its go.mod.
// Each is an h1, or empty: that witness says nothing.
struct Evidence {
  std::set<std::string> go_sum = {};  // of the lines that go used; usually one
  Database database = Database::off;
  std::string verified = {};
  std::string unverified = {};      // a record in the cache: signature and tree are not proven
  std::string ziphash = {};         // what was recorded when it first came; a go.mod has none
  std::string zip = {}, tree = {};  // what the cache holds (of a go.mod: its file, as `zip`)
};

enum class Verdict {
  // It may come in:
  by_go_sum,
  by_database,
  by_record,    // what was recorded, or what the cache holds, says the same
  as_go_would,  // nobody knows it, and plain go would take it
  // It may not:
  against_go_sum,
  against_database,
  unverified,      // the checksum database must be asked first
  against_record,  // other bytes than were recorded
  unknown,         // nobody vouches for it, and it is not where plain go would take it from
};

bool may_come_in(Verdict verdict);
std::string_view reason(Verdict verdict);  // "checksum does not match go.sum"

Verdict judge(const std::string& h1, Origin origin, const Evidence& evidence);

// The h1 that the cache's own artefacts are held against; empty: nobody knows. Two that agree are
// believed before a third.
std::string truth(const Evidence& evidence);

// A record in the cache, which anybody may have written, says otherwise: the database is to be
// asked before the cache itself is believed.
bool is_doubted(const Evidence& evidence);

// Something tells right bytes from wrong ones, so that another source than plain go's may give
// them.
bool is_vouched_for(const Evidence& evidence);

// Does go ask the checksum database about what go.sum has no line for?
struct Asking {
  std::string_view sumdb;     // GOSUMDB
  bool is_excepted = false;   // GONOSUMDB covers the module
  bool is_toolchain = false;  // golang.org/toolchain: no go.sum counts, no exception either
  std::string_view proxy;     // GOPROXY
};
bool go_asks_database(const Asking& asking);

}  // namespace recovery::policy
