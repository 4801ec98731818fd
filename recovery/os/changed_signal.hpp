#pragma once
// A signal's disposition is another while one of these lives. Ignored: what tells of a failed
// system call, whose error says enough, so that nothing ends us between two steps: SIGXFSZ (ulimit
// -f: write(2) says EFBIG; go itself lives on just so), SIGPIPE (a trace whose reader has left),
// SIGIO (a lease). By default: SIGCHLD, for who ignores it has nobody to wait for.
//
// What is started meanwhile, or what this process becomes, finds signals as this process did:
// give_back_signals().

namespace recovery {

class ChangedSignal {
 public:
  using Handler = void (*)(int);
  ChangedSignal(int number, Handler handler);  // SIG_IGN or SIG_DFL
  ~ChangedSignal();
  ChangedSignal(const ChangedSignal&) = delete;
  ChangedSignal& operator=(const ChangedSignal&) = delete;

 private:
  int number_;
  Handler before_;
};

// All of them. Async-signal-safe, and changes no memory: for a child between vfork and exec, too.
void give_back_signals();

}  // namespace recovery
