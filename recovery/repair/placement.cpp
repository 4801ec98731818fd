#include "recovery/repair/placement.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "recovery/go/layout.hpp"
#include "recovery/os/umask.hpp"

namespace recovery {

void Placement::put_staged(const ModuleVersion& m, std::string_view extension) {
  put(shop_.stage().file(m, extension), download_file(m, extension));
}

void Placement::put_bytes(std::string_view bytes, const std::string& rel, mode_t mode) {
  const std::string staged = shop_.stage().fresh_name();
  cache_.write_new(staged, bytes, mode);
  put(staged, rel);
}

void Placement::put(const std::string& staged, const std::string& rel) {
  const std::size_t slash = rel.rfind('/');
  cache_.make_directories(rel.substr(0, slash));
  const Writable writable(cache_, rel.substr(0, slash));
  if (cache_.stat(rel).kind != Kind::absent) {
    shop_.quarantine().make_way(rel);
    replaced_.push_back(rel);
  }
  cache_.replace(staged, rel);
  cache_.give_to_owner(rel);  // what go fetched is root's, if we are
  changed_ = true;
}

void Placement::take(const std::string& rel) {
  shop_.quarantine().take(rel);
  replaced_.push_back(rel);
  changed_ = true;
}

bool Placement::allow(const std::string& rel, mode_t wanted) {
  const Stat st = cache_.stat(rel);
  if (st.kind != Kind::regular && st.kind != Kind::directory) return false;
  const bool is_ours = st.st.st_uid == ::geteuid() || ::geteuid() == 0;
  if ((st.st.st_mode & wanted) == wanted || !is_ours) return false;
  const mode_t all = wanted | wanted >> 3 | (wanted & 0500) >> 6;
  cache_.chmod(rel, (st.st.st_mode & 07777) | (all & ~process_umask()));
  changed_ = true;
  return true;
}

}  // namespace recovery
