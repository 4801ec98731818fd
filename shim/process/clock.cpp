#include "shim/process/clock.hpp"

#include <time.h>

namespace shim {

long long now_ns() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace shim
