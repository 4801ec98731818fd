#pragma once
// The hashes of go.sum: golang.org/x/mod/sumdb/dirhash.Hash1. Names sorted bytewise, one line for
// each file,
//   <lowercase hex SHA-256 of the content>, two spaces, <name>, LF
// and "h1:" + padded base64 of the SHA-256 of all lines. The only file that knows OpenSSL.
//
// Example: h1 of an empty go.mod: "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace recovery {

using Digest = std::array<unsigned char, 32>;

// A SHA-256 that is fed piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  void update(std::string_view bytes);
  std::string raw();  // 32 bytes; ends it
  Digest next();      // the same, and begins the next one: no allocation for each of many files

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_hex(std::string_view raw);
std::string to_hex(const Digest& digest);
std::string sha256_hex(std::string_view bytes);
std::string linked_openssl();  // of the library that is linked in: "3.0.17"

using FileHashes = std::map<std::string, std::string>;  // name -> lowercase hex, in Go's order

std::string hash1(const FileHashes& files);
std::string hash_go_mod(std::string_view bytes);  // dirhash of one file named go.mod
std::optional<std::string> from_base64(
    std::string_view text);  // padded; nullopt: it is not the one form

// Ed25519, of a public key of 32 bytes and a signature of 64.
bool is_signed_by(std::string_view key, std::string_view message, std::string_view signature);

bool is_h1(std::string_view text);  // "h1:" and 44 characters of base64: a whole ziphash file

}  // namespace recovery
