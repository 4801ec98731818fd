#pragma once
// A whole log as a CI service, Docker or a task runner keeps it: of any length, go's words
// somewhere in it, each line behind time stamps, step names and colours. What go said is found in
// bounded memory and at the speed of reading: only lines that hold the fixed text of some rule, and
// their neighbours, are looked at closely; of a log of a few pages, all.
//
// A job has steps ("##[group]Run …" at GitHub, "#12 [build 3/5] RUN …" in Docker): what ended it is
// in the last step that tells a fault, and a try that failed earlier was got over.
//
// Example: Log log; while (read a piece) log.feed(piece); log.diagnoses().front().class_id

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "patterns/rule_file.hpp"

namespace patterns {

class Log {
 public:
  explicit Log(std::vector<Rule> more = {});  // rules of the user's own
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void feed(std::string_view bytes);  // in pieces of any size

  // After the last piece: as diagnose(), of the step that failed. Once.
  std::vector<Diagnosis> diagnoses();

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace patterns
