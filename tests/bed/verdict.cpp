#include "tests/bed/verdict.hpp"

#include "tests/bed/files.hpp"
#include "tests/bed/paths.hpp"
#include "tests/bed/world.hpp"

namespace tests {
namespace {

std::string digest_of(const std::vector<std::string>& makers) {
  std::string texts = world_digest();
  for (const char* file : {"bed/bed.cpp", "bed/damage.cpp", "bed/pristine.cpp"})
    texts += read_file(fs::path(tests_dir) / file);
  for (const std::string& file : makers) texts += read_file(fs::path(tests_dir) / file);
  return sha256(texts);
}

}  // namespace

bool remembered(const Go& go, const std::string& row, const std::vector<std::string>& makers,
                const std::function<bool()>& ask) {
  const std::string key = sha256(go.version + "\n" + row + "\n" + digest_of(makers));
  const fs::path file = work_dir() / "verdicts" / key.substr(0, 32);
  if (fs::exists(file)) return read_file(file) == "true";
  const bool verdict = ask();
  write_file(file, verdict ? "true" : "false");
  return verdict;
}

}  // namespace tests
