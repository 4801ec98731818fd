#pragma once
// Starts the real go, or becomes it. go gets everything as it came: descriptors (make's jobserver,
// <(…)), signal mask, ignored signals, process group, terminal. Not Boost.Process: its launchers
// close every descriptor above 2.

#include <sys/types.h>

#include "shim/process/signals.hpp"

namespace shim {

// What is to be run. argv and env are arrays as execve takes them, owned by the caller.
struct Launch {
  const char* path;
  char* const* argv;
  char* const* env;
};

// What becomes the child's stdout and stderr; -1: inherited.
struct Redirect {
  int out = -1;
  int err = -1;
};

// The child dies with this thread (PDEATHSIG): a gomend that is killed leaves no go behind. Throws
// std::system_error when it can't be started, with the reason of execve.
pid_t spawn(const Launch& launch, const Redirect& redirect, const Signals& signals);

// True once a go has been started: then ours must never start the user's command again because of
// an error of its own.
bool go_was_started();

// Execs it. Returns only on failure, with errno set.
void become(const Launch& launch);

}  // namespace shim
