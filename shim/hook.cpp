#include "shim/hook.hpp"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "shim/go_flags.hpp"
#include "shim/pipes.hpp"

namespace shim {
namespace {

// What the shim tells the hook: which pipes are the shim's, so that only those are replaced.
struct PipeId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const PipeId&) const = default;
};
struct Answer {
  PipeId out_pipe;
  PipeId err_pipe;
};

socklen_t fill_address(sockaddr_un& address, const std::string& name) {
  address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path + 1, name.data(),
         name.size());  // a leading NUL: abstract, nothing on the disk
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

std::string random_name() {
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  std::string name = "gomend-";
  for (unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

bool is_ours(int socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

PipeId pipe_id(int fd) {
  struct stat facts;
  if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISFIFO(facts.st_mode)) return {};
  return {facts.st_dev, facts.st_ino};
}

struct Message {
  Answer answer;
  iovec part = {&answer, sizeof answer};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr header = {};
  Message() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
};

bool send_descriptors(int socket, const Answer& answer) {
  Message message;
  message.answer = answer;
  cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int standard[2] = {STDOUT_FILENO, STDERR_FILENO};
  memcpy(CMSG_DATA(rights), standard, sizeof standard);
  return sendmsg(socket, &message.header, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof answer);
}

// Puts the user's own descriptors where the shim's pipes are now.
void take_descriptors(int socket) {
  Message message;
  if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof(Answer)))
    return;
  const cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS ||
      rights->cmsg_len != CMSG_LEN(2 * sizeof(int)))
    return;
  int received[2];
  memcpy(received, CMSG_DATA(rights), sizeof received);
  const recovery::Fd out = out_of_the_way(recovery::Fd(received[0]));
  const recovery::Fd err = out_of_the_way(recovery::Fd(received[1]));
  for (int fd = 0; fd <= 2; ++fd) {
    const PipeId pipe = pipe_id(fd);
    if (pipe == PipeId()) continue;
    if (pipe == message.answer.err_pipe)
      dup2(err.get(), fd);
    else if (pipe == message.answer.out_pipe)
      dup2(out.get(), fd);
  }
}

recovery::Fd connect_to_shim(const std::string& name) {
  recovery::Fd socket =
      out_of_the_way(recovery::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  sockaddr_un address;
  if (name.size() + 2 > sizeof address.sun_path) return {};
  const socklen_t size = fill_address(address, name);
  if (!socket || connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return {};
  return is_ours(socket.get()) ? std::move(socket) : recovery::Fd();
}

std::vector<std::string> with_exec(std::vector<std::string> argv, int at, const char* word,
                                   const std::string& value) {
  char self[4096];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self);
  const std::string path(self, n > 0 ? static_cast<std::size_t>(n) : 0);
  const auto quoted = quote(path);
  if (!quoted || access(path.c_str(), X_OK) != 0) throw std::runtime_error("no path to the hook");
  argv.insert(argv.begin() + at, "-exec=" + *quoted + " " + word + " " + value);
  return argv;
}

constexpr const char* noted_in = "GOMEND_TAKE_BACK";

// Returns only on failure, with errno set.
void exec_patiently(char** argv, char** env) {
  for (unsigned int wait = 100000; wait <= 400000; wait *= 2) {  // as base.RunStdin of cmd/go does
    execve(argv[0], argv, env);
    if (errno != ETXTBSY) break;
    usleep(wait);
  }
}

// As os/exec says it.
std::string exec_failure(const char* program) {
  std::string reason = strerror(errno);
  reason[0] = static_cast<char>(tolower(reason[0]));
  return std::string("fork/exec ") + program + ": " + reason + "\n";
}

}  // namespace

HookServer::HookServer() : name_(random_name()) {
  listener_ =
      out_of_the_way(recovery::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  sockaddr_un address;
  const socklen_t size = fill_address(address, name_);
  if (!listener_ || bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_.get(), 16) != 0) {
    throw std::system_error(errno, std::generic_category(), "hook socket");
  }
}

recovery::Fd HookServer::accept_one() {
  recovery::Fd hook(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!hook || !is_ours(hook.get())) return {};
  ++begun_;  // from here on nothing but a failed execve can prove the contrary
  return out_of_the_way(std::move(hook));
}

bool HookServer::hand_over(const recovery::Fd& hook, int out_pipe, int err_pipe) {
  return send_descriptors(hook.get(), {pipe_id(out_pipe), pipe_id(err_pipe)});
}

bool HookServer::hear(const recovery::Fd& hook, std::string& said) {
  char bytes[4096];
  const ssize_t n = read(hook.get(), bytes, sizeof bytes);
  if (n > 0) said.append(bytes, static_cast<std::size_t>(n));
  return n > 0;
}

// Nothing: closed by execve, the program runs.
void HookServer::note(const std::string& said) {
  if (said.empty()) return;
  exec_error_ = said;
  --begun_;
}

std::vector<std::string> with_hook(std::vector<std::string> argv, int at, const HookServer& hook) {
  return with_exec(std::move(argv), at, hook_word, hook.name());
}

std::vector<std::string> with_taking_back(std::vector<std::string> argv, int at,
                                          const std::string& name, std::vector<std::string>& env) {
  const std::string before = name + "=";
  const auto was = std::ranges::find_if(
      env, [&](const std::string& variable) { return variable.starts_with(before); });
  std::string note = std::string(noted_in) + "=";
  if (was != env.end()) note += was->substr(before.size());
  if (was != env.end()) env.push_back(std::move(note));
  return with_exec(std::move(argv), at, take_back_word, name);
}

int run_hook(char** argv, char** env) {
  const recovery::Fd shim = connect_to_shim(argv[2]);
  if (shim) take_descriptors(shim.get());
  exec_patiently(argv + 3, env);
  // The shim prints it, for go adds a line about our own exit status.
  const std::string error = exec_failure(argv[3]);
  if (!shim || !write_all(shim.get(), error)) write_all(STDERR_FILENO, error);
  return 1;
}

int run_taking_back(char** argv) {
  const char* was = getenv(noted_in);
  if (was != nullptr)
    setenv(argv[2], was, 1);
  else
    unsetenv(argv[2]);
  unsetenv(noted_in);
  exec_patiently(argv + 3, environ);
  write_all(STDERR_FILENO, exec_failure(argv[3]));
  return 1;
}

}  // namespace shim
