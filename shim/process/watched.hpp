#pragma once
// A go that runs under our eyes: one process, its pipes, and one poll loop that turns what happens
// into events. Signals are dealt with inside (forwarded to go, or stopped with it); everything else
// is the caller's straight-line code.
//
//   Watched go(launch, {.out_pipe = true}, signals);
//   for (auto event = go.next(); event.kind != Event::ended; event = go.next())
//   go.pass(event.stream, event.bytes);

#include <string>
#include <string_view>
#include <vector>

#include "shim/process/child.hpp"
#include "shim/process/exit_status.hpp"
#include "shim/process/pipes.hpp"
#include "shim/process/signals.hpp"
#include "shim/process/stall.hpp"

namespace shim {

enum class Stream { out = 1, err = 2 };  // the number is the user's descriptor

struct Plumbing {
  bool err_pipe = true;   // false: nothing is watched
  bool out_pipe = false;  // stdout through a pipe of its own
  bool merged = false;    // stdout and stderr through one pipe, which is then Stream::err: they are
                          // one open file
  int also = -1;          // one more descriptor to wait for (the hook's socket); not owned
  int patience = 0;       // seconds of silence after which go is ended (stall.hpp); 0: never
};

struct Event {
  enum Kind { bytes_read, also_ready, reader_left, ended };
  Kind kind = ended;
  Stream stream = Stream::err;
  std::string_view bytes;  // of bytes_read; valid until the next call
};

class Watched {
 public:
  Watched(const Launch& launch, const Plumbing& plumbing,
          const Signals& signals);  // throws std::system_error
  ~Watched();                       // kills a go that is still there: only when an exception flies
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // Waits for the next event. Once go has ended, what is in the pipes comes first, then `ended`,
  // though writers may remain. `without_out`: bytes on stdout stay where they are.
  Event next(bool without_out = false);

  // What lies in that pipe already, at most 64 KiB of it; empty: nothing. Valid until the next
  // call.
  std::string_view read_now(Stream stream);

  // Passes bytes on to the user. Signals are answered while the reader is slow. A reader that has
  // left makes us close our end too, so that go gets its SIGPIPE.
  void pass(Stream stream, std::string_view bytes);
  void close_pipe(Stream stream);

  // From now on stdout goes to the user without our looking at it: no more events of it.
  void let_stdout_through() { through_ = true; }

  // Waits until `fd` is ready for reading (POLLIN) or writing (POLLOUT), and answers signals
  // meanwhile. False: go has been ended by a signal.
  bool wait_for(int fd, short events);

  // SIGSTOP, and waits until go has stopped. False: it had ended already.
  bool stop();
  // False: a SIGCONT from elsewhere (fg), or its end, has come since stop().
  bool still_stopped() const;
  // Of a go that is stopped: it is certain that it has started nothing yet.
  bool is_childless() const;
  void go_on();
  void kill();  // SIGKILL, never SIGCONT before it; waits for the end
  // And all that go has started; its temporary directory is removed, if it is known. go must
  // be stopped.
  void kill_all();

  // Hands each pipe in which somebody still writes over to a process that outlives us.
  void leave_relay();

  pid_t pid() const { return pid_; }
  bool has_ended() const { return ended_; }
  ExitStatus status() const { return broken_ ? ExitStatus::signalled(SIGPIPE) : status_; }
  // It has failed by itself, and no child of its has ever ended, by the kernel's word: it has
  // started nothing.
  bool ended_childless() const { return ended_childless_; }
  bool stalled() const { return stalled_; }  // ended by us, for it would have waited for ever
  bool lost_output() const { return lost_output_; }  // the user's stdout took it not: a full disk
  bool interrupted() const { return interrupted_; }  // somebody asked us, or go, to end
  bool merged() const { return merged_; }
  int pipe_of(Stream stream) const { return stream == Stream::out ? out_.get() : err_.get(); }

 private:
  bool splice_stdout();
  void answer_signals();
  void reap(int options);
  void end_if_stalled();

  const Signals& signals_;
  StallGuard guard_;
  recovery::Fd out_;
  recovery::Fd err_;
  int also_;
  bool merged_;
  pid_t pid_ = 0;
  bool ended_ = false;
  bool ended_childless_ = false;
  bool stalled_ = false;
  long long started_ns_;
  bool interrupted_ = false;
  int asked_to_end_by_ = 0;  // a signal that was sent to us, passed on to go
  bool broken_ = false;
  bool lost_output_ = false;
  bool reader_left_ = false;
  bool through_ = false;
  ExitStatus status_ = ExitStatus::exited(0);
  std::vector<char> buffer_;
};

}  // namespace shim
