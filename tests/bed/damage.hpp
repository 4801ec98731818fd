#pragma once
// The damage kit: what disks, crashes, portals and people do to files of a cache, by name. Damage
// is deterministic, goes past read-only directories (and puts their modes back), and never reaches
// a pristine cache through a hard link.
//
// Example: damage(bed.zip("github.com/acme/alpha@v1.1.0"), "half");

#include <array>
#include <filesystem>
#include <string_view>

namespace tests {

/// For any regular file.
inline constexpr std::array<std::string_view, 13> file_damages = {
    "deleted",
    "emptied",   // 0 bytes
    "half",      // cut in the middle
    "garbage",   // other bytes, the same size
    "zerofill",  // NULs, the same size
    "bitflip",   // one bit, in the middle
    "html",      // a page as a captive portal gives
    "trailing",  // some bytes more
    "crlf",      // LF became CR LF
    "dir",       // an empty directory in its place
    "dangling",  // a symbolic link to nowhere in its place
    "mode000",   // no permissions (root does not notice)
    "edited",    // well-formed, other content: by its extension .go .mod .info .ziphash .zip, or
                 // `list`
};

/// For any directory.
inline constexpr std::array<std::string_view, 7> directory_damages = {
    "deleted",  "emptied",
    "half",      // the second half of its entries lost
    "file",      // an empty file in its place
    "dangling",  // a symbolic link to nowhere in its place
    "mode000",
    "mode555",  // nothing can be made in it (root does not notice)
};

/// For a module's zip, besides those of any file.
inline constexpr std::array<std::string_view, 7> zip_damages = {
    "edited",         // a valid zip of the same names
    "valid-empty",    // a valid zip without entries
    "other-module",   // that of github.com/acme/beta/v2
    "other-version",  // that of github.com/acme/alpha@v1.0.0
    "central-bit",    // one bit of the first name in the central directory
    "eocd-bit",       // one bit in the end record: the offset of the central directory
    "header-bit",     // one bit of the first name in its local header
};

/// Throws std::invalid_argument for a kind that does not fit.
void damage(const std::filesystem::path& path, std::string_view kind);

}  // namespace tests
