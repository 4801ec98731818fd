#pragma once
// Unpacks the entries of one module zip, most of them whole, into buffers that it keeps: what
// hashing a large cache spends its time on. The same answers as ZipFile::unpack, which goes piece
// by piece; that is used for an entry that is too large to be held. One thread's own.
//
// Read in the order of the central directory: a zip is written in that order, so the next entry has
// mostly been read with the last one. Inflate and CRC-32 are libdeflate's; the only file that knows
// it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "recovery/go/zip.hpp"

namespace recovery {

class Unpacker {
 public:
  explicit Unpacker(const ZipFile& zip);
  ~Unpacker();
  Unpacker(Unpacker&&) noexcept;

  static constexpr std::uint64_t largest_whole = 16 << 20;  // bytes, unpacked

  // From now on entries of another zip.
  void turn_to(const ZipFile& zip);

  // The content of an entry of at most largest_whole bytes, valid until the next call; nullopt when
  // its bytes, size or CRC are not right.
  std::optional<std::string_view> whole(const ZipEntry& entry);

  // Any entry: its content in one piece or several; false as ZipFile::unpack.
  bool unpack(const ZipEntry& entry, const std::function<void(std::string_view)>& sink);

 private:
  struct Inflater;
  const char* window(std::uint64_t at, std::uint64_t size);

  const ZipFile* zip_;
  std::unique_ptr<Inflater> inflater_;
  std::vector<char> window_;  // bytes of the zip, from window_at_ on
  std::uint64_t window_at_ = 0;
  std::uint64_t window_size_ = 0;
  std::vector<char> content_;
};

}  // namespace recovery
