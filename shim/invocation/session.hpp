#pragma once
// The facts of one command, read once in main and handed down: which go, which words, what they ask
// for.

#include <string>
#include <vector>

#include "recovery/settings/request.hpp"
#include "shim/invocation/command.hpp"

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

}  // namespace shim
