// Zips are read as Go reads them: what archive/zip of Go 1.19 and of 1.26 makes of every truncation
// and every bit flip of two small zips was compared, and its digest is kept here. Where the two Gos
// differ, the zip is no good to one of them, and so not to us. Only a directory size that is too
// small is refused here though both go on.

#include "recovery/go/zip.hpp"

#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/bed/bed.hpp"
#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::Fd;
using recovery::FileHashes;
using recovery::Root;
using recovery::ZipFile;

struct Sample {
  std::string name;
  std::string base64;
  std::string h1;
  std::string digest;  // of what comes of all its damages
};

const Sample samples[] = {
    {"by archive/zip, with data descriptors",
     "UEsDBBQACAAIAAAAAAAAAAAAAAAAAAAAAAATAAAAeC55L2FAdjEuMC4wL2dvLm1vZMrNTynNSVWo0KvUT+QCBAAA//"
     "9QSwcItAJ0IRMAAAANAAAAUEsDBBQACAAIAAAAAAAAAAAAAAAAAAAAAAARAAAAeC55L2FAdjEuMC4wL2EuZ28qSEzO"
     "TkxPVUjk4tLXV3BUyCxWSCQe6HEl5+cVlyg4KtgqKGFKK3EBAgAA//9QSwcIMRJrui0AAABfAAAAUEsDBBQACAAIAA"
     "AAAAAAAAAAAAAAAAAAAAASAAAAeC55L2FAdjEuMC4wL2VtcHR5AQAA//9QSwcIAAAAAAUAAAAAAAAAUEsBAhQAFAAI"
     "AAgAAAAAALQCdCETAAAADQAAABMAAAAAAAAAAAAAAAAAAAAAAHgueS9hQHYxLjAuMC9nby5tb2RQSwECFAAUAAgACA"
     "AAAAAAMRJrui0AAABfAAAAEQAAAAAAAAAAAAAAAABUAAAAeC55L2FAdjEuMC4wL2EuZ29QSwECFAAUAAgACAAAAAAA"
     "AAAAAAUAAAAAAAAAEgAAAAAAAAAAAAAAAADAAAAAeC55L2FAdjEuMC4wL2VtcHR5UEsFBgAAAAADAAMAwAAAAAUBAA"
     "AAAA==",
     "h1:5gl73C7VsTjukSDwly0kQEuHXFc3fY00NI0wdkDAB40=",
     "059c6e43a66ea8bb491629ccda0f00343e26d1becac7035ac053e1269bf5fd44"},
    {"by git archive, with directories and a comment",
     "UEsDBAoAAAAAAOSzeF0AAAAAAAAAAAAAAAANAAkAeC55L2FAdjEuMC4wL1VUBQABLRAGa1BLAwQKAAAAAADks3hdDB"
     "YReRcAAAAXAAAAEQAJAHgueS9hQHYxLjAuMC9hLmdvVVQFAAEtEAZrcGFja2FnZSBhCgpjb25zdCBBID0gMQpQSwME"
     "CgAAAAAA5LN4XbQCdCENAAAADQAAABMACQB4LnkvYUB2MS4wLjAvZ28ubW9kVVQFAAEtEAZrbW9kdWxlIHgueS9hCl"
     "BLAQIAAAoAAAAAAOSzeF0AAAAAAAAAAAAAAAANAAkAAAAAAAAAEAAAAAAAAAB4LnkvYUB2MS4wLjAvVVQFAAEtEAZr"
     "UEsBAgAACgAAAAAA5LN4XQwWEXkXAAAAFwAAABEACQAAAAAAAQAAAAAANAAAAHgueS9hQHYxLjAuMC9hLmdvVVQFAA"
     "EtEAZrUEsBAgAACgAAAAAA5LN4XbQCdCENAAAADQAAABMACQAAAAAAAQAAAAAAgwAAAHgueS9hQHYxLjAuMC9nby5t"
     "b2RVVAUAAS0QBmtQSwUGAAAAAAMAAwDWAAAAygAAACgAZDg3YTQxMDE0YmQ0NWEyMmY3NTg3YmE5YjhmY2M2ZGJlNm"
     "QyNjY5Yw==",
     "h1:TYB7+s1qxfqxhs1m37LpOul1WLZGVa84vkAzsepOIq0=",
     "0ee7a55ad37bb0e01e90b1b1b356f61ce5d18e8035ad0db41db332519c509ba7"},
};

std::string from_base64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  const int size = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  bytes.resize(static_cast<std::size_t>(size) - (text.size() - text.find_last_not_of('=') - 1));
  return bytes;
}

std::optional<ZipFile> open_bytes(const std::string& bytes) {
  Fd fd(::memfd_create("zip", MFD_CLOEXEC));
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("memfd");
  }
  return ZipFile::open(std::move(fd));
}

std::string h1_of_bytes(const std::string& bytes) {
  const auto zip = open_bytes(bytes);
  const auto hashes = zip ? zip->hashes() : std::nullopt;
  return hashes ? recovery::hash1(*hashes) : "-";
}

// Of a whole zip, each truncation, each bit flip, something before it, something behind it.
std::string digest_of_damages(const std::string& bytes) {
  std::string lines = "whole " + h1_of_bytes(bytes) + "\n";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    lines += "cut " + std::to_string(i) + " " + h1_of_bytes(bytes.substr(0, i)) + "\n";
  }
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    lines += "flip " + std::to_string(i) + " " + h1_of_bytes(flipped) + "\n";
  }
  lines += "prefix " + h1_of_bytes("#!/bin/sh\n" + bytes) + "\n";
  lines += "trailing " + h1_of_bytes(bytes + "trailing") + "\n";
  return sha256(lines);
}

std::string zip_of(const std::vector<recovery::ZipInput>& files) {
  auto next = files.begin();
  return recovery::make_zip([&]() -> std::optional<recovery::ZipInput> {
    if (next == files.end()) return std::nullopt;
    return *next++;
  });
}

}  // namespace

TEST_CASE("a damaged zip is refused, or hashed, as Go does it", "[recovery]") {
  for (const Sample& sample : samples) {
    DYNAMIC_SECTION(sample.name) {
      const std::string bytes = from_base64(sample.base64);
      CHECK(h1_of_bytes(bytes) == sample.h1);
      CHECK(digest_of_damages(bytes) == sample.digest);
    }
  }
}

TEST_CASE("a zip of Go's has the h1 that Go gives it", "[recovery]") {
  const TempDir dir;
  for (const std::string& module : required_modules()) {
    CAPTURE(module);
    write_zip(module, dir.path() / "m.zip");
    const auto zip = ZipFile::open(Root(dir.path()), "m.zip");
    REQUIRE(zip);
    const auto hashes = zip->hashes();
    REQUIRE(hashes);
    CHECK(recovery::hash1(*hashes) == h1_of(dir.path() / "m.zip"));
    CHECK(hashes->size() == zip->entries().size());
  }
}

TEST_CASE("a zip that is made here has the same h1 for Go", "[recovery]") {
  std::string noise(300'000, '\0');
  unsigned state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const std::vector<std::pair<std::string, std::vector<recovery::ZipInput>>> rows = {
      {"one file", {{"x.y/a@v1.0.0/go.mod", "module x.y/a\n"}}},
      {"empty file", {{"x.y/a@v1.0.0/empty", ""}, {"x.y/a@v1.0.0/go.mod", "module x.y/a\n"}}},
      {"what deflate can't make smaller", {{"x.y/a@v1.0.0/noise", noise}}},
      {"what it can", {{"x.y/a@v1.0.0/zeros", std::string(5'000'000, '\0')}}},
      {"names in UTF-8", {{"x.y/a@v1.0.0/ä ü.txt", "x"}, {"x.y/a@v1.0.0/日本.txt", "y"}}},
      {"no file", {}},
  };
  const TempDir dir;
  for (const auto& [name, files] : rows) {
    DYNAMIC_SECTION(name) {
      const std::string bytes = zip_of(files);
      write_file(dir.path() / "made.zip", bytes);
      FileHashes wanted;
      for (const auto& file : files) wanted[file.name] = sha256(file.content);
      CHECK(h1_of_bytes(bytes) == recovery::hash1(wanted));
      CHECK(h1_of(dir.path() / "made.zip") == recovery::hash1(wanted));
    }
  }
}

TEST_CASE("a zip of more files than Go puts in a module is not made", "[recovery]") {
  int count = 0;
  CHECK_THROWS(recovery::make_zip([&]() -> std::optional<recovery::ZipInput> {
    return recovery::ZipInput{"x.y/a@v1.0.0/" + std::to_string(count++), ""};
  }));
}

TEST_CASE("an entry is unpacked piece by piece, and its damage shows", "[recovery]") {
  const std::string content(1'000'000, 'a');
  std::string bytes = zip_of({{"x.y/a@v1.0.0/a", content}});
  const auto unpack = [](const std::string& zip_bytes) {
    const auto zip = open_bytes(zip_bytes);
    std::string all;
    const bool is_right =
        zip && zip->unpack(zip->entries().at(0), [&](std::string_view piece) { all += piece; });
    return is_right ? all : std::string("damaged");
  };
  CHECK(unpack(bytes) == content);
  bytes[bytes.find("/a") + 40] ^= 1;
  CHECK(unpack(bytes) == "damaged");
}

TEST_CASE("what is no regular file is no zip", "[recovery]") {
  const TempDir dir;
  write_file(dir.path() / "good.zip", zip_of({{"x.y/a@v1.0.0/a", "a"}}));
  fs::create_directory(dir.path() / "directory.zip");
  fs::create_symlink("good.zip", dir.path() / "link.zip");
  fs::create_symlink("nowhere", dir.path() / "dangling.zip");
  REQUIRE(::mkfifo((dir.path() / "fifo.zip").c_str(), 0600) == 0);
  write_file(dir.path() / "empty.zip", "");
  write_file(dir.path() / "page.zip", "<!DOCTYPE html><html>Please log in</html>");
  const Root root(dir.path());
  CHECK(ZipFile::open(root, "good.zip"));
  for (const char* name : {"directory.zip", "link.zip", "dangling.zip", "fifo.zip", "empty.zip",
                           "page.zip", "absent.zip", "../good.zip"}) {
    CAPTURE(name);
    CHECK_FALSE(ZipFile::open(root, name));
  }
}

}  // namespace tests
