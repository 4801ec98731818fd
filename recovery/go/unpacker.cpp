#include "recovery/go/unpacker.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace recovery {
namespace {

constexpr std::uint64_t read_ahead = 512 * 1024;
constexpr std::uint64_t local_header = 30, descriptor = 16;  // bytes, the latter at most

std::uint32_t number(const char* at, unsigned width) {
  std::uint32_t value = 0;
  for (unsigned i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

}  // namespace

struct Unpacker::Inflater {
  libdeflate_decompressor* decompressor = ::libdeflate_alloc_decompressor();
  ~Inflater() { ::libdeflate_free_decompressor(decompressor); }
};

Unpacker::Unpacker(const ZipFile& zip) : zip_(&zip), inflater_(std::make_unique<Inflater>()) {
  if (inflater_->decompressor == nullptr) throw std::bad_alloc();
}
Unpacker::~Unpacker() = default;
Unpacker::Unpacker(Unpacker&&) noexcept = default;

void Unpacker::turn_to(const ZipFile& zip) {
  zip_ = &zip;
  window_size_ = 0;
}

// The file's bytes [at, at + size), with some that follow; nullptr where the file ends before that.
const char* Unpacker::window(std::uint64_t at, std::uint64_t size) {
  if (at > zip_->size() || zip_->size() - at < size) return nullptr;
  if (at < window_at_ || at + size > window_at_ + window_size_) {
    const std::uint64_t wanted = std::min(std::max(size, read_ahead), zip_->size() - at);
    if (window_.size() < wanted) window_.resize(wanted);
    window_at_ = at;
    window_size_ = zip_->read_into(at, window_.data(), wanted);
    if (window_size_ < size) return nullptr;  // somebody cut it off meanwhile
  }
  return window_.data() + (at - window_at_);
}

std::optional<std::string_view> Unpacker::whole(const ZipEntry& entry) {
  // What is packed is never much larger than what it holds: 5 bytes for each 64 KiB at worst.
  if (entry.size > largest_whole || entry.packed_size > largest_whole + (1 << 20))
    return std::nullopt;
  if (entry.name.ends_with('/') && entry.size != 0) return std::nullopt;
  const char* header = window(entry.header_offset, local_header);
  if (header == nullptr || number(header, 4) != 0x04034b50) return std::nullopt;
  const std::uint64_t begin =
      entry.header_offset + local_header + number(header + 26, 2) + number(header + 28, 2);
  // As for archive/zip: what is packed may end before it should, and what is nothing may lie behind
  // the file's end.
  const std::uint64_t there = begin > zip_->size() ? 0 : zip_->size() - begin;
  const std::uint64_t packed_size = std::min(entry.packed_size, there);
  const char* packed = packed_size == 0 ? "" : window(begin, packed_size);
  if (packed == nullptr) return std::nullopt;

  std::string_view content(packed, packed_size);
  if (entry.method == 8) {
    if (content_.size() < entry.size + 1) content_.resize(entry.size + 1);
    std::size_t used = 0, made = 0;
    // What stands behind the last block is nobody's, as for archive/zip.
    if (::libdeflate_deflate_decompress_ex(inflater_->decompressor, packed, packed_size,
                                           content_.data(), entry.size, &used,
                                           &made) != LIBDEFLATE_SUCCESS) {
      return std::nullopt;
    }
    content = std::string_view(content_.data(), made);
  } else if (entry.method != 0 || packed_size != entry.packed_size) {
    return std::nullopt;
  }
  if (content.size() != entry.size) return std::nullopt;
  const std::uint32_t crc = ::libdeflate_crc32(0, content.data(), content.size());
  if (crc != entry.crc32 && (entry.crc32 != 0 || entry.has_descriptor)) return std::nullopt;
  if (!entry.has_descriptor) return content;

  // A stored content lies in the window itself, which the descriptor must not take away.
  if (entry.method == 0) {
    content_.assign(content.begin(), content.end());
    content = std::string_view(content_.data(), content_.size());
  }
  const std::uint64_t end = begin + entry.packed_size;
  const std::uint64_t left = end > zip_->size() ? 0 : zip_->size() - end;
  const std::uint64_t size = std::min(left, descriptor);
  const char* behind = window(end, size);
  if (behind == nullptr || size < 12) return std::nullopt;
  const std::uint64_t crc_at = number(behind, 4) == 0x08074b50 ? 4 : 0;
  if (size < crc_at + 12 || number(behind + crc_at, 4) != entry.crc32) return std::nullopt;
  return content;
}

bool Unpacker::unpack(const ZipEntry& entry, const std::function<void(std::string_view)>& sink) {
  if (entry.size > largest_whole || entry.packed_size > largest_whole)
    return zip_->unpack(entry, sink);
  const auto content = whole(entry);
  if (content) sink(*content);
  return content.has_value();
}

}  // namespace recovery
