#include "shim/companion/table.hpp"

#include "shim/companion/cache_key.hpp"
#include "shim/companion/diff.hpp"
#include "shim/companion/doctor.hpp"
#include "shim/companion/evict.hpp"
#include "shim/companion/explain.hpp"
#include "shim/companion/fix.hpp"
#include "shim/companion/go.hpp"
#include "shim/companion/help.hpp"
#include "shim/companion/history.hpp"
#include "shim/companion/install/activate.hpp"
#include "shim/companion/install/install.hpp"
#include "shim/companion/install/status.hpp"
#include "shim/companion/install/uninstall.hpp"
#include "shim/companion/isolate.hpp"
#include "shim/companion/patterns.hpp"
#include "shim/companion/prune.hpp"
#include "shim/companion/restore.hpp"
#include "shim/companion/stats.hpp"
#include "shim/companion/verify.hpp"

namespace shim {

const Commands& commands() {
  static const Commands all = {
      &doctor_row(),  &explain_row(),   &fix_row(),       &patterns_row(), &verify_row(),
      &evict_row(),   &diff_row(),      &cache_key_row(), &prune_row(),    &isolate_row(),
      &history_row(), &stats_row(),     &restore_row(),   &install_row(),  &activate_row(),
      &status_row(),  &uninstall_row(), &go_row(),        &help_row(),     &generate_row(),
  };
  return all;
}

}  // namespace shim
