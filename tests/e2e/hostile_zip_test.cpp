// Issue 15.13: zips that somebody has made on purpose. What go would not unpack is not sound, gives
// no tree its files, and never comes in; what can be said of it is said in bounded memory and time.
#include "recovery/go/zip_rules.hpp"

#include <sys/mman.h>
#include <zlib.h>

#include <chrono>

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Fd;
using recovery::ModuleVersion;
using recovery::ZipFile;

const std::string alpha = "github.com/acme/alpha@v1.1.0";
const std::string below = alpha + "/";

struct RawEntry {
  std::string name = {}, content = "x";
  std::int64_t declared = -1;  // size, if another than its content has
  std::uint32_t mode = 0;      // of Unix
  std::string extra = {};
};

void put(std::string& out, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

// Stored, not packed: `packed`, if given, is the content of all, deflated.
std::string make_zip(const std::vector<RawEntry>& entries, const std::string& packed = "",
                     bool shared = false) {
  std::string out, directory;
  std::uint32_t first = 0;
  for (const RawEntry& e : entries) {
    const std::string& bytes = packed.empty() ? e.content : packed;
    const auto size = e.declared < 0 ? e.content.size() : static_cast<std::uint64_t>(e.declared);
    const auto crc = static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(e.content.data()), e.content.size()));
    const auto at = shared && !out.empty() ? first : static_cast<std::uint32_t>(out.size());
    const auto common = [&](std::string& to) {
      put(to, 20, 2), put(to, 0x800, 2), put(to, packed.empty() ? 0 : 8, 2), put(to, 0, 4);
      put(to, crc, 4), put(to, bytes.size(), 4), put(to, size, 4), put(to, e.name.size(), 2);
    };
    if (!shared || out.empty()) {
      put(out, 0x04034b50, 4), common(out), put(out, 0, 2);
      out += e.name + bytes;
    }
    put(directory, 0x02014b50, 4), put(directory, 0x314, 2), common(directory);
    put(directory, e.extra.size(), 2), put(directory, 0, 6), put(directory, e.mode << 16, 4);
    put(directory, at, 4);
    directory += e.name + e.extra;
  }
  const std::size_t begin = out.size();
  out += directory;
  put(out, 0x06054b50, 4), put(out, 0, 4);
  put(out, entries.size() & 0xffff, 2), put(out, entries.size() & 0xffff, 2);
  put(out, directory.size(), 4), put(out, begin, 4), put(out, 0, 2);
  return out;
}

std::optional<ZipFile> open_bytes(const std::string& bytes) {
  Fd fd(::memfd_create("zip", MFD_CLOEXEC));
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("memfd");
  return ZipFile::open(std::move(fd));
}

std::string extra64(std::uint64_t size) {
  std::string extra;
  put(extra, 1, 2), put(extra, 8, 2), put(extra, size, 8);
  return extra;
}

const std::string go_mod = "module github.com/acme/alpha\n\ngo 1.17\n";

struct Row {
  const char* name;
  std::vector<RawEntry> entries;  // besides go.mod and a.go
  bool is_taken;
};

const std::vector<Row> rows = {
    {"nothing else", {}, true},
    {"directories", {{below, ""}, {below + "sub/", ""}, {below + "sub/b.txt"}}, true},
    {"a directory that holds nothing", {{below + "sub/", ""}}, true},
    {"symlink's mode", {{below + "link", "/etc/passwd", -1, 0120777}}, true},
    {"dots in a name", {{below + "a..b"}, {below + ".hidden"}, {below + "-dash"}}, true},
    {"a letter beyond ASCII", {{below + "\xc3\xa4.txt"}}, true},
    {"a name twice", {{below + "b.go"}, {below + "b.go", "y"}}, false},
    {"names that differ in case", {{below + "b.go"}, {below + "B.go"}}, false},
    {"directories that differ in case", {{below + "sub/b.go"}, {below + "Sub/c.go"}}, false},
    {"a file and a directory", {{below + "b"}, {below + "b/c"}}, false},
    {"another module's", {{"github.com/acme/beta@v1.0.0/b.go"}}, false},
    {"no prefix", {{"b.go"}}, false},
    {"absolute", {{"/tmp/b.go"}}, false},
    {"absolute, below", {{below + "/tmp/b.go"}}, false},
    {"up", {{below + "../beta@v1.0.0/b.go"}}, false},
    {"up, further down", {{below + "sub/../../b.go"}}, false},
    {"here", {{below + "./b.go"}}, false},
    {"dots only", {{below + "..."}}, false},
    {"a dot at the end", {{below + "b."}}, false},
    {"two slashes", {{below + "sub//b.go"}}, false},
    {"a backslash", {{below + "sub\\b.go"}}, false},
    {"a colon", {{below + "b:c"}}, false},
    {"a line's end", {{below + "b\nc"}}, false},
    {"a NUL", {{below + std::string("b\0c", 3)}}, false},
    {"no UTF-8", {{below + "b\xff"}}, false},
    {"an overlong slash",
     {{below + "..\xc0\xaf"
               "b"}},
     false},
    {"a device of Windows", {{below + "sub/NUL.txt"}}, false},
    {"a go.mod further down", {{below + "sub/go.mod"}}, false},
    {"a go.mod in another case", {{below + "GO.MOD"}}, false},
    {"larger than declared", {{below + "b.go", "xyz", 2}}, false},
    {"smaller than declared", {{below + "b.go", "xyz", 4}}, false},
    {"zip64: four exabytes", {{below + "b.go", "x", 0xffffffff, 0, extra64(1ULL << 62)}}, false},
    {"zip64: too short",
     {{below + "b.go", "x", 0xffffffff, 0, std::string("\1\0\2\0xy", 6)}},
     false},
    {"zip64: as it is", {{below + "b.go", "x", 0xffffffff, 0, extra64(1)}}, true},
    {"500 MiB together", {{below + "b", "x", 400U << 20}, {below + "c", "x", 200U << 20}}, false},
};

std::string zip_of(const Row& row) {
  std::vector<RawEntry> all = {{below + "go.mod", go_mod}, {below + "a.go", "package alpha\n"}};
  all.insert(all.end(), row.entries.begin(), row.entries.end());
  return make_zip(all);
}

bool is_sound(const std::string& bytes) {
  const auto zip = open_bytes(bytes);
  return zip && recovery::fault_in_names(zip->entries(), *ModuleVersion::parse(alpha)).empty() &&
         zip->hashes();
}

// A directory is the first source now, with this zip of alpha.
void serve(Bed& bed, const std::string& zip) {
  const fs::path directory = bed.root / "home/source";
  const fs::path files = directory / "github.com/acme/alpha/@v";
  if (!fs::exists(files)) {
    for (const char* extension : {".info", ".mod"})
      write_file(files / ("v1.1.0" + std::string(extension)),
                 read_file(bed.download(alpha, extension)));
    bed.env["GOPROXY"] = "file://" + directory.string() + "," + bed.env["GOPROXY"];
  }
  write_file(files / "v1.1.0.zip", zip);
}

double seconds_of(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("a module zip holds what go would unpack, and nothing else", "[recovery]") {
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(is_sound(zip_of(row)) == row.is_taken);
  }
  CHECK(is_sound(zip_of(rows[0]) + "trailing") == is_sound(zip_of(rows[0]) + "more of it"));
}

TEST_CASE("bombs cost neither memory nor time", "[recovery]") {
  // 64 MiB of empty blocks that hold nothing, and a thousand entries that all read them.
  std::string blocks;
  for (int i = 0; i < (16 << 20) / 5; ++i) blocks.append("\0\0\0\xff\xff", 5);
  std::vector<RawEntry> all(1000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {below + std::to_string(i), ""};
  CHECK(seconds_of([&] { CHECK(!is_sound(make_zip(all, blocks, true))); }) < 5);
  // One file of 16 MiB, two thousand times.
  std::string zeros(16 << 20, '\0'), packed(1 << 20, '\0');
  z_stream stream = {};
  REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  all.resize(2000);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {below + std::to_string(i), "", 16U << 20};
  CHECK(seconds_of([&] { CHECK(!is_sound(make_zip(all, packed, true))); }) < 5);
  // A directory that ends beyond everything, and a file of a terabyte that holds none.
  const TempDir dir;
  write_file(dir.path() / "huge.zip", zip_of(rows[0]));
  fs::resize_file(dir.path() / "huge.zip", 1ULL << 40);
  CHECK(seconds_of([&] { CHECK(!ZipFile::open(recovery::Root(dir.path()), "huge.zip")); }) < 5);
}

// go builds with it; its h1 is not that of the tree that go makes of it.
TEST_CASE("a zip with entries for directories, and its tree, are sound", "[e2e]") {
  Bed bed(gos().back());
  serve(bed, zip_of(rows[1]));
  const fs::path place = bed.app / "small";
  write_file(place / "go.mod",
             "module example.com/small\n\ngo 1.17\n\nrequire github.com/acme/alpha v1.1.0\n");
  write_file(place / "main.go", "package main\n\nimport _ \"" + alpha.substr(0, alpha.find('@')) +
                                    "\"\n\nfunc main() { undefined() }\n");
  remove_tree(bed.tree(alpha));
  fs::remove(bed.zip(alpha));
  fs::remove(bed.download(alpha, ".ziphash"));
  const RunOptions there = {.env = {{"GOFLAGS", "-mod=mod"}}, .cwd = place};
  (void)bed.go({"build", "."}, there);  // fetches it
  const Ran plain = bed.go({"build", "."}, there);
  REQUIRE(fs::exists(bed.tree(alpha) / "sub/b.txt"));
  const Snapshot before = bed.modules();
  const Ran ran = bed.gomend({"build", "."}, there);
  INFO(ran.text());
  CHECK(ran.err == plain.err);
  CHECK(difference(before, bed.modules(), {.ignore = {"*.lock"}, .inodes = true}) == "");
  CHECK(bed.companion({"verify", alpha}, there).code() == 0);
  // And it gives the tree its files back.
  fs::permissions(bed.tree(alpha) / "sub", fs::perms::owner_all);
  fs::remove(bed.tree(alpha) / "sub/b.txt");
  CHECK(bed.companion({"verify", "--repair", alpha}, there).code() == 0);
  CHECK(fs::exists(bed.tree(alpha) / "sub/b.txt"));
}

TEST_CASE("what go would not unpack gives no tree its files, and does not come in", "[e2e]") {
  Bed bed(gos().back());
  const std::string good = h1_of(bed.zip(alpha));
  const std::string honest = read_file(bed.zip(alpha));
  bed.env["GOFLAGS"] = "-mod=mod";
  for (const Row& row : rows) {
    if (row.is_taken) continue;
    const std::string hostile = zip_of(row);
    const auto zip = open_bytes(hostile);
    const auto hashes = zip ? zip->hashes() : std::nullopt;
    for (const bool is_served : {false, true}) {
      INFO(row.name << (is_served ? ", served" : ", cached"));
      fs::remove(bed.app / "go.sum");
      remove_tree(bed.tree(alpha));
      write_file(bed.zip(alpha), is_served ? "torn" : hostile);
      // It is what was recorded: only the rules keep it out.
      write_file(bed.download(alpha, ".ziphash"), hashes ? recovery::hash1(*hashes) : good);
      serve(bed, is_served ? hostile : honest);
      const Snapshot outside = bed.modules();
      const Ran ran = bed.gomend({"build", "./..."});
      INFO(ran.text());
      if (fs::exists(bed.tree(alpha))) CHECK(h1_of_tree(bed.tree(alpha), alpha) == good);
      CHECK(difference(outside, bed.modules(),
                       {.ignore = {"cache", "github.com/acme/alpha@v1.1.0"}, .inodes = true}) ==
            "");
      if (is_served) CHECK(read_file(bed.zip(alpha)) != hostile);
    }
  }
}

}  // namespace tests
