#pragma once
// `gomend explain [FILE|-]`: a log of CI, of Docker or of a terminal, of any length: which failure
// of go's is at the root of it, what heals it, and the command to type.
//
// Exit status: 0 a fault was found, 1 none was, 2 the log could not be read.

#include <vector>

#include "patterns/diagnosis.hpp"
#include "patterns/rule_file.hpp"
#include "shim/companion/frame/row.hpp"

namespace shim {

// What a log in a file, or on stdin ("-"), tells; rules of the user's own come behind ours. Throws
// UsageError when it can't be read, or is empty.
std::vector<patterns::Diagnosis> diagnoses_in(const std::string& name,
                                              std::vector<patterns::Rule> more);

const CommandRow& explain_row();

}  // namespace shim
