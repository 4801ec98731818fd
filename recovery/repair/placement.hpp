#pragma once
// How a repair of a module version changes the module cache: bytes that have been judged good are
// renamed into their place, and what stood there goes to quarantine first, so that the cache is
// valid at each moment. It remembers what it has changed.
//
// Example: placement.put_bytes(h1, download_file(m, ".ziphash"));

#include <string>
#include <string_view>
#include <vector>

#include "recovery/go/module_version.hpp"
#include "recovery/repair/repair_context.hpp"

namespace recovery {

class Placement {
 public:
  explicit Placement(RepairContext& shop) : shop_(shop), cache_(shop.cache) {}

  // The file that the last fetch has brought into the stage.
  void put_staged(const ModuleVersion& m, std::string_view extension);
  void put_bytes(std::string_view bytes, const std::string& rel, mode_t mode = 0666);
  // Moves what stands there into quarantine, and puts nothing in its place.
  void take(const std::string& rel);
  // Gives the owner these rights, if the file is ours. True if the mode had to be changed.
  bool allow(const std::string& rel, mode_t wanted);

  bool has_changed() const { return changed_; }
  const std::vector<std::string>& replaced() const { return replaced_; }  // relative to the cache

 private:
  void put(const std::string& staged, const std::string& rel);
  RepairContext& shop_;
  const Root& cache_;
  bool changed_ = false;
  std::vector<std::string> replaced_;
};

}  // namespace recovery
