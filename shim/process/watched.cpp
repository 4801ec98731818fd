#include "shim/process/watched.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recovery/os/process_tree.hpp"
#include "shim/process/clock.hpp"
#include "shim/process/descendants.hpp"
#include "shim/process/work_dir.hpp"

namespace shim {
namespace {

constexpr std::size_t piece = 64 << 10;  // a pipe's capacity

// By poll(2) without events: a pipe or socket has lost its reader. A terminal that was hung up has
// not: who writes to it gets EIO, and lives on.
bool is_without_reader(short events) {
  return (events & POLLERR) != 0 && (events & POLLHUP) == 0;
}

// In the relay: passes on until the last writer has gone, or the reader has: then it ends, and the
// writer has its SIGPIPE. It holds nothing else of ours or of the user's.
[[noreturn]] void relay_until_end(int pipe, int to) {
  setsid();
  close_all_but({pipe, to});
  if (chdir("/") != 0) _exit(0);
  char buffer[4096];
  pollfd waits[2] = {{pipe, POLLIN, 0}, {to, 0, 0}};
  while (true) {
    if (poll(waits, 2, -1) < 0) continue;
    if (is_without_reader(waits[1].revents)) break;
    if (waits[1].revents != 0) waits[1].fd = -1;
    if (waits[0].revents == 0) continue;
    const ssize_t n = read(pipe, buffer, sizeof buffer);
    if (n <= 0 || write_all(to, {buffer, static_cast<std::size_t>(n)}) == EPIPE) break;
  }
  _exit(0);
}

}  // namespace

Watched::Watched(const Launch& launch, const Plumbing& plumbing, const Signals& signals)
    : signals_(signals),
      guard_(plumbing.patience),
      also_(plumbing.also),
      merged_(plumbing.merged),
      started_ns_(now_ns()),
      buffer_(piece) {
  Pipe err;
  Pipe out;
  if (plumbing.err_pipe) err = make_pipe();
  if (plumbing.out_pipe && !merged_) out = make_pipe();
  pid_ = spawn(launch, {merged_ ? err.write.get() : out.write.get(), err.write.get()}, signals);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
}

Watched::~Watched() {
  if (!ended_) kill();
}

Event Watched::next(bool without_out) {
  enum { signal, stop, also, err, out, reader };
  while (true) {
    reap(WNOHANG);  // the SIGCHLD may have come while signals had their defaults
    pollfd waits[] = {{signals_.fd(), POLLIN, 0},
                      {signals_.stop_fd(), POLLIN, 0},
                      {also_, POLLIN, 0},
                      {err_.get(), POLLIN, 0},
                      {without_out ? -1 : out_.get(), POLLIN, 0},
                      {out_ && !reader_left_ ? STDOUT_FILENO : -1, 0, 0}};
    const int ready = poll(waits, std::size(waits), ended_ ? 0 : guard_.patience_ms());
    if (ready == 0 && !ended_) end_if_stalled();
    if (waits[signal].revents != 0 || waits[stop].revents != 0) answer_signals();
    if (waits[also].revents != 0) return {Event::also_ready, Stream::err, {}};
    for (Stream stream : {Stream::err, Stream::out}) {
      if (waits[stream == Stream::err ? err : out].revents == 0) continue;
      if (stream == Stream::out && through_ && splice_stdout()) continue;
      const std::string_view bytes = read_now(stream);
      if (!bytes.empty()) return {Event::bytes_read, stream, bytes};
    }
    if (waits[reader].revents != 0) {
      reader_left_ = true;  // or the terminal, and there is no more news of it
      if (is_without_reader(waits[reader].revents)) return {Event::reader_left, Stream::out, {}};
    }
    if (ended_ && ready <= 0) return {Event::ended, Stream::err, {}};
  }
}

std::string_view Watched::read_now(Stream stream) {
  recovery::Fd& pipe = stream == Stream::out ? out_ : err_;
  if (!readable_now(pipe.get())) return {};
  const ssize_t n = read(pipe.get(), buffer_.data(), buffer_.size());
  if (n > 0) return {buffer_.data(), static_cast<std::size_t>(n)};
  pipe.close();
  return {};
}

void Watched::pass(Stream stream, std::string_view bytes) {
  const int fd = static_cast<int>(stream);
  while (!bytes.empty()) {
    if (!wait_for(fd, POLLOUT)) return close_pipe(stream);
    const std::string_view now =
        bytes.substr(0, 4096);  // PIPE_BUF: one message of go's stays one write
    bytes.remove_prefix(now.size());
    const Writing may_be_stopped(signals_);
    const int error = write_all(fd, now);
    lost_output_ = lost_output_ || (error != 0 && (merged_ || stream == Stream::out));
    if (error != EPIPE) continue;
    broken_ = true;
    close_pipe(stream);
    return;
  }
}

// Moves what lies in the pipe, without a copy and without ever blocking. False: not to this kind of
// stdout (a terminal, a file opened for appending); then by read and write, as before.
bool Watched::splice_stdout() {
  const ssize_t n =
      splice(out_.get(), nullptr, STDOUT_FILENO, nullptr, piece, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  if (n > 0) return true;
  if (n < 0 && errno == EAGAIN) {
    if (!wait_for(STDOUT_FILENO, POLLOUT)) close_pipe(Stream::out);
    return true;
  }
  const bool has_reader_left = n < 0 && errno == EPIPE;
  through_ = n == 0 || has_reader_left;
  if (!through_) return false;
  broken_ = broken_ || has_reader_left;
  close_pipe(Stream::out);
  return true;
}

void Watched::close_pipe(Stream stream) {
  (stream == Stream::out ? out_ : err_).close();
}

// A terminal that is held (Ctrl-S), a full pipe or a hook that is stopped must not make us deaf to
// signals. False: go was ended by one, and nobody waits for what it had still to say. One that came
// as go was ending by itself has ended nobody yet; plain go would still have been there, writing.
bool Watched::wait_for(int fd, short events) {
  while (true) {
    const bool is_over = ended_ && (status_.by_signal() || asked_to_end_by_ != 0);
    pollfd waits[] = {{fd, events, 0}, {signals_.fd(), POLLIN, 0}, {signals_.stop_fd(), POLLIN, 0}};
    if (poll(waits, 3, is_over ? 0 : -1) < 0 && errno != EINTR) return true;
    if (waits[1].revents != 0 || waits[2].revents != 0) answer_signals();
    if (waits[0].revents != 0) return true;
    if (!is_over) continue;
    if (!status_.by_signal()) status_ = ExitStatus::signalled(asked_to_end_by_);
    return false;
  }
}

// What stops us goes to go first, so that whoever sees us stopped finds both stopped. go may have
// it already, when the whole group was meant: a stopped process drops the second at its SIGCONT,
// and that is passed on always.
void Watched::answer_signals() {
  const std::vector<int> stops = signals_.pending_stops();
  for (int number : stops) {
    if (!ended_) ::kill(pid_, number);
  }
  if (!stops.empty()) signals_.let_stop();
  reap(WNOHANG);  // what comes now can't have ended it
  while (const auto signal = signals_.read_one()) {
    const int number = static_cast<int>(signal->ssi_signo);
    interrupted_ = interrupted_ || asks_to_end(number);
    if (number == SIGCHLD) {
      reap(WNOHANG);
      continue;
    }
    const bool our_own_write = (number == SIGPIPE || number == SIGXFSZ) &&
                               signal->ssi_pid == static_cast<unsigned>(getpid());
    if (our_own_write) continue;
    if (!reached_group(*signal) && !ended_) ::kill(pid_, number);
    // What the terminal sent go has got, and answered.
    if (!asks_to_end(number) || reached_group(*signal)) continue;
    asked_to_end_by_ = number;
    if (ended_) status_ = ExitStatus::signalled(number);
  }
}

void Watched::reap(int options) {
  int raw = 0;
  if (ended_) return;
  siginfo_t info = {};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | options) == 0 &&
      info.si_pid == pid_ && info.si_code == CLD_EXITED && info.si_status != 0) {
    ended_childless_ = !may_have_had_children(pid_);
  }
  if (waitpid(pid_, &raw, options) != pid_) return;
  ended_ = true;
  status_ = ExitStatus::from_wait(raw);
}

bool Watched::stop() {
  if (ended_ || ::kill(pid_, SIGSTOP) != 0) return false;
  siginfo_t info = {};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0)
    return false;
  if (info.si_code == CLD_STOPPED) {
    waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOHANG);
    return true;
  }
  reap(0);
  return false;
}

bool Watched::is_childless() const {
  if (may_have_had_children(pid_)) return false;
  const auto below = all_descendants_of(pid_);
  return below && below->empty();
}

bool Watched::still_stopped() const {
  siginfo_t news = {};
  const int any = WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT;
  return waitid(P_PID, static_cast<id_t>(pid_), &news, any) == 0 && news.si_pid == 0;
}

void Watched::go_on() {
  if (!ended_) ::kill(pid_, SIGCONT);
}

void Watched::kill() {
  if (!ended_) ::kill(pid_, SIGKILL);
  reap(0);
}

void Watched::kill_all() {
  const auto work_dir = work_dir_of(pid_, started_ns_);
  if (!ended_) recovery::end_with_all_below(pid_);
  kill();
  if (work_dir) remove_work_dir(*work_dir);
}

void Watched::end_if_stalled() {
  if (!guard_.is_stalled(pid_) || !stop()) return;
  ended_childless_ = is_childless();
  kill_all();
  stalled_ = true;
  status_ = ExitStatus::exited(1);
}

// One for each stream: a reader that is slow, or leaves, is nothing to the other one.
void Watched::leave_relay() {
  for (const Stream stream : {Stream::out, Stream::err}) {
    recovery::Fd& pipe = stream == Stream::out ? out_ : err_;
    if (pipe && fork() == 0) {
      signals_.restore();
      relay_until_end(pipe.get(), static_cast<int>(stream));
    }
    pipe.close();
  }
}

}  // namespace shim
