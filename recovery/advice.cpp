#include "recovery/advice.hpp"

namespace recovery {

std::string checksum_story(const ModuleVersion& m, const Expected& expected,
                           const Mender::Testimony& testimony) {
  if (!testimony.sumdb.empty() && expected.zip.contains(testimony.sumdb)) {
    return "the module was changed upstream after it was published: go.sum and the checksum "
           "database agree, what is "
           "served now is something else; don't use it, tell its authors; next: go list -m "
           "-versions " +
           m.path();
  }
  if (!testimony.sumdb.empty() && testimony.sumdb == testimony.downloaded) {
    return "go.sum is wrong: the checksum database has what is served, go.sum has another hash (a "
           "bad merge, or a tag "
           "that was moved before it was recorded); next: git log -p -S" +
           m.version() + " -- go.sum";
  }
  return "no source that your settings trust has the bytes that go.sum wants; next: git log -p -S" +
         m.version() + " -- go.sum";
}

}  // namespace recovery
