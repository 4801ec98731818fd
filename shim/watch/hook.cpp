#include "shim/watch/hook.hpp"

#include <errno.h>
#include <fcntl.h>
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
#include <utility>

#include "recovery/go/go_flags.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/proc.hpp"

namespace shim {

using recovery::quote;
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
  pid_t go = 0;  // the go whose parent the shim is
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

// Of a listener: who called listen(2).
pid_t peer_of(int socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  const bool is_known = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return is_known && peer.uid == geteuid() ? peer.pid : 0;
}

bool is_ours(int socket) {
  return peer_of(socket) > 0;
}

// Nobody types such a name: it is what random_name() makes.
bool is_socket_name(std::string_view name) {
  return name.size() == 39 && name.starts_with("gomend-") &&
         name.find_first_not_of("0123456789abcdef", 7) == name.npos;
}

bool is_ancestor(pid_t pid) {
  pid_t above = getppid();
  for (int i = 0; i < 16 && above > 1 && above != pid; ++i) above = parent_of(above);
  return pid > 0 && above == pid;
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

// Puts the user's own descriptors where the shim's pipes are now. False: it is not the shim whose
// go has started us.
bool take_descriptors(int socket) {
  Message message;
  if (recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof(Answer)))
    return false;
  const cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS ||
      rights->cmsg_len != CMSG_LEN(2 * sizeof(int)))
    return false;
  int received[2];
  memcpy(received, CMSG_DATA(rights), sizeof received);
  const recovery::Fd out = out_of_the_way(recovery::Fd(received[0]));
  const recovery::Fd err = out_of_the_way(recovery::Fd(received[1]));
  if (message.answer.go != getppid() && !is_ancestor(peer_of(socket))) return false;
  for (int fd = 0; fd <= 2; ++fd) {
    const PipeId pipe = pipe_id(fd);
    if (pipe == PipeId()) continue;
    if (pipe == message.answer.err_pipe)
      dup2(err.get(), fd);
    else if (pipe == message.answer.out_pipe)
      dup2(out.get(), fd);
  }
  return true;
}

recovery::Fd connect_to_shim(const std::string& name) {
  recovery::Fd socket =
      out_of_the_way(recovery::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  if (!is_socket_name(name)) return {};
  sockaddr_un address;
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

recovery::Fd listen_as(const std::string& name) {
  recovery::Fd listener =
      out_of_the_way(recovery::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  sockaddr_un address;
  const socklen_t size = fill_address(address, name);
  if (!listener || bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener.get(), 16) != 0) {
    throw std::system_error(errno, std::generic_category(), "hook socket");
  }
  return listener;
}

// True if it is the socket of that name that this process has inherited.
bool is_bound_to(int fd, const std::string& name) {
  sockaddr_un address, wanted;
  const socklen_t wanted_size = fill_address(wanted, name);
  socklen_t size = sizeof address;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         size == wanted_size && memcmp(&address, &wanted, size) == 0;
}

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
  listener_ = listen_as(name_);
}

recovery::Fd HookServer::accept() {
  recovery::Fd hook(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!hook || !is_ours(hook.get())) return {};
  said_.clear();
  ++begun_;  // from here on nothing but a failed execve can prove the contrary
  return out_of_the_way(std::move(hook));
}

bool HookServer::hand_over(const recovery::Fd& hook, int out_pipe, int err_pipe) {
  return send_descriptors(hook.get(), {pipe_id(out_pipe), pipe_id(err_pipe), go_});
}

bool HookServer::hear(const recovery::Fd& hook) {
  constexpr std::size_t most = 8192;  // a path, and why it can't be run; the peer may be anybody
  char bytes[4096];
  const ssize_t n = read(hook.get(), bytes, sizeof bytes);
  if (n > 0) said_.append(bytes, static_cast<std::size_t>(n));
  return n > 0 && said_.size() < most;
}

// Nothing: closed by execve, the program runs.
std::string HookServer::settle() {
  if (!said_.empty()) --begun_;
  return std::exchange(said_, {});
}

std::vector<std::string> with_hook(std::vector<std::string> argv, int at, const HookServer& hook) {
  return with_exec(std::move(argv), at, hook_word, hook.name());
}

std::vector<std::string> with_restored_env(std::vector<std::string> argv, int at,
                                           const std::string& name,
                                           const std::vector<std::string>& env,
                                           recovery::Fd& mark) {
  const std::string before = name + "=";
  const auto was = std::ranges::find_if(
      env, [&](const std::string& variable) { return variable.starts_with(before); });
  const auto quoted = quote(was == env.end() ? name : *was);
  if (!quoted) throw std::runtime_error(name + " can't be given back");
  const std::string socket = random_name();
  mark = listen_as(socket);
  if (fcntl(mark.get(), F_SETFD, 0) != 0)
    throw std::system_error(errno, std::generic_category(), "hook socket");
  return with_exec(std::move(argv), at, restore_env_word,
                   socket + ":" + std::to_string(mark.get()) + " " + *quoted);
}

std::optional<int> run_hook(char** argv, char** env) {
  const recovery::Fd shim = connect_to_shim(argv[2]);
  if (!shim || !take_descriptors(shim.get())) return std::nullopt;
  exec_patiently(argv + 3, env);
  // The shim prints it, for go adds a line about our own exit status.
  const std::string error = exec_failure(argv[3]);
  if (write_all(shim.get(), error) != 0) write_all(STDERR_FILENO, error);
  return 1;
}

std::optional<int> run_restoring_env(char** argv) {
  const std::string_view mark = argv[2];
  const std::string name(mark.substr(0, mark.find(':')));
  const int inherited = mark.size() > name.size() ? atoi(argv[2] + name.size() + 1) : -1;
  {
    const recovery::Fd listener = connect_to_shim(name);
    if (!listener || !is_ancestor(peer_of(listener.get()))) return std::nullopt;
  }
  if (inherited > STDERR_FILENO && is_bound_to(inherited, name)) close(inherited);
  const std::string variable = argv[3];
  const std::size_t equals = variable.find('=');
  if (equals != variable.npos)
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  else
    unsetenv(variable.c_str());
  exec_patiently(argv + 4, environ);
  write_all(STDERR_FILENO, exec_failure(argv[4]));
  return 1;
}

}  // namespace shim
