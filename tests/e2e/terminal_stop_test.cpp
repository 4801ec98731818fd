// Job control (terminal_scenario.hpp): Ctrl-Z, fg, bg and stop signals, with plain go as the
// measure.

#include "tests/e2e/terminal_scenario.hpp"

namespace tests {

TEST_CASE("Ctrl-Z stops the job, fg takes it up again", "[e2e]") {
  const ProbeBed bed;
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go run ./cmd/probe say:started read\n");
    shell.wait_for("\nstarted");
    shell.type(ctrl_z);
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go stopped, probe stopped");
    shell.type("fg\n");
    shell.wait_for("go run");
    wait_for_state(shell, bed, "go runs, probe runs");
    shell.type("line\n");
    shell.wait_for("read line");
    shell.wait_for(prompt);
    check_ended(shell, "ended with 0");
    return shell.screen() + who(shell, bed);
  });
}

TEST_CASE("Ctrl-Z while go compiles, and bg", "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    compiler.build_in(shell);
    shell.type(ctrl_z);
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go stopped, sleep stopped");
    shell.type("bg\n");
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go runs, sleep runs");
    shell.type("kill -INT %1; wait %1; echo ended with $?\n");
    shell.wait_for("\nended with ");
    shell.wait_for(prompt);
    shell.type("jobs\n");
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "");
    // bash tells of the end of a job only if the job was there when `wait` looked.
    return std::regex_replace(shell.screen(), std::regex("\\[1\\]\\+  Interrupt[^\\n]*\\n"), "");
  });
}

TEST_CASE("Ctrl-Z while gomend repairs: it stops with its helper, and fg takes the repair up again",
          "[e2e]") {
  const Bed bed(gos().back());
  break_and_silence(bed);
  Terminal shell(interactive, Place{bed, true}.shell_options());
  shell.wait_for(prompt);
  shell.type("go build ./...\n");
  wait_for_repair(shell);
  shell.type(ctrl_z);
  shell.wait_for("Stopped");
  shell.wait_for(prompt);
  wait_for_state(shell, bed, "go stopped");
  bed.proxy.clear();
  shell.type("fg\n");
  shell.wait_for("; retrying \"go ");
  shell.wait_for(prompt);
  check_ended(shell, "ended with 0");
}

TEST_CASE("a stop signal that is sent to the job's process alone stops go, SIGCONT wakes it",
          "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  for (int number : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    INFO(number);
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      compiler.build_in(shell);
      ::kill(job_of(shell), number);
      shell.wait_for(prompt);
      wait_for_state(shell, bed, "go stopped, sleep runs");
      ::kill(job_of(shell), SIGCONT);
      wait_for_state(shell, bed, "go runs, sleep runs");
      ::kill(job_of(shell), number);
      wait_for_state(shell, bed, "go stopped, sleep runs");
      shell.type("fg\n");
      shell.wait_for("go build");
      wait_for_state(shell, bed, "go runs, sleep runs");
      shell.type(ctrl_c);
      shell.wait_for(prompt);
      check_ended(shell, "\nended with ");
      shell.wait_for(prompt);
      return shell.screen();
    });
  }
}

TEST_CASE("stop signals and SIGCONT in quick succession leave a job that runs", "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  Terminal shell(interactive, Place{bed, true}.shell_options());
  shell.wait_for(prompt);
  compiler.build_in(shell, " &");
  const pid_t job = job_of(shell);
  for (int i = 0; i < 2000; ++i) {
    const pid_t to = i % 2 == 0 ? job : -job;
    ::kill(to, i % 3 == 0 ? SIGTTIN : SIGTSTP);
    if (i % 5 != 0) ::usleep(static_cast<useconds_t>(i % 40));
    ::kill(to, SIGCONT);
  }
  wait_for_state(shell, bed, "go runs, sleep runs");
}

// gomend can't see a SIGSTOP, and so can't pass it on: plain go would stand still, this go runs on
// until it has something to say that nobody takes.
TEST_CASE("SIGSTOP stops the whole job; gomend alone it can stop, and SIGCONT takes it up again",
          "[e2e]") {
  const Bed bed(gos().back());
  const HeldCompiler compiler(bed);
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    compiler.build_in(shell, " &");
    shell.type("kill -STOP %1\n");
    wait_for_state(shell, bed, "go stopped, sleep stopped");
    shell.type("kill -CONT %1\n");
    wait_for_state(shell, bed, "go runs, sleep runs");
    ::kill(job_of(shell), SIGSTOP);
    ::kill(job_of(shell), SIGCONT);
    wait_for_state(shell, bed, "go runs, sleep runs");
    return who(shell, bed);
  });
}

TEST_CASE("under stty tostop a background go that writes is stopped, and fg lets it write",
          "[e2e]") {
  const ProbeBed bed;
  write_file(bed.app / "cmd/broken/main.go", "package main\n\nfunc main() { undefined() }\n");
  // Built before: plain go that has to link under tostop is stopped once more, before the program.
  CHECK(bed.go({"run", "./cmd/probe"}).code() == 0);
  struct Row {
    const char* command;
    const char* stopped;  // plain go; with gomend go itself may have said its last already
    const char* word;
  };
  const bool keeps_programs = bed.toolchain.minor >= 24;
  for (const Row& row :
       {Row{"go build ./cmd/broken", "go stopped", "undefined: undefined"},
        Row{"go run ./cmd/probe err:word", "go stopped, probe stopped", "\nword"},
        Row{"go run ./cmd/probe say:word", "go stopped, probe stopped", "\nword"}}) {
    if (contains(row.command, "go run") && !keeps_programs) continue;
    check_as_plain_go(bed, [&](const Place& place) {
      Terminal shell(interactive, place.shell_options());
      shell.wait_for(prompt);
      shell.type("stty tostop\n");
      shell.wait_for(prompt);
      shell.type(std::string(row.command) + " &\n");
      shell.wait_for(prompt);
      shell.wait_until("a stopped job", [&] {
        const std::string now = who(shell, bed);
        return now == row.stopped || now == ", but gomend stopped";
      });
      shell.type("jobs\n");
      shell.wait_for("Stopped");
      shell.wait_for(prompt);
      CHECK(!contains(shell.screen(), row.word));
      shell.type("fg\n");
      shell.wait_for(row.word);
      shell.wait_for(prompt);
      check_ended(shell, "\nended with");
      shell.wait_for(prompt);
      return shell.screen() + who(shell, bed);
    });
  }
}

TEST_CASE("a background go run whose program reads the terminal is stopped, and fg lets it read",
          "[e2e]") {
  const ProbeBed bed;
  check_as_plain_go(bed, [&](const Place& place) {
    Terminal shell(interactive, place.shell_options());
    shell.wait_for(prompt);
    shell.type("go run ./cmd/probe read &\n");
    shell.wait_for(prompt);
    wait_for_state(shell, bed, "go stopped, probe stopped");
    shell.type("jobs\n");
    shell.wait_for("Stopped");
    shell.wait_for(prompt);
    shell.type("fg\n");
    shell.wait_for("go run");
    shell.type("line\n");
    shell.wait_for("read line");
    shell.wait_for(prompt);
    return shell.screen() + who(shell, bed);
  });
}

}  // namespace tests
