#include "tests/bed/seccomp.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace tests {

bool forbid(const std::vector<long>& calls, int error) {
  std::vector<sock_filter> rules{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offsetof(seccomp_data, nr)))};
  for (const long call : calls) {
    rules.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    rules.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)));
  }
  rules.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program = {static_cast<unsigned short>(rules.size()), rules.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

const std::vector<long>& newer_calls() {
  static const std::vector<long> calls{
      SYS_openat2,           SYS_kcmp,  SYS_close_range, SYS_pidfd_open, SYS_pidfd_getfd,
      SYS_pidfd_send_signal, SYS_statx, SYS_faccessat2,  SYS_ptrace,     SYS_process_vm_readv};
  return calls;
}

}  // namespace tests
