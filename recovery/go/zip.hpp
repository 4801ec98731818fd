#pragma once
// A module zip, read as Go's archive/zip reads it: by its central directory, each entry's CRC-32
// and size checked. And written: a zip that is rebuilt from a good tree has other bytes than the
// one that was lost, but the same h1.
//
// Source of truth: archive/zip/reader.go, APPNOTE.TXT of the format; golang.org/x/mod/zip for what
// a module zip may hold (every name begins "M@V/", at most 500 MiB unpacked). Inflate is zlib's.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/h1.hpp"
#include "recovery/os/root.hpp"

namespace recovery {

struct ZipEntry {
  std::string name;  // as in the central directory: "github.com/BurntSushi/toml@v1.3.2/doc.go"
  std::uint64_t size = 0;
  std::uint64_t packed_size = 0;
  std::uint64_t header_offset = 0;
  std::uint32_t crc32 = 0;
  std::uint16_t method = 0;     // 0 stored, 8 deflated
  bool has_descriptor = false;  // sizes and CRC once more, behind the content
};

class ZipFile {
 public:
  // nullopt when this is no regular file, no zip that every Go would open, or larger than go takes:
  // what an answer costs is bounded by that. It is read piece by
  // piece: a module may have 500 MiB, and a map of a file that somebody cuts off meanwhile is a
  // SIGBUS.
  static std::optional<ZipFile> open(const Root& root, const std::string& rel);
  static std::optional<ZipFile> open(Fd fd);

  const std::vector<ZipEntry>& entries() const { return entries_; }

  // Unpacks one entry piece by piece; false when its bytes, size or CRC are not right (then what
  // came is worthless).
  bool unpack(const ZipEntry& entry, const std::function<void(std::string_view)>& sink) const;

  // What of the file's bytes from `at` on is there, up to `size`; gives how many. For Unpacker.
  std::size_t read_into(std::uint64_t at, char* to, std::size_t size) const;
  std::uint64_t size() const { return size_; }

  // SHA-256 of each entry: what h1 is made of; nullopt when an entry is damaged.
  std::optional<FileHashes> hashes() const;

 private:
  ZipFile() = default;
  bool read_directory();
  bool is_bounded() const;
  std::string read(std::uint64_t at, std::uint64_t size) const;
  std::optional<std::uint64_t> content_begin(const ZipEntry& entry) const;
  bool descriptor_fits(const ZipEntry& entry, std::uint64_t at) const;

  Fd fd_;
  std::uint64_t size_ = 0;
  std::vector<ZipEntry> entries_;
};

// A new zip of the files given by `next` (name and content, until nullopt), deflated, without
// times.
struct ZipInput {
  std::string name;
  std::string content;
};
std::string make_zip(const std::function<std::optional<ZipInput>()>& next);

std::string linked_zlib();  // of the library that is linked in: "1.2.13"

}  // namespace recovery
