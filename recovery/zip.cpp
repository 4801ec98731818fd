#include "recovery/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace recovery {
namespace {

constexpr std::uint64_t largest_module = 500ULL << 20;  // golang.org/x/mod/zip.MaxZipFile, unpacked

// Little-endian numbers out of bytes that may end too early: every read is checked.
std::optional<std::uint64_t> number(std::string_view bytes, std::uint64_t at, unsigned width) {
  if (at > bytes.size() || bytes.size() - at < width) return std::nullopt;
  std::uint64_t value = 0;
  for (unsigned i = width; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

std::uint64_t number_or(std::string_view bytes, std::uint64_t at, unsigned width) {
  return number(bytes, at, width).value_or(~0ULL);
}

// The last "end of central directory" record whose comment fits in the file, as readDirectoryEnd
// finds it.
std::optional<std::uint64_t> directory_end(std::string_view bytes) {
  if (bytes.size() < 22) return std::nullopt;
  const std::uint64_t last = bytes.size() - 22;
  const std::uint64_t first = last > 65 * 1024 ? last - 65 * 1024 : 0;
  for (std::uint64_t at = last + 1; at-- > first;) {
    if (number(bytes, at, 4) != 0x06054b50U) continue;
    const std::uint64_t comment = *number(bytes, at + 20, 2);
    if (at + 22 + comment > bytes.size()) return std::nullopt;
    return at;
  }
  return std::nullopt;
}

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
};

std::optional<Directory> find_directory(std::string_view bytes) {
  const auto end = directory_end(bytes);
  if (!end) return std::nullopt;
  std::uint64_t count = *number(bytes, *end + 10, 2);
  std::uint64_t size = *number(bytes, *end + 12, 4);
  std::uint64_t offset = *number(bytes, *end + 16, 4);
  if (count == 0xffff || size == 0xffffffff || offset == 0xffffffff) {
    if (*end >= 20 && number(bytes, *end - 20, 4) == 0x07064b50U) {
      const std::uint64_t end64 = number_or(bytes, *end - 20 + 8, 8);
      if (number(bytes, end64, 4) != 0x06064b50U) return std::nullopt;
      count = number_or(bytes, end64 + 32, 8);
      size = number_or(bytes, end64 + 40, 8);
      offset = number_or(bytes, end64 + 48, 8);
    }
  }
  if (offset > bytes.size() || size > bytes.size() || offset + size > bytes.size()) {
    return std::nullopt;
  }
  // Bytes before the archive shift everything (archive/zip's baseOffset); a module zip has none, so
  // no shift is tried.
  return Directory{offset, count};
}

// Sizes beyond 4 GiB stand in the zip64 extra field, in this order, each only if its 32-bit twin is
// all ones.
void read_zip64(std::string_view extra, ZipEntry& entry) {
  for (std::uint64_t at = 0; at + 4 <= extra.size();) {
    const std::uint64_t tag = *number(extra, at, 2);
    const std::uint64_t size = *number(extra, at + 2, 2);
    std::uint64_t field = at + 4;
    at = field + size;
    if (tag != 1) continue;
    for (std::uint64_t* value : {&entry.size, &entry.packed_size, &entry.header_offset}) {
      if (*value != 0xffffffff) continue;
      *value = number_or(extra, field, 8);
      field += 8;
    }
  }
}

}  // namespace

std::optional<ZipFile> ZipFile::open(const Root& root, const std::string& rel) {
  auto bytes = root.read(rel, 2 * largest_module);
  if (!bytes) return std::nullopt;
  ZipFile zip;
  zip.content_ = std::move(*bytes);
  if (!zip.read_directory()) return std::nullopt;
  return zip;
}

bool ZipFile::read_directory() {
  const std::string_view bytes = content_;
  const auto directory = find_directory(bytes);
  if (!directory) return false;
  std::uint64_t at = directory->offset;
  while (number(bytes, at, 4) == 0x02014b50U && at + 46 <= bytes.size()) {
    ZipEntry entry;
    entry.method = static_cast<std::uint16_t>(*number(bytes, at + 10, 2));
    entry.crc32 = static_cast<std::uint32_t>(*number(bytes, at + 16, 4));
    entry.packed_size = *number(bytes, at + 20, 4);
    entry.size = *number(bytes, at + 24, 4);
    const std::uint64_t name = *number(bytes, at + 28, 2);
    const std::uint64_t extra = *number(bytes, at + 30, 2);
    const std::uint64_t comment = *number(bytes, at + 32, 2);
    entry.header_offset = *number(bytes, at + 42, 4);
    if (at + 46 + name + extra + comment > bytes.size()) return false;
    entry.name = bytes.substr(at + 46, name);
    read_zip64(bytes.substr(at + 46 + name, extra), entry);
    entries_.push_back(std::move(entry));
    at += 46 + name + extra + comment;
  }
  return entries_.size() % 65536 == directory->count % 65536;
}

bool ZipFile::unpack(const ZipEntry& entry,
                     const std::function<void(std::string_view)>& sink) const {
  const std::string_view bytes = content_;
  if (number(bytes, entry.header_offset, 4) != 0x04034b50U || entry.size > largest_module) {
    return false;
  }
  const auto name = number(bytes, entry.header_offset + 26, 2);
  const auto extra = number(bytes, entry.header_offset + 28, 2);
  if (!name || !extra) return false;
  const std::uint64_t begin = entry.header_offset + 30 + *name + *extra;
  if (begin > bytes.size() || entry.packed_size > bytes.size() - begin) return false;
  std::string_view packed = bytes.substr(begin, entry.packed_size);

  std::uint64_t size = 0;
  uLong crc = ::crc32(0, nullptr, 0);
  const auto deliver = [&](std::string_view piece) {
    crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    size += piece.size();
    sink(piece);
  };
  if (entry.method == 0) {
    deliver(packed);
    return size == entry.size && crc == entry.crc32;
  }
  if (entry.method != 8) return false;

  z_stream stream = {};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  std::string buffer(128 * 1024, '\0');
  int result = Z_OK;
  while (result == Z_OK && size <= entry.size) {
    if (stream.avail_in == 0 && !packed.empty()) {
      const std::size_t piece = std::min<std::size_t>(packed.size(), 1U << 30);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
      stream.avail_in = static_cast<uInt>(piece);
      packed.remove_prefix(piece);
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = ::inflate(&stream, Z_NO_FLUSH);
    deliver(std::string_view(buffer).substr(0, buffer.size() - stream.avail_out));
  }
  ::inflateEnd(&stream);
  return result == Z_STREAM_END && size == entry.size && crc == entry.crc32;
}

std::optional<FileHashes> ZipFile::hashes() const {
  FileHashes files;
  for (const ZipEntry& entry : entries_) {
    Sha256 sum;
    if (!unpack(entry, [&](std::string_view piece) { sum.update(piece); })) return std::nullopt;
    if (entry.name.find('\n') != entry.name.npos) return std::nullopt;
    if (!files.emplace(entry.name, to_hex(sum.raw())).second) return std::nullopt;
  }
  return files;
}

namespace {

void put(std::string& out, std::uint64_t value, unsigned width) {
  for (unsigned i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

std::string deflate_raw(std::string_view content) {
  z_stream stream = {};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(::deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = ::deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate failed");
  return out;
}

// What the local header and the central directory say alike about an entry.
void put_common(std::string& out, const ZipEntry& entry) {
  put(out, 20, 2);     // version needed
  put(out, 0x800, 2);  // names are UTF-8
  put(out, entry.method, 2);
  put(out, 0, 4);  // no time
  put(out, entry.crc32, 4);
  put(out, entry.packed_size, 4);
  put(out, entry.size, 4);
  put(out, entry.name.size(), 2);
  put(out, 0, 2);  // no extra field
}

}  // namespace

std::string make_zip(const std::function<std::optional<ZipInput>()>& next) {
  std::string out;
  std::string directory;
  std::uint64_t count = 0;
  while (const auto input = next()) {
    if (input->content.size() > largest_module || out.size() > largest_module || count == 0xfffe) {
      throw std::runtime_error("too large for a module zip");
    }
    const std::string packed = deflate_raw(input->content);
    const auto crc = static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(input->content.data()), input->content.size()));
    const ZipEntry entry{input->name, input->content.size(), packed.size(), out.size(), crc, 8};
    put(out, 0x04034b50, 4);
    put_common(out, entry);
    out += entry.name + packed;
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    put_common(directory, entry);
    put(directory, 0, 10);  // comment, disk, attributes
    put(directory, entry.header_offset, 4);
    directory += entry.name;
    ++count;
  }
  const std::uint64_t offset = out.size();
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, count, 2);
  put(out, count, 2);
  put(out, directory.size(), 4);
  put(out, offset, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace recovery
