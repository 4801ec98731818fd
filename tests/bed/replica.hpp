#pragma once
// A directory that is made equal to a pristine one again and again, cheaply: notes of last time
// (inode, ctime, size and mode of each entry, kept in a file) tell what has been touched since, and
// only that is copied again. The kernel sets the ctime at every change, so nothing can be altered
// behind the notes' back.
//
// Example: replicate(pristine(go) / "std", slot / "gocache", slot / "notes/gocache");  // first 500
// ms, later 20

#include <filesystem>

namespace tests {

/// `original` must never change. The copy's files share nothing with it.
void replicate(const std::filesystem::path& original, const std::filesystem::path& copy,
               const std::filesystem::path& notes_file);

}  // namespace tests
