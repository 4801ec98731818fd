#include "patterns/diagnosis.hpp"

#include <algorithm>

namespace patterns {

bool may_be_repaired(const Diagnosis& diagnosis) {
  return is_repair(diagnosis.remedy) ||
         std::any_of(diagnosis.may.begin(), diagnosis.may.end(), is_repair);
}

}  // namespace patterns
