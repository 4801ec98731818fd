#include "recovery/go/sumdb_record.hpp"

#include "recovery/go/go_mod.hpp"
#include "recovery/go/layout.hpp"

namespace recovery {
namespace {

constexpr std::size_t largest_record = 1 << 20;

}  // namespace

Expected recorded_in(std::string_view text, const ModuleVersion& m) {
  Expected expected;
  GoSums sums;
  sums.add(text);
  if (const auto found = sums.zip.find(m); found != sums.zip.end()) expected.zip = found->second;
  if (const auto found = sums.go_mod.find(m); found != sums.go_mod.end()) {
    expected.go_mod = found->second;
  }
  if (!expected.zip.empty() || !expected.go_mod.empty()) expected.by = Expected::By::sumdb;
  return expected;
}

Expected read_record(const Root& root, const std::string& file, const ModuleVersion& m) {
  const auto record = root.read(file, largest_record);
  return record ? recorded_in(*record, m) : Expected();
}

Expected unverified_record(const Root& cache, const std::string& gosumdb, const ModuleVersion& m) {
  const std::string name = gosumdb.substr(0, gosumdb.find_first_of("+ "));
  if (name.empty() || name == "off" || name.find("..") != name.npos) return {};
  return read_record(cache, record_file(name, m), m);
}

}  // namespace recovery
