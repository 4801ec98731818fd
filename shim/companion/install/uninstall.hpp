#pragma once
// `gomend uninstall`: start-up files byte for byte as they were, the installation gone, and what
// gomend kept elsewhere: its state, and its corner of each module cache that it knows of. What the
// user wrote himself (config.toml) stays, and so does what was changed since it was installed.
// Below another root (--root) nothing of this machine is touched.
//
// Exit status: 0 done, 1 not all of it could be removed, 2 there is nothing to uninstall.

#include "shim/companion/frame/row.hpp"

namespace shim {

const CommandRow& uninstall_row();

}  // namespace shim
