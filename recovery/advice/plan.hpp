#pragma once
// The policy, on one screen: what may be done about each class of failure. What is not in the table
// is not touched.

#include <string>
#include <string_view>
#include <vector>

#include "patterns/diagnosis.hpp"
#include "recovery/advice/advice_line.hpp"

namespace recovery {

enum class Step {
  nothing,     // not ours, or the user's own
  look_close,  // it may be a damaged tree in disguise: look at what the text points to, say nothing
               // if it is sound
  mend,        // look at what it points to and at the rest of the build list; mend what is broken
  other_source,  // as mend; if the cache is sound, the other sources that the user's settings trust
  advise,        // only a person can mend it: one line
};

struct Policy {
  patterns::FailureClass failure = patterns::FailureClass::none;
  Step step = Step::nothing;
  std::string_view
      advice;  // with {module}, {version}, {path}, {package}; empty: go's own words are enough
};

const Policy& policy_of(patterns::FailureClass failure);

// The advice with the diagnosis's captures put in; empty if it names something that the diagnosis
// lacks.
Advice advice_for(const Policy& policy, const patterns::Diagnosis& diagnosis);

}  // namespace recovery
