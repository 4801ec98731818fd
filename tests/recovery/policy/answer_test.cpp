// What a source said, from go's words (real lines, as go 1.19 to 1.27 print them): the three that a
// gate knows, and bytes.

#include "recovery/policy/answer.hpp"

#include <string>
#include <vector>

#include "tests/catch.hpp"

namespace tests {
namespace {

using recovery::policy::Answer;
using recovery::policy::answer_by_status;
using recovery::policy::answer_in;
using recovery::policy::answer_to;
using recovery::policy::may_pass;

const std::string m = "example.com/a@v1.0.0: ";
const std::string zip = "reading https://p.example/a/@v/v1.0.0.zip: ";

struct Row {
  std::string text;
  Answer answer;
};

}  // namespace

TEST_CASE("answers: by status", "[recovery]") {
  for (int status = 100; status < 600; ++status) {
    CAPTURE(status);
    const bool not_found = status == 404 || status == 410;
    const bool outage =
        status < 400 || status >= 500 || status == 408 || status == 425 || status == 429;
    const Answer answer = not_found ? Answer::not_found
                          : outage  ? Answer::outage
                                    : Answer::decision;
    CHECK(answer_to(status) == answer);
    CHECK(answer_in(m + zip + std::to_string(status) + " Some Words") == answer);
    CHECK(answer_in("go: " + m + zip + std::to_string(status)) == answer);
    CHECK(answer_by_status("main.go:3:8: " + m + zip + std::to_string(status) + " X") == answer);
  }
}

TEST_CASE("answers: what a server says for itself is not go's word", "[recovery]") {
  CHECK(
      answer_in(m + zip + "403 Forbidden\n\tserver response: reading https://x/y: 404 Not Found") ==
      Answer::decision);
  CHECK(answer_in(m + zip + "404 Not Found\n\tserver response:\n\tconnection refused") ==
        Answer::not_found);
  CHECK(
      answer_in(m + zip + "503 Service Unavailable\n\tserver response: not found: 404 Not Found") ==
      Answer::outage);
  CHECK(answer_in(m + zip + "451 Blocked: 404 Not Found") == Answer::decision);
}

TEST_CASE("answers: in words", "[recovery]") {
  const std::vector<Row> rows = {
      {"", Answer::decision},
      {"words that nobody knows", Answer::decision},
      {m + "Get \"https://p.example/a/@v/v1.0.0.info\": dial tcp 127.0.0.1:1: connect: connection "
           "refused",
       Answer::outage},
      {m + "Get \"https://p.example/x\": dial tcp: lookup p.example: no such host", Answer::outage},
      {m + "Get \"https://p.example/x\": EOF", Answer::outage},
      {m + "Get \"https://p.example/x\": unexpected EOF", Answer::outage},
      {m + "Get \"https://p.example/x\": net/http: TLS handshake timeout", Answer::outage},
      {m + "Get \"https://p.example/x\": tls: failed to verify certificate: x509: certificate "
           "signed "
           "by unknown authority",
       Answer::outage},
      {m + "Get \"https://p.example/x\": http: server gave HTTP response to HTTPS client",
       Answer::outage},
      {m + "read tcp 1.2.3.4:5->6.7.8.9:443: read: connection reset by peer", Answer::outage},
      {m + "stream error: stream ID 3; INTERNAL_ERROR", Answer::outage},
      {"download timed out: no byte came for 30 s", Answer::outage},
      {m + "invalid character '<' looking for beginning of value", Answer::outage},
      {m + "unexpected end of JSON input", Answer::outage},
      {"zip: not a valid zip file", Answer::outage},
      {m + "parsing go.mod:\n\tgo.mod:1: unknown directive: <html>", Answer::outage},
      {"verifying " + m + "checksum mismatch\n\tdownloaded: h1:x\n\tgo.sum: h1:y",
       Answer::wrong_bytes},
      {m + "verifying go.mod: checksum mismatch", Answer::wrong_bytes},
      {"zip for " + m + "has unexpected file b@v1.0.0/b.go", Answer::wrong_bytes},
      {m + "verifying module: " + m + "reading https://sum.example/lookup/a@v1.0.0: 404 Not Found",
       Answer::outage},
      {m + "verifying module: reading https://p.example/sumdb/sum.example/lookup/a@v1: 410 Gone",
       Answer::outage},
      {m + "reading file:///d/a/@v/v1.0.0.info: no such file or directory", Answer::not_found},
      {m + "open /d/a/@v/v1.0.0.zip: permission denied", Answer::outage},
      {m + "invalid version: unknown revision v1.0.0", Answer::not_found},
      {m + "git ls-remote -q origin in /c: exit status 128:\n\tfatal: could not read Username for "
           "'https://h': terminal prompts disabled",
       Answer::decision},
      {m + "git ls-remote -q origin in /c: exit status 128:\n\tfatal: unable to access "
           "'https://h/': "
           "Could not resolve host: h",
       Answer::outage},
      {m + "git ls-remote -q origin: exec: \"git\": executable file not found in $PATH",
       Answer::outage},
      {m + "unrecognized import path \"example.com/a\": reading https://example.com/a?go-get=1: "
           "404 "
           "Not Found",
       Answer::not_found},
      {m + "module lookup disabled by GOPROXY=off", Answer::decision},
      {m + "proxy returned info for version reading http://h/x: 404 Not Found instead of requested "
           "version",
       Answer::outage},  // the status is the body's
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(answer_in(row.text) == row.answer);
  }
}

TEST_CASE("an outage that may pass, and one that waiting does not mend", "[policy]") {
  const std::string m = "github.com/acme/alpha@v1.0.0: ";
  const std::string get = m + "Get \"https://p.example/a/@v/v1.0.0.zip\": ";
  for (const std::string& text :
       {get + "dial tcp 1.2.3.4:443: connect: connection refused",
        get + "dial tcp: lookup p.example on 1.1.1.1:53: server misbehaving",
        get + "dial tcp: lookup p.example: Temporary failure in name resolution",
        get + "net/http: TLS handshake timeout", get + "http2: server sent GOAWAY", get + "EOF",
        m + "stream error: stream ID 3; INTERNAL_ERROR",
        m + "reading https://p.example/a/@v/v1.0.0.zip: 503 Service Unavailable",
        m + "reading https://p.example/a/@v/v1.0.0.zip: 429 Too Many Requests",
        std::string("download timed out: no byte came for 30 s")}) {
    CAPTURE(text);
    CHECK(may_pass(text));
  }
  for (const std::string& text :
       {get + "dial tcp: lookup p.example: no such host",
        get + "tls: failed to verify certificate: x509: certificate has expired",
        get + "http: server gave HTTP response to HTTPS client",
        m + "git ls-remote -q origin: exec: \"git\": executable file not found in $PATH",
        m + "open /d/a/@v/v1.0.0.zip: permission denied",
        m + "reading https://p.example/a/@v/v1.0.0.zip: 403 Forbidden",
        m + "reading https://p.example/a/@v/v1.0.0.zip: 404 Not Found",
        m + "verifying module: checksum mismatch", m + "what nobody knows", std::string()}) {
    CAPTURE(text);
    CHECK(!may_pass(text));
  }
}

}  // namespace tests
