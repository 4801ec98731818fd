#include "recovery/go/h1.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace recovery {

constexpr std::size_t largest_base64 = 1 << 20;

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // Before anything else of it: no openssl.cnf is read, and none that OPENSSL_CONF names, which
  // could load code.
  static const int ready =
      OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
  if (ready != 1) throw std::runtime_error("no libcrypto");
  if (state_->context == nullptr ||
      EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("no SHA-256");
  }
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
}

std::string Sha256::raw() {
  std::string out(32, '\0');
  if (EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()), nullptr) !=
      1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return out;
}

Digest Sha256::next() {
  Digest out;
  if (EVP_DigestFinal_ex(state_->context, out.data(), nullptr) != 1 ||
      EVP_DigestInit_ex(state_->context, nullptr, nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return out;
}

std::string to_hex(const Digest& digest) {
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string to_hex(std::string_view raw) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(raw.size() * 2);
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 sum;
  sum.update(bytes);
  return to_hex(sum.raw());
}

std::string hash1(const FileHashes& files) {
  Sha256 sum;
  for (const auto& [name, hex] : files) sum.update(hex + "  " + name + "\n");
  const std::string raw = sum.raw();
  std::string base64(45, '\0');  // 44 characters, and the NUL that EVP_EncodeBlock adds
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                  reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  base64.pop_back();
  return "h1:" + base64;
}

std::string hash_go_mod(std::string_view bytes) {
  return hash1({{"go.mod", sha256_hex(bytes)}});
}

std::optional<std::string> from_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  if (text.size() % 4 != 0 || text.size() > largest_base64 ||
      !std::ranges::all_of(text.substr(0, text.size() - padding), is_digit))
    return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size != static_cast<int>(bytes.size())) return std::nullopt;
  // Bits of the last digit that stand for nothing: two texts would be the same bytes.
  std::string again(text.size() + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(again.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  size - static_cast<int>(padding));
  again.pop_back();
  if (again != text) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

bool is_signed_by(std::string_view key, std::string_view message, std::string_view signature) {
  const Sha256 ready;  // and with it libcrypto
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  if (key.size() != 32 || signature.size() != 64) return false;
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(key), key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  return public_key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                          message.size()) == 1;
}

bool is_h1(std::string_view text) {
  if (text.size() != 47 || !text.starts_with("h1:") || text.back() != '=') return false;
  return std::ranges::all_of(text.substr(3, 43), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

std::string linked_openssl() {
  return OpenSSL_version(OPENSSL_VERSION_STRING);
}

}  // namespace recovery
