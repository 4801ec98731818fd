#pragma once
// The facts of one command, read once in main and handed down: which go, which words, what they ask
// for.

#include <string>
#include <vector>

#include "recovery/recover.hpp"
#include "shim/child.hpp"
#include "shim/command.hpp"

namespace shim {

struct Session {
  std::string go;                 // the real go
  std::vector<std::string> argv;  // the user's
  char** env = nullptr;           // the user's, never changed for an ELF go
  Command command;
  bool advise_only = false;  // GOMEND=advise
};

// An argv as execve takes it. It points into `words`, which must outlive it.
std::vector<char*> as_array(const std::vector<std::string>& words);

std::vector<std::string> env_of(char** entries);  // an environ as strings

recovery::Request request_for(const Session& session, const std::string& text,
                              long long started_ns);

long long now_ns();  // CLOCK_REALTIME

// Becomes the real go with the user's own command line. Returns only if execve fails, with errno
// set.
void become_go(const Session& session);

// The same with variables (NAME=VALUE) that go gets, and the user's program does not. One at most.
// Throws std::runtime_error when they could not be taken back from it.
void become_go_with(const Session& session, const std::vector<std::string>& variables);

}  // namespace shim
