#pragma once
// The mask for modes of new files. umask(2) tells it only by setting another, for all threads: a
// file that one of them makes in that moment is writable by everybody. /proc tells it for nothing.

#include <sys/types.h>

namespace recovery {

mode_t process_umask();  // 077 where /proc does not tell: never more than is known to be wanted

}  // namespace recovery
