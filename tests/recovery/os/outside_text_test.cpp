// What comes from outside moves no cursor, turns no line, and tells no secret (issue 15.12).

#include "recovery/os/outside_text.hpp"

#include <string>

#include "tests/catch.hpp"

namespace tests {

using recovery::printable;
using recovery::redacted;
using recovery::redacted_proxies;

TEST_CASE("no text from outside steers the terminal", "[recovery]") {
  const std::string bad = "\xEF\xBF\xBD";
  const std::pair<std::string, std::string> rows[] = {
      {"plain, ümläut, 日本語 🙂", "plain, ümläut, 日本語 🙂"},
      {"a\x1b[31mb\nc\td\x7f", "a [31mb c d "},
      {std::string("a\0b", 3), "a b"},
      {"csi \xc2\x9b"
       "31m",
       "csi " + bad + "31m"},
      {"\xc2\x80\xc2\x9f\xc2\xa0", bad + bad + "\xc2\xa0"},
      {"\xe2\x80\xae"
       "olleh\xe2\x80\xac",
       bad + "olleh" + bad},
      {"\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", bad + bad + bad + bad + bad},
      {"\xe2\x80\xa8\xe2\x80\xa9", bad + bad},
      {"raw \x9b"
       "31m",
       "raw " + bad + "31m"},
      {"\xc0\x9b\xe0\x82\x9b", bad + bad + bad + bad + bad},  // too long a form of U+009B
      {"cut \xe2\x80", "cut " + bad + bad},
      {"\xed\xa0\x80", bad + bad + bad},  // a surrogate
      {"\xf4\x90\x80\x80", bad + bad + bad + bad},
  };
  for (const auto& [text, wanted] : rows) {
    CAPTURE(text);
    CHECK(printable(text) == wanted);
  }
}

TEST_CASE("no secret in a URL is shown", "[recovery]") {
  const std::pair<std::string, std::string> rows[] = {
      {"https://h.example", "https://h.example"},
      {"https://h.example/", "https://h.example/"},
      {"https://h.example:8443/TOKEN/go: 404 Not Found", "https://h.example:8443/…: 404 Not Found"},
      {"Get \"https://me:PW@h.example/TOKEN/x/@v/v1.0.0.info?k=TOKEN\": EOF",
       "Get \"https://***@h.example/…\": EOF"},
      {"https://h.example?k=TOKEN", "https://h.example/…"},
      {"https://h.example#TOKEN.", "https://h.example/…."},
      {"HTTPS://TOKEN@h.example", "HTTPS://***@h.example"},
      {"reading https:/h.example/TOKEN/a: EOF", "reading https:/h.example/…: EOF"},
      {"https://me:P/W@h.example/x", "https://***/…"},
      {"(http://[::1]:80/TOKEN)", "(http://[::1]:80/…)"},
      {"'https://h.example/it's/TOKEN', and", "'https://h.example/…', and"},
      {"https://a/T1,https://b/T2|direct", "https://a/…,https://b/…|direct"},
      {"ssh://git:PW@h.example/a/b", "ssh://***@h.example/a/b"},
      {"git+ssh://TOKEN@h.example/a", "git+ssh://***@h.example/a"},
      {"file:///home/me/mirror", "file:///home/me/mirror"},
      {"a.go:3:8: x.y/a@v1.0.0: c:/d", "a.go:3:8: x.y/a@v1.0.0: c:/d"},
      {"ends with https://", "ends with https://"},
      {"", ""},
  };
  for (const auto& [text, wanted] : rows) {
    CAPTURE(text);
    CHECK(redacted(text) == wanted);
  }
  CHECK(redacted_proxies("me:PW@h.example/TOKEN,h.example|direct,off,/a/b") ==
        "***@h.example/…,h.example|direct,off,/a/b");
  CHECK(redacted_proxies("https://a/T?x=1|https://b") == "https://a/…|https://b");
}

}  // namespace tests
