#include "tests/bed/damage.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bed/files.hpp"
#include "tests/bed/modserver.hpp"

namespace tests {
namespace {

constexpr std::string_view page =
    "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Please log in.</body></html>\n";

std::string garbage(std::size_t size) {
  std::mt19937 random(42);  // NOLINT: the same bytes each time
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

std::string flip(std::string bytes, std::size_t at) {
  if (at >= bytes.size()) throw std::invalid_argument("nothing to flip a bit in");
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

// The offset of a zip record by its signature; searched from the end for the records that stand
// there.
std::size_t record(const std::string& zip, std::string_view signature, bool last = false) {
  const auto at = last ? zip.rfind(signature) : zip.find(signature);
  if (at == std::string::npos) throw std::invalid_argument("not a zip");
  return at;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) return text + "// edited\n";
  return text.replace(at, from.size(), to);
}

std::string edited(const fs::path& path, const std::string& text) {
  const auto extension = path.extension();
  if (extension == ".go") return replaced(text, "\"v1.1.0\"", "\"v1.1.1\"");
  if (extension == ".mod") return text + "\nrequire github.com/acme/lonely v1.0.0\n";
  if (extension == ".info") {
    return R"({"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"})";
  }
  if (extension == ".ziphash") return "h1:" + std::string(42, 'A') + "E=";
  if (path.filename() == "list") return text + "v9.9.9\n";
  return text + "edited\n";
}

std::string damaged(const fs::path& path, const std::string& old, std::string_view kind) {
  if (kind == "emptied") return "";
  if (kind == "half") return old.substr(0, old.size() / 2);
  if (kind == "garbage") return garbage(old.size());
  if (kind == "zerofill") return std::string(old.size(), '\0');
  if (kind == "bitflip") return flip(old, old.size() / 2);
  if (kind == "html") return std::string(page);
  if (kind == "trailing") return old + "trailing bytes\n";
  if (kind == "crlf") return with_crlf(old);
  if (kind == "edited") return edited(path, old);
  if (kind == "central-bit") return flip(old, record(old, "PK\x01\x02") + 46);
  if (kind == "eocd-bit") return flip(old, record(old, "PK\x05\x06", true) + 16);
  if (kind == "header-bit") return flip(old, record(old, "PK\x03\x04") + 30);
  throw std::invalid_argument("no damage of kind " + std::string(kind));
}

void damage_file(const fs::path& path, std::string_view kind) {
  if (kind == "edited" && path.extension() == ".zip") return rezip(path, "edited");
  if (kind == "valid-empty") return rezip(path, "empty");
  if (kind == "other-module") return write_zip("github.com/acme/beta/v2@v2.3.0", path);
  if (kind == "other-version") return write_zip("github.com/acme/alpha@v1.0.0", path);
  write_file(path, damaged(path, read_file(path), kind));
}

std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(directory)) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

void remove_entries(const fs::path& directory, std::size_t first) {
  const Writable writable(directory);
  const auto all = entries(directory);
  for (std::size_t i = first; i < all.size(); ++i) remove_tree(all[i]);
}

bool damage_directory(const fs::path& path, std::string_view kind) {
  if (kind == "emptied") {
    remove_entries(path, 0);
  } else if (kind == "half") {
    remove_entries(path, entries(path).size() / 2);
  } else if (kind == "mode555") {
    fs::permissions(path, fs::perms{0555});
  } else {
    return false;
  }
  return true;
}

// What takes the place of files and directories alike.
bool replace_whole(const fs::path& path, std::string_view kind) {
  if (kind == "mode000") {
    fs::permissions(path, fs::perms::none);
    return true;
  }
  if (kind != "deleted" && kind != "dir" && kind != "file" && kind != "dangling") return false;
  remove_tree(path);
  if (kind == "dir") fs::create_directory(path);
  if (kind == "file") write_file(path, "");
  if (kind == "dangling") fs::create_symlink("no-such-directory/target", path);
  return true;
}

}  // namespace

void damage(const fs::path& path, std::string_view kind) {
  if (!fs::exists(fs::symlink_status(path))) {
    throw std::invalid_argument("nothing to damage at " + path.string());
  }
  const Writable parent(path.parent_path());
  if (replace_whole(path, kind)) return;
  if (!fs::is_directory(path)) return damage_file(path, kind);
  if (!damage_directory(path, kind)) {
    throw std::invalid_argument("no damage of kind " + std::string(kind) + " for a directory");
  }
}

}  // namespace tests
