#include "tests/bed/world.hpp"
#include "tests/bed/paths.hpp"

#include <cstdint>
#include <sstream>

#include "tests/bed/files.hpp"

namespace tests {
namespace {

fs::path archive() {
  return fs::path(tests_dir) / "world.txtar";
}

// Go's txtar: "-- NAME --" begins a file, what stands before the first one is a comment.
void unpack(const std::string& text, const fs::path& to) {
  std::istringstream lines(text);
  std::string name;
  std::string content;
  const auto finish = [&] {
    if (!name.empty()) write_file(to / name, content);
    content.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("-- ") && line.ends_with(" --") && line.size() > 6) {
      finish();
      name = line.substr(3, line.size() - 6);
    } else {
      content += line + "\n";
    }
  }
  finish();
}

// Numbers that deflate can't do much with, so that the zip is large too.
std::string two_megabytes() {
  std::string data;
  std::uint64_t x = 1;
  while (data.size() < 2'000'000) {
    x = x * 6364136223846793005U + 1442695040888963407U;
    data += std::to_string(x >> 20);
    data += '\n';
  }
  return data;
}

fs::path unpack_world() {
  const fs::path world = work_dir() / ("world-" + world_digest());
  const FileLock lock(work_dir() / "world.lock");
  if (fs::exists(world)) return world;
  const fs::path fresh = world.string() + ".new";
  remove_tree(fresh);
  unpack(read_file(archive()), fresh);
  write_file(fresh / "modules/github.com/acme/big@v1.0.0/data/numbers.txt", two_megabytes());
  fs::rename(fresh, world);
  return world;
}

const fs::path& world() {
  static const fs::path it = unpack_world();
  return it;
}

}  // namespace

fs::path world_modules() {
  return world() / "modules";
}

fs::path world_app() {
  return world() / "app";
}

const std::string& world_digest() {
  static const std::string it = sha256(read_file(archive())).substr(0, 12);
  return it;
}

std::string escaped(const std::string& path) {
  std::string result;
  for (const char c : path) {
    if (c >= 'A' && c <= 'Z') {
      result += '!';
      result += static_cast<char>(c - 'A' + 'a');
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace tests
