#include "recovery/go/zip.hpp"

#include <fcntl.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "recovery/go/unpacker.hpp"

namespace recovery {
namespace {

constexpr std::uint64_t largest_module = 500ULL << 20;  // golang.org/x/mod/zip.MaxZipFile, unpacked

// Entries may share their bytes, and say more than there is; but who lets few bytes be read over
// and over again makes no module.
constexpr std::uint64_t most_readings = 4;
constexpr std::uint64_t largest_directory = 256ULL << 20;

constexpr std::size_t piece_size = 128 * 1024;
constexpr std::uint32_t local_mark = 0x04034b50, directory_mark = 0x02014b50, end_mark = 0x06054b50;
constexpr std::size_t directory_record = 46, end_record = 22;  // bytes, less names and comments

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

// The last "end of central directory" record in the file's tail; its comment must fit
// (findSignatureInBlock).
std::optional<std::uint64_t> find_end(std::string_view tail) {
  if (tail.size() < end_record) return std::nullopt;
  for (std::uint64_t at = tail.size() - end_record + 1; at-- > 0;) {
    if (number(tail, at, 4) != end_mark) continue;
    if (at + end_record + *number(tail, at + 20, 2) > tail.size()) return std::nullopt;
    return at;
  }
  return std::nullopt;
}

struct Directory {
  std::uint64_t end = 0;  // offset of the record that says all this; the directory ends here
  std::uint64_t count = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  // as if the archive began the file
};

Directory read_end(std::string_view record, std::uint64_t at) {
  return {at, number_or(record, 10, 2), number_or(record, 12, 4), number_or(record, 16, 4)};
}

// When a number does not fit (the odd 0xffff is archive/zip's), where the zip64 end record is.
std::optional<std::uint64_t> zip64_end(const Directory& directory, std::string_view locator) {
  if (directory.count != 0xffff && directory.size != 0xffff && directory.offset != 0xffffffff) {
    return std::nullopt;
  }
  if (number(locator, 0, 4) != 0x07064b50U || number(locator, 4, 4) != 0U) return std::nullopt;
  return number(locator, 16, 4) == 1U ? number(locator, 8, 8) : std::nullopt;
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

// The records of a central directory, until something else comes, or the bytes end.
void read_entries(std::string_view bytes, std::uint64_t shift, std::vector<ZipEntry>& entries) {
  std::uint64_t at = 0;
  while (number(bytes, at, 4) == directory_mark && bytes.size() - at >= directory_record) {
    ZipEntry entry;
    entry.has_descriptor = (*number(bytes, at + 8, 2) & 8) != 0;
    entry.method = static_cast<std::uint16_t>(*number(bytes, at + 10, 2));
    entry.crc32 = static_cast<std::uint32_t>(*number(bytes, at + 16, 4));
    entry.packed_size = *number(bytes, at + 20, 4);
    entry.size = *number(bytes, at + 24, 4);
    const std::uint64_t name = *number(bytes, at + 28, 2);
    const std::uint64_t extra = *number(bytes, at + 30, 2);
    const std::uint64_t comment = *number(bytes, at + 32, 2);
    entry.header_offset = *number(bytes, at + 42, 4);
    if (bytes.size() - at - directory_record < name + extra + comment) return;
    at += directory_record;
    entry.name = bytes.substr(at, name);
    read_zip64(bytes.substr(at + name, extra), entry);
    entry.header_offset += shift;
    entries.push_back(std::move(entry));
    at += name + extra + comment;
  }
}

using Next = std::function<std::string()>;              // the next piece; empty at the end
using Deliver = std::function<bool(std::string_view)>;  // false: that is too much

bool copy_stored(const Next& next, const Deliver& deliver) {
  for (std::string piece = next(); !piece.empty(); piece = next()) {
    if (!deliver(piece)) return false;
  }
  return true;
}

bool inflate(const Next& next, const Deliver& deliver) {
  z_stream stream = {};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, ::inflateEnd);
  std::string packed;
  std::string buffer(piece_size, '\0');
  int result = Z_OK;
  while (result == Z_OK) {
    if (stream.avail_in == 0) {
      packed = next();
      stream.next_in = reinterpret_cast<Bytef*>(packed.data());
      stream.avail_in = static_cast<uInt>(packed.size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = ::inflate(&stream, Z_NO_FLUSH);
    if (!deliver(std::string_view(buffer).substr(0, buffer.size() - stream.avail_out)))
      return false;
  }
  return result == Z_STREAM_END;
}

}  // namespace

std::optional<ZipFile> ZipFile::open(const Root& root, const std::string& rel) {
  return open(root.try_open(rel, O_RDONLY | O_NONBLOCK | O_NOCTTY));
}

std::optional<ZipFile> ZipFile::open(Fd fd) {
  struct stat st;
  if (!fd || ::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  ZipFile zip;
  zip.fd_ = std::move(fd);
  zip.size_ = static_cast<std::uint64_t>(st.st_size);
  if (zip.size_ > largest_module || !zip.read_directory() || !zip.is_bounded()) return std::nullopt;
  return zip;
}

// What of these bytes is there: less than was asked for where the file ends.
std::string ZipFile::read(std::uint64_t at, std::uint64_t size) const {
  if (at >= size_) return {};
  std::string bytes(std::min(size, size_ - at), '\0');
  bytes.resize(read_into(at, bytes.data(), bytes.size()));
  return bytes;
}

std::size_t ZipFile::read_into(std::uint64_t at, char* to, std::size_t size) const {
  std::size_t used = 0;
  while (used < size) {
    const ssize_t n = ::pread(fd_.get(), to + used, size - used, static_cast<off_t>(at + used));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EIO) throw std::system_error(errno, std::generic_category(), "zip");
    if (n <= 0) break;
    used += static_cast<std::size_t>(n);
  }
  return used;
}

bool ZipFile::read_directory() {
  const std::uint64_t tail_at = size_ - std::min<std::uint64_t>(size_, 65 * 1024);
  const std::string tail = read(tail_at, 65 * 1024);
  const auto end = find_end(tail);
  if (!end) return false;
  Directory directory = read_end(std::string_view(tail).substr(*end), tail_at + *end);
  if (const auto at = zip64_end(directory, read(directory.end - 20, 20))) {
    const std::string record = read(*at, 56);
    if (number(record, 0, 4) != 0x06064b50U) return false;
    directory = {*at, number_or(record, 32, 8), number_or(record, 40, 8), number_or(record, 48, 8)};
  }
  if (directory.size > directory.end || directory.size > largest_directory) return false;
  const std::uint64_t begin = directory.end - directory.size;
  // Bytes before the archive shift everything. But where an entry stands at the unshifted place
  // too, old Gos read here and new ones there: no such zip is sound.
  const std::uint64_t shift = begin - directory.offset;
  if (shift != 0 && begin > directory.offset &&
      number(read(directory.offset, 4), 0, 4) == directory_mark) {
    return false;
  }
  read_entries(read(begin, size_ - begin), shift, entries_);
  return entries_.size() % 65536 == directory.count % 65536;
}

// As golang.org/x/mod/zip: all files together, too, are no larger than a module may be.
bool ZipFile::is_bounded() const {
  std::uint64_t unpacked = 0, packed = 0;
  for (const ZipEntry& entry : entries_) {
    if (entry.size > largest_module - unpacked) return false;
    unpacked += entry.size;
    packed += std::min(entry.packed_size, size_);
    if (packed > most_readings * size_) return false;
  }
  return true;
}

// Where an entry's content begins; nullopt when there is no local header.
std::optional<std::uint64_t> ZipFile::content_begin(const ZipEntry& entry) const {
  const std::string header = read(entry.header_offset, 30);
  if (header.size() < 30 || number(header, 0, 4) != local_mark) return std::nullopt;
  return entry.header_offset + 30 + *number(header, 26, 2) + *number(header, 28, 2);
}

// The CRC behind the content, with a mark of its own or without, says the same as the directory.
bool ZipFile::descriptor_fits(const ZipEntry& entry, std::uint64_t at) const {
  const std::string descriptor = read(at, 16);
  const std::uint64_t crc_at = number(descriptor, 0, 4) == 0x08074b50U ? 4 : 0;
  return descriptor.size() >= crc_at + 12 && number(descriptor, crc_at, 4) == entry.crc32;
}

bool ZipFile::unpack(const ZipEntry& entry,
                     const std::function<void(std::string_view)>& sink) const {
  const auto begin = content_begin(entry);
  if (!begin || entry.size > largest_module) return false;
  if (entry.name.ends_with('/') && entry.size != 0) return false;
  std::uint64_t size = 0;
  uLong crc = ::crc32(0, nullptr, 0);
  const auto deliver = [&](std::string_view piece) {
    crc = ::crc32_z(crc, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
    size += piece.size();
    if (size <= entry.size) sink(piece);
    return size <= entry.size;
  };
  std::uint64_t at = *begin;
  std::uint64_t left = entry.packed_size;
  const auto next = [&] {
    std::string piece = read(at, std::min<std::uint64_t>(left, piece_size));
    at += piece.size();
    left -= piece.size();
    return piece;
  };
  const bool is_whole = entry.method == 0   ? copy_stored(next, deliver) && left == 0
                        : entry.method == 8 ? inflate(next, deliver)
                                            : false;
  if (!is_whole || size != entry.size) return false;
  if (entry.has_descriptor && !descriptor_fits(entry, *begin + entry.packed_size)) return false;
  return crc == entry.crc32 || (entry.crc32 == 0 && !entry.has_descriptor);
}

std::optional<FileHashes> ZipFile::hashes() const {
  FileHashes files;
  Unpacker unpacker(*this);
  Sha256 sum;
  for (const ZipEntry& entry : entries_) {
    if (!unpacker.unpack(entry, [&](std::string_view piece) { sum.update(piece); }))
      return std::nullopt;
    if (entry.name.find('\n') != entry.name.npos) return std::nullopt;
    if (!files.emplace(entry.name, to_hex(sum.next())).second) return std::nullopt;
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
  out.erase(stream.total_out);
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
    put(out, local_mark, 4);
    put_common(out, entry);
    out += entry.name + packed;
    put(directory, directory_mark, 4);
    put(directory, 20, 2);
    put_common(directory, entry);
    put(directory, 0, 6);  // comment, disk, internal attributes
    put(directory, 0, 4);  // external attributes
    put(directory, entry.header_offset, 4);
    directory += entry.name;
    ++count;
  }
  const std::uint64_t offset = out.size();
  out += directory;
  put(out, end_mark, 4);
  put(out, 0, 4);
  put(out, count, 2);
  put(out, count, 2);
  put(out, directory.size(), 4);
  put(out, offset, 4);
  put(out, 0, 2);
  return out;
}

std::string linked_zlib() {
  return zlibVersion();
}

}  // namespace recovery
