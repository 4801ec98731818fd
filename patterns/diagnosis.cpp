#include "patterns/diagnosis.hpp"

#include <algorithm>

namespace patterns {
namespace {

bool is_repair(const std::string& remedy) {
  return remedy != "none" && remedy != "advise";
}

}  // namespace

bool may_be_mended(const Diagnosis& diagnosis) {
  return is_repair(diagnosis.remedy) ||
         std::any_of(diagnosis.may.begin(), diagnosis.may.end(), is_repair);
}

}  // namespace patterns
