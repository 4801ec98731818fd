// Issue 15.1: a record of the checksum database counts when it is proven, offline as go does it,
// and never otherwise.
#include "recovery/evidence/sumdb_proof.hpp"

#include <openssl/evp.h>

#include "recovery/go/h1.hpp"
#include "recovery/go/sumdb_record.hpp"
#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Expected;
using recovery::ModuleVersion;
using recovery::Root;
using recovery::Settings;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string h1 = "h1:" + std::string(42, 'B') + "A=";
const std::string text =
    "github.com/acme/alpha v1.1.0 " + h1 + "\ngithub.com/acme/alpha v1.1.0/go.mod " + h1 + "\n";

std::string raw_sha256(const std::string& bytes) {
  recovery::Sha256 sum;
  sum.update(bytes);
  return sum.raw();
}

std::string base64(const std::string& bytes) {
  std::string out(bytes.size() / 3 * 4 + 5, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// RFC 6962, 2.1: by the largest power of two that is smaller.
std::string tree_hash(const std::vector<std::string>& leaves, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return leaves[begin];
  std::size_t half = 1;
  while (half * 2 < end - begin) half *= 2;
  return raw_sha256("\1" + tree_hash(leaves, begin, begin + half) +
                    tree_hash(leaves, begin + half, end));
}

// A database of `size` records, of which alpha's is the one at `id`; all its tiles are cached.
class Database {
 public:
  Database(std::size_t size, std::size_t id) : id_(id) {
    key_ = ::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    std::string raw(32, '\0');
    std::size_t length = raw.size();
    REQUIRE(::EVP_PKEY_get_raw_public_key(key_, reinterpret_cast<unsigned char*>(raw.data()),
                                          &length) == 1);
    hash_ = raw_sha256("db.example\n\1" + raw).substr(0, 4);
    verifier = "db.example+" + recovery::to_hex(std::string_view(hash_)) + "+" + base64("\1" + raw);
    std::vector<std::string> hashes;
    for (std::size_t i = 0; i < size; ++i)
      hashes.push_back(
          raw_sha256(std::string(1, '\0') + (i == id ? text : "other " + std::to_string(i))));
    note = signed_note("go.sum database tree\n" + std::to_string(size) + "\n" +
                       base64(tree_hash(hashes, 0, size)) + "\n");
    for (int level = 0; !hashes.empty(); ++level) {
      std::vector<std::string> above;
      for (std::size_t n = 0; n * 256 < hashes.size(); ++n) {
        const std::size_t end = std::min(hashes.size(), n * 256 + 256);
        std::string tile;
        for (std::size_t i = n * 256; i < end; ++i) tile += hashes[i];
        const bool is_whole = end == n * 256 + 256;
        if (is_whole) above.push_back(tree_hash(hashes, n * 256, end));
        const std::string number = std::to_string(1000 + n % 1000).substr(1);
        const std::string thousands =
            n < 1000 ? "" : "x" + std::to_string(1000 + n / 1000).substr(1) + "/";
        write_file(
            files() / "tile/8" / std::to_string(level) /
                (thousands + number + (is_whole ? "" : ".p/" + std::to_string(end - n * 256))),
            tile);
      }
      hashes = above;
    }
    settings.sumdb = verifier + " https://db.example";
    settings.go_path = (dir_.path() / "gopath").string();
  }
  ~Database() { ::EVP_PKEY_free(key_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] std::string signed_note(const std::string& message) const {
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = ::EVP_MD_CTX_new();
    REQUIRE(::EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_) == 1);
    REQUIRE(::EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                             reinterpret_cast<const unsigned char*>(message.data()),
                             message.size()) == 1);
    ::EVP_MD_CTX_free(context);
    return message + "\n\xe2\x80\x94 db.example " + base64(hash_ + signature) + "\n";
  }

  [[nodiscard]] fs::path files() const {
    return dir_.path() / "mod/cache/download/sumdb/db.example";
  }
  void record(const std::string& bytes) const {
    write_file(files() / "lookup/github.com/acme/alpha@v1.1.0", bytes);
  }
  [[nodiscard]] std::string whole(const std::string& lines, const std::string& head) const {
    return std::to_string(id_) + "\n" + lines + "\n" + head;
  }
  void latest(const std::string& head) const {
    write_file(dir_.path() / "gopath/pkg/sumdb/db.example/latest", head);
  }
  [[nodiscard]] bool is_proven() const {
    const Root cache(dir_.path() / "mod");
    const Expected said = recovery::proven_record(cache, settings, *ModuleVersion::parse(alpha));
    if (said.by == Expected::By::nothing) return false;
    CHECK(said.zip == std::set<std::string>{h1});
    CHECK(said.go_mod == std::set<std::string>{h1});
    return true;
  }

  std::string verifier, note;
  Settings settings;

 private:
  TempDir dir_;
  EVP_PKEY* key_;
  std::string hash_;
  std::size_t id_;
};

std::string flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

}  // namespace

TEST_CASE("a record is proven in trees of any size, wherever it stands", "[recovery]") {
  for (const auto& [size, ids] : std::vector<std::pair<std::size_t, std::vector<std::size_t>>>{
           {1, {0}},
           {2, {0, 1}},
           {7, {0, 3, 6}},
           {255, {0, 254}},
           {256, {0, 255}},
           {257, {0, 255, 256}},
           {773, {0, 300, 767, 772}},
           {65536, {0, 40000, 65535}},
           {65837, {255, 65535, 65836}}}) {
    for (const std::size_t id : ids) {
      INFO(id << " of " << size);
      const Database database(size, id);
      database.record(database.whole(text, database.note));
      CHECK(database.is_proven());
      database.record(database.whole(text, "the head that go has noted does as well"));
      CHECK_FALSE(database.is_proven());
      database.latest(database.note);
      CHECK(database.is_proven());
    }
  }
}

TEST_CASE("what is not proven was never said", "[recovery]") {
  const Database database(773, 300);
  const auto is_proven = [&](const std::string& bytes) {
    database.record(bytes);
    return database.is_proven();
  };
  REQUIRE(is_proven(database.whole(text, database.note)));
  SECTION("another hash, number, or head") {
    const std::string right = database.whole(text, database.note);
    for (std::size_t i = 0; i < right.size(); ++i) {
      INFO("byte " << i);
      CHECK_FALSE(is_proven(flipped(right, i)));
      if (i % 8 == 0) CHECK_FALSE(is_proven(right.substr(0, i)));
    }
    CHECK_FALSE(is_proven(
        database.whole(text + "github.com/acme/beta v1.0.0 " + h1 + "\n", database.note)));
  }
  SECTION("a head that is signed, but of another tree") {
    const std::string other =
        database.signed_note("go.sum database tree\n773\n" + base64(std::string(32, 'x')) + "\n");
    CHECK_FALSE(is_proven(database.whole(text, other)));
  }
  SECTION("another key of that name, or none") {
    Database other(773, 300);
    other.record(other.whole(text, database.note));
    CHECK_FALSE(other.is_proven());
    other.record(other.whole(text, other.note));
    REQUIRE(other.is_proven());
    for (const std::string& value :
         {database.verifier, std::string("db.example"), std::string("off"), std::string(),
          other.verifier.substr(0, other.verifier.size() - 4),
          "db.example+00000000+" + other.verifier.substr(other.verifier.rfind('+') + 1)}) {
      INFO(value);
      other.settings.sumdb = value;
      CHECK_FALSE(other.is_proven());
    }
  }
  SECTION("the name that go knows is the key that it knows") {
    Database known(7, 3);
    const TempDir root;
    const std::string verifier = known.verifier;
    known.record(known.whole(text, known.note));
    known.settings.sumdb = "db.example";
    known.settings.go_root = root.path().string();
    CHECK_FALSE(known.is_proven());
    write_file(root.path() / "src/cmd/go/internal/modfetch/key.go",
               "package modfetch\n\nvar knownGOSUMDB = map[string]string{\n\t\"db.example\": \"" +
                   verifier + "\",\n}\n");
    CHECK(known.is_proven());
  }
  SECTION("tiles that are damaged or not there") {
    for (const char* name : {"0/001", "0/003.p/5", "1/000.p/3"}) {
      INFO(name);
      const fs::path tile = database.files() / "tile/8" / name;
      const std::string right = read_file(tile);
      for (const std::string& wrong : {flipped(right, 40), right.substr(32), std::string()}) {
        write_file(tile, wrong);
        CHECK_FALSE(database.is_proven());
      }
      fs::remove(tile);
      CHECK_FALSE(database.is_proven());
      write_file(tile, right);
    }
    CHECK(database.is_proven());
  }
}

// Promise 6 and 3, with the network away: what go has verified once is proven again.
TEST_CASE("without go.sum and without a network, what the database said mends the cache", "[e2e]") {
  for (const Go& go : gos()) {
    DYNAMIC_SECTION(go.version) {
      Bed bed(go);
      const Sumdb database = bed.proxy.sumdb();
      bed.env["GOSUMDB"] = database.with_url();
      bed.env["GOFLAGS"] = "-mod=mod";
      fs::remove(bed.app / "go.sum");
      REQUIRE(bed.go({"mod", "download"}).code() == 0);
      fs::remove(bed.app / "go.sum");
      const std::string good = h1_of(bed.zip(alpha));
      bed.env["GOPROXY"] = "off";
      database.fault({.kind = "reset"});
      fs::permissions(bed.tree(alpha), fs::perms::owner_all);
      fs::remove(bed.tree(alpha) / "extra.go");
      const Ran ran = bed.gomend({"build", "./..."});
      INFO(ran.text());
      CHECK(ran.code() == 0);
      CHECK(h1_of_tree(bed.tree(alpha), alpha) == good);
      const std::string go_mod = read_file(bed.download(alpha, ".mod"));
      damage(bed.download(alpha, ".mod"), "garbage");
      const Ran repaired = bed.companion({"verify", "--repair", alpha});
      INFO(repaired.text());
      CHECK(repaired.code() == 0);
      CHECK(read_file(bed.download(alpha, ".mod")) == go_mod);
    }
  }
}

}  // namespace tests
