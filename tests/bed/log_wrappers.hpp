#pragma once
// A log as CI services, Docker and task runners show it: what each puts before, around and into the
// lines of the program that it runs. Made here, so that each of the caught logs can be put through
// each of them.
//
// Example: for (const Wrapper& w : wrappers()) w.wrap("go: x\n")

#include <functional>
#include <string>
#include <vector>

namespace tests {

struct Wrapper {
  std::string name;
  std::function<std::string(const std::string& line)> line;  // without its newline
  std::string before = {}, after = {};                       // whole lines around it

  [[nodiscard]] std::string wrap(const std::string& text) const {
    std::string out = before;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      out += line(text.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    return out + after;
  }
};

inline std::vector<Wrapper> wrappers() {
  const auto behind = [](const std::string& prefix) {
    return [prefix](const std::string& line) { return prefix + line; };
  };
  const std::string stamp = "2025-08-03T18:58:05.8214700Z ";
  return {
      {"GitHub Actions, raw", behind(stamp),
       "\xef\xbb\xbf" + stamp + "##[group]Run go build ./...\n" + stamp +
           "\x1b[36;1mgo build ./...\x1b[0m\n" + stamp + "shell: /usr/bin/bash -e {0}\n" + stamp +
           "##[endgroup]\n",
       stamp + "##[error]Process completed with exit code 1.\n" + stamp +
           "##[group]Run actions/upload-artifact@v4\n" + stamp + "Post job cleanup.\n"},
      {"gh run view --log", behind("build (1.22)\tRun go test ./...\t" + stamp)},
      {"gh run view --log, unknown step", behind("build\tUNKNOWN STEP\t\xef\xbb\xbf" + stamp)},
      {"GitHub Actions, an error",
       [](const std::string& line) { return line.empty() ? line : "##[error]" + line; }},
      {"GitLab", behind("2025-01-02T03:04:05.123456Z 01O "),
       "2025-01-02T03:04:04.000000Z 00O section_start:1735787045:step_script\r\x1b[0K\x1b[0;m"
       "Executing \"step_script\"\n2025-01-02T03:04:04.100000Z 01O \x1b[32;1m$ go build "
       "./...\x1b[0;m\n",
       "2025-01-02T03:04:06.000000Z 00O section_end:1735787046:step_script\r\x1b[0K\n"
       "2025-01-02T03:04:06.000000Z 00O \x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n"},
      {"docker build --progress=plain", behind("#12 3.456 "),
       "#5 [build 1/6] FROM docker.io/library/golang:1.22\n#5 CACHED\n\n#12 [build 4/6] RUN go mod "
       "download\n",
       "#12 ERROR: process \"/bin/sh -c go mod download\" did not complete successfully: exit "
       "code: "
       "1\n------\n > [build 4/6] RUN go mod download:\n------\nERROR: failed to solve: process\n"},
      {"docker build on a terminal", behind(" => => # ")},
      {"Jenkins", behind("[2025-01-02T03:04:05.123Z] "),
       "[Pipeline] sh\n[2025-01-02T03:04:04.123Z] + go build ./...\n",
       "[Pipeline] }\nERROR: script returned exit code 1\nFinished: FAILURE\n"},
      {"Jenkins, timestamper", behind("03:04:05  ")},
      {"Azure Pipelines", behind(stamp), stamp + "##[section]Starting: go build\n",
       stamp + "##[error]Bash exited with code '1'.\n" + stamp +
           "##[section]Finishing: go build\n"},
      {"docker compose", behind("builder-1  | ")},
      {"Google Cloud Build", behind("Step #1 - \"build\": ")},
      {"TeamCity", behind("[12:01:02]W:\t [Step 1/2] ")},
      {"Buildkite", behind("\x1b_bk;t=1700000000000\x07")},
      {"Tekton", behind("[build : compile] ")},
      {"Drone", behind("[build:12] ")},
      {"journalctl", behind("Nov 25 04:28:56 host runner[123]: ")},
      {"kubectl logs --timestamps", behind("2025-08-03T18:58:05.821470012Z ")},
      {"a terminal with colours",
       [](const std::string& line) { return "\x1b[1;31m" + line + "\x1b[0m\r"; }},
      {"nothing", behind("")},
  };
}

}  // namespace tests
