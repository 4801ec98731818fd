#include "recovery/evidence/sumdb_proof.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

#include "recovery/go/h1.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/os/file.hpp"

namespace recovery {
namespace {

constexpr std::size_t hash_size = 32;
constexpr std::uint64_t most_records = 1ULL << 48;
constexpr unsigned tile_height = 8;
constexpr std::uint64_t tile_width = 1 << tile_height;
constexpr std::size_t largest = 1 << 20;  // of a record, a tree head, a tile

std::string hash_of(char kind, std::string_view left, std::string_view right = "") {
  Sha256 sum;
  sum.update(std::string_view(&kind, 1));
  sum.update(left);
  sum.update(right);
  return sum.raw();
}
std::string hash_of_record(std::string_view text) {
  return hash_of('\0', text);
}
std::string hash_of_node(std::string_view left, std::string_view right) {
  return hash_of('\1', left, right);
}

// Of a whole subtree, by its leaves' hashes one after the other; their number is a power of two.
std::string hash_of_subtree(std::string_view hashes) {
  if (hashes.size() <= hash_size) return std::string(hashes);
  const std::size_t half = hashes.size() / 2;
  return hash_of_node(hash_of_subtree(hashes.substr(0, half)),
                      hash_of_subtree(hashes.substr(half)));
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_plain = error == std::errc() && end == text.data() + text.size();
  return is_plain && value < most_records ? std::optional(value) : std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

struct TreeHead {
  std::uint64_t size = 0;
  std::string hash;
};

std::optional<TreeHead> read_tree_head(std::string_view note, std::string_view key) {
  if (!is_signed_note(note, key)) return std::nullopt;
  if (take_line(note) != "go.sum database tree") return std::nullopt;
  const auto size = number_of(take_line(note));
  const auto hash = from_base64(take_line(note));
  if (!size || !hash || hash->size() != hash_size) return std::nullopt;
  return TreeHead{*size, *hash};
}

// "42\nM V h1:…\nM V/go.mod h1:…\n\n" and a tree head.
struct Record {
  std::uint64_t id = 0;
  std::string text;
  std::string note;
};

std::optional<Record> read_whole_record(std::string_view bytes) {
  const auto id = number_of(take_line(bytes));
  const std::size_t end = bytes.find("\n\n");
  if (!id || end == bytes.npos) return std::nullopt;
  return Record{*id, std::string(bytes.substr(0, end + 1)), std::string(bytes.substr(end + 2))};
}

// The hashes of a tree of records, as far as the cache has its tiles.
class Tiles {
 public:
  Tiles(const Root& cache, std::string database, TreeHead head)
      : cache_(cache),
        dir_("cache/download/sumdb/" + std::move(database) + "/tile/8/"),
        head_(std::move(head)) {}

  // The tree's own hash proves the tiles at its right edge; a whole tile is proven by its hash,
  // which stands in the tile above it.
  bool prove(std::uint64_t id, std::string_view hash) const {
    if (id >= head_.size || root() != head_.hash) return false;
    std::string wanted(hash);
    for (unsigned level = 0; level < most_levels; ++level, id /= tile_width) {
      const std::string tile = read(level, id / tile_width);
      const std::size_t at = id % tile_width * hash_size;
      if (tile.size() < at + hash_size || tile.compare(at, hash_size, wanted) != 0) return false;
      if (tile.size() < tile_width * hash_size) return true;
      wanted = hash_of_subtree(tile);
    }
    return false;
  }

 private:
  static constexpr unsigned most_levels = 7;

  // Hashes that there are on a level of tiles.
  std::uint64_t count_at(unsigned level) const { return head_.size >> (tile_height * level); }

  // As many as this tree has of it; empty: the cache has them not.
  std::string read(unsigned level, std::uint64_t n) const {
    const std::uint64_t count = count_at(level);
    if (n * tile_width >= count) return {};
    const std::uint64_t width = std::min(tile_width, count - n * tile_width);
    const std::string name = dir_ + std::to_string(level) + "/" + name_of(n);
    std::optional<std::string> bytes;
    if (width < tile_width) bytes = cache_.read(name + ".p/" + std::to_string(width), largest);
    if (!bytes) bytes = cache_.read(name, largest);
    if (!bytes || bytes->size() < width * hash_size) return {};
    return bytes->substr(0, width * hash_size);
  }

  static std::string name_of(std::uint64_t n) {  // 1234067: "x001/x234/067"
    std::string name;
    for (bool is_last = true; is_last || n > 0; is_last = false, n /= 1000) {
      const std::string digits = std::to_string(1000 + n % 1000).substr(1);
      name = is_last ? digits : "x" + digits + "/" + name;
    }
    return name;
  }

  // Of the tree: of its whole subtrees, the largest of which is the leftmost.
  std::string root() const {
    std::string hash;
    for (unsigned level = 0; level < most_levels * tile_height; ++level) {
      if ((head_.size >> level & 1) == 0) continue;
      const std::string left = subtree(level, (head_.size >> level) - 1);
      if (left.empty()) return {};
      hash = hash.empty() ? left : hash_of_node(left, hash);
    }
    return hash;
  }

  // 2^level records, the i-th such subtree.
  std::string subtree(unsigned level, std::uint64_t i) const {
    const unsigned above = level % tile_height;
    const std::uint64_t first = i << above, count = 1ULL << above;
    const std::string tile = read(level / tile_height, first / tile_width);
    const std::size_t at = first % tile_width * hash_size;
    if (tile.size() < at + count * hash_size) return {};
    return hash_of_subtree(std::string_view(tile).substr(at, count * hash_size));
  }

  const Root& cache_;
  std::string dir_;
  TreeHead head_;
};

}  // namespace

std::string sumdb_key(const Settings& settings) {
  const std::string value = settings.sumdb.substr(0, settings.sumdb.find(' '));
  if (value.empty() || value == "off" || value.find('+') != value.npos)
    return value == "off" ? "" : value;
  const std::string known =
      read_text_file(settings.go_root + "/src/cmd/go/internal/modfetch/key.go");
  const std::size_t at = known.find("\"" + value + "+");
  return at == known.npos ? std::string() : known.substr(at + 1, known.find('"', at + 1) - at - 1);
}

bool is_signed_note(std::string_view note, std::string_view key) {
  const std::size_t plus = key.find('+');
  const std::size_t last = plus == key.npos ? plus : key.find('+', plus + 1);
  const std::size_t gap = note.rfind("\n\n");
  if (last == key.npos || gap == note.npos || !note.ends_with('\n')) return false;
  const std::string_view name = key.substr(0, plus);
  const auto public_key = from_base64(key.substr(last + 1));  // 1: Ed25519, and 32 bytes
  if (name.empty() || !public_key || public_key->size() != 33 || (*public_key)[0] != 1)
    return false;
  Sha256 sum;
  sum.update(std::string(name) + "\n" + *public_key);
  const std::string id = sum.raw().substr(0, 4);
  if (to_hex(id) != key.substr(plus + 1, last - plus - 1)) return false;
  const std::string_view text = note.substr(0, gap + 1);
  note.remove_prefix(gap + 2);
  while (!note.empty()) {
    const std::string_view line = take_line(note);
    const std::string mine = "\xe2\x80\x94 " + std::string(name) + " ";
    if (!line.starts_with("\xe2\x80\x94 ")) return false;
    if (!line.starts_with(mine)) continue;
    const auto signature = from_base64(line.substr(mine.size()));  // the key's id, and 64 bytes
    if (signature && signature->size() == 68 && signature->starts_with(id) &&
        is_signed_by(std::string_view(*public_key).substr(1), text,
                     std::string_view(*signature).substr(4)))
      return true;
  }
  return false;
}

Expected proven_record(const Root& cache, const Settings& settings, const ModuleVersion& m) {
  const std::string key = sumdb_key(settings);
  const std::string name = key.substr(0, key.find('+'));
  if (name.empty() || name.find("..") != name.npos) return {};
  const std::string file = record_file(name, m);
  const auto bytes = cache.read(file, largest);
  const auto record = bytes ? read_whole_record(*bytes) : std::nullopt;
  if (!record) return {};
  const std::string hash = hash_of_record(record->text);
  // The head that go has seen last, or the one that came with the record.
  for (const std::string& note :
       {read_text_file(settings.go_path + "/pkg/sumdb/" + name + "/latest"), record->note}) {
    const auto head = read_tree_head(note, key);
    if (head && Tiles(cache, name, *head).prove(record->id, hash))
      return recorded_in(record->text, m);
  }
  return {};
}

}  // namespace recovery
