#include "recovery/go/clone_key.hpp"

#include <algorithm>

namespace recovery {

std::string clone_key(std::string_view vcs, std::string_view url) {
  return (vcs == "git" ? "git3" : "vcs1." + std::string(vcs)) + ":" + std::string(url);
}

std::string url_without_user(const std::string& key) {
  const std::string url = key.substr(key.find(':') + 1);
  const std::size_t host = url.find("://");
  if (host == url.npos) return url;
  const std::size_t slash = std::min(url.find('/', host + 3), url.size());
  const std::size_t at = url.rfind('@', slash);
  return at == url.npos || at < host ? url : url.substr(0, host + 3) + url.substr(at + 1);
}

std::string repository_of(const std::string& key) {
  const std::string url = url_without_user(key);
  const std::size_t host = url.find("://");
  if (host == url.npos) return {};
  const std::string path = url.substr(host + 3);
  return path.ends_with(".git") ? path.substr(0, path.size() - 4) : path;
}

// Where the host is none that go knows, the import path ends as its kind does:
// "example.com/a.hg/b".
bool may_hold(const std::string& key, std::string_view module_path) {
  const std::string repository = repository_of(key);
  if (repository.empty() || !module_path.starts_with(repository)) return false;
  const std::string_view rest = module_path.substr(repository.size());
  if (rest.empty() || rest.starts_with("/")) return true;
  const std::string_view qualifier = rest.substr(0, rest.find('/'));
  return qualifier == ".git" || qualifier == ".hg" || qualifier == ".svn" || qualifier == ".bzr" ||
         qualifier == ".fossil";
}

}  // namespace recovery
