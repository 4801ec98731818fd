#pragma once
// What go calls the clones in GOMODCACHE/cache/vcs by: the text in <hash>.info, of which the name
// is the SHA-256. "git3:https://example.com/a", "vcs1.hg:https://example.com/a" (the kind that
// other than git is told by its command).
//
// Source of truth: cmd/go/internal/modfetch/codehost/git.go (gitWorkDirType), vcs.go
// (vcsWorkDirType).

#include <string>
#include <string_view>

namespace recovery {

// For a .info's Origin: VCS "git", URL "https://example.com/a".
std::string clone_key(std::string_view vcs, std::string_view url);

// "https://example.com/a", without a user and a password in it.
std::string url_without_user(const std::string& key);

// Whether a module of this path may come from that repository: "example.com/a/b",
// "example.com/a.hg".
bool may_hold(const std::string& key, std::string_view module_path);

// "example.com/a", as an import path would name it; empty where the URL has no host.
std::string repository_of(const std::string& key);

}  // namespace recovery
