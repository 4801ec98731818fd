#pragma once
// What is fuzzed: each function takes any bytes, and must come back. tests/recovery/fuzz_test.cpp
// runs them on damaged seeds with every test run; tests/fuzz/libfuzzer.cpp makes one of them a
// libFuzzer target.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "patterns/diagnosis.hpp"
#include "patterns/rule_file.hpp"
#include "recovery/evidence/build_cache.hpp"
#include "recovery/go/download_files.hpp"
#include "recovery/go/go_mod.hpp"
#include "recovery/go/layout.hpp"
#include "recovery/go/module_index.hpp"
#include "recovery/go/unpacker.hpp"
#include "recovery/go/zip.hpp"
#include "recovery/project/suspects.hpp"
#include "recovery/repair/sumdb_state.hpp"
#include "recovery/settings/config.hpp"
#include "recovery/state/memo.hpp"

namespace fuzz {

inline void must(bool holds) {
  if (!holds) std::abort();
}

inline void zip(std::string_view bytes) {
  recovery::Fd fd(::memfd_create("zip", MFD_CLOEXEC));
  must(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto file = recovery::ZipFile::open(std::move(fd));
  if (!file) return;
  const auto hashes = file->hashes();
  must(!hashes || hashes->size() == file->entries().size());
  // Both readers give the same answer.
  recovery::Unpacker unpacker(*file);
  for (const auto& entry : file->entries()) {
    if (entry.size > recovery::Unpacker::largest_whole) continue;
    std::string unpacked;
    const bool is_whole = file->unpack(entry, [&](std::string_view piece) { unpacked += piece; });
    std::string again;
    must(unpacker.unpack(entry, [&](std::string_view piece) { again += piece; }) == is_whole);
    must(!is_whole || again == unpacked);
  }
}

inline void memo(std::string_view bytes) {
  const auto stamps = recovery::parse_memo(bytes);
  must(!stamps || recovery::format_memo(*stamps) == bytes);
}

inline void index(std::string_view bytes) {
  const auto decoded = recovery::decode_module_index(bytes);
  must(!decoded || decoded->files.size() <= bytes.size());
}

inline void text(std::string_view bytes) {
  for (const auto& m : recovery::parse_go_mod(bytes).needed) {
    must(recovery::ModuleVersion::parse(m.path(), m.version()) == m);
  }
  recovery::GoSums sums;
  sums.add(bytes);
  recovery::imports_of(std::string(bytes));
  const auto m = recovery::ModuleVersion::parse("x.y/a", "v1.0.0");
  must(!recovery::is_info_of(bytes, *m) || !recovery::would_mislead(bytes, *m));
  const std::size_t half = bytes.size() / 2;
  recovery::match_prefix_patterns(bytes.substr(0, half), bytes.substr(half));
}

// A path is taken for a place in the cache only if it is one, and names no other.
inline void path(std::string_view bytes) {
  const std::string root = "/home/me/go/pkg/mod";
  for (const std::string& whole : {std::string(bytes), root + "/" + std::string(bytes)}) {
    const auto located = recovery::locate(root, whole);
    if (!located) continue;
    const std::string rel = located->extension.empty()
                                ? recovery::tree_dir(located->module) +
                                      (located->in_tree.empty() ? "" : "/" + located->in_tree)
                                : recovery::download_file(located->module, located->extension);
    must(recovery::clean_path(whole) == root + "/" + rel);
    must(rel.find("/../") == rel.npos && !rel.starts_with("../"));
  }
}

// A directory of the process's own, for what is read from a file.
struct Place {
  std::string dir = "/tmp/gomend-fuzz-XXXXXX";
  Place() { must(::mkdtemp(dir.data()) != nullptr); }
  ~Place() {
    std::error_code ignored;
    std::filesystem::remove_all(dir, ignored);
  }
};

inline const std::string& place() {
  static const Place it;
  return it.dir;
}

inline void write(const std::string& dir, const std::string& name, std::string_view bytes) {
  std::filesystem::create_directories(dir);
  std::ofstream(dir + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
}

inline void stderr_text(std::string_view bytes) {
  for (const auto& diagnosis : patterns::diagnose(bytes)) must(!diagnosis.class_id.empty());
}

inline void rules(std::string_view bytes) {
  try {
    for (const auto& rule : patterns::parse_user_rules({"rules.toml", bytes}))
      must(!rule.when.empty());
  } catch (const std::runtime_error& error) {
    must(std::string_view(error.what()).starts_with("rules.toml:"));
  }
}

inline void settings(std::string_view bytes) {
  write(place() + "/.config/gomend", "config.toml", bytes);
  const auto config = recovery::read_config({"HOME=" + place()}, "/nowhere");
  must(!config.keep.days || *config.keep.days >= 0);
}

inline void answer(std::string_view bytes) {
  recovery::GoSums sums;
  if (recovery::is_lookup(std::string(bytes))) sums.add(bytes);
}

// An entry that leads to no object: nothing is bad, whatever it says.
inline void build_cache(std::string_view bytes) {
  const std::string name(64, 'a');
  write(place() + "/gocache/aa", name + "-a", bytes);
  const auto seen = recovery::survey(recovery::Root(place() + "/gocache"), 0,
                                     std::chrono::seconds(1), std::chrono::seconds(1));
  must(seen.bad.empty());
}

}  // namespace fuzz
