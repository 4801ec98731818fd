#pragma once
// Pipes of our own and the streams that we inherited. Ours are O_CLOEXEC and numbered from 10 on,
// blocking, and read only when poll says so; nothing ever sets O_NONBLOCK on a description that we
// share with others.

#include <initializer_list>
#include <string_view>

#include "recovery/os/fd.hpp"

namespace shim {

struct Pipe {
  recovery::Fd read;
  recovery::Fd write;
};

Pipe make_pipe();  // throws std::system_error

// The same descriptor under a number from 10 on: the low ones belong to the user's redirections.
recovery::Fd out_of_the_way(recovery::Fd fd);

// True if both are the same open file description, as after `2>&1`: then the order of what is
// written counts. kcmp(2) knows; where it is forbidden (Docker's seccomp), a mark that only one
// description of the two could share tells.
bool same_open_file(int a, int b);

bool all_standard_streams_open();

// For a child that lives on without us.
void close_all_but(std::initializer_list<int> kept);

// Writes all of it, waiting where the descriptor is O_NONBLOCK. 0, or what went wrong as errno says
// it: EPIPE when nobody reads it any more; any other error loses the rest, as it would lose go's.
int write_all(int fd, std::string_view bytes);

// Something to read without waiting (data or the end)?
bool readable_now(int fd);

}  // namespace shim
