#include "recovery/policy/answer.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace recovery::policy {
namespace {

bool says(std::string_view text, std::string_view words) {
  return text.find(words) != text.npos;
}

template <std::size_t n>
bool says_any(std::string_view text, const std::array<std::string_view, n>& all) {
  return std::ranges::any_of(all, [&](std::string_view words) { return says(text, words); });
}

// go's own lines: what a server, git or hg says for itself stands indented below them.
std::string_view first_line(std::string_view error) {
  while (error.starts_with("\n")) error.remove_prefix(1);
  return error.substr(0, error.find('\n'));
}

std::optional<int> status_at(std::string_view text) {
  int status = 0;
  for (int i = 0; i < 3; ++i) {
    if (text.size() <= static_cast<std::size_t>(i) || text[i] < '0' || text[i] > '9')
      return std::nullopt;
    status = 10 * status + (text[i] - '0');
  }
  const bool ends = text.size() == 3 || text[3] == ' ';
  return ends && status >= 100 ? std::optional(status) : std::nullopt;
}

// "reading https://proxy.example.com/a/@v/v1.0.0.zip: 403 Forbidden": of the first URL, which go
// wrote; no URL of go's has a blank in it.
std::optional<int> status_in(std::string_view line) {
  constexpr std::string_view reading = "reading ";
  for (std::size_t at = line.find(reading); at != line.npos; at = line.find(reading, at + 1)) {
    const std::string_view rest = line.substr(at + reading.size());
    const std::size_t end = rest.find(": ");
    if (end == rest.npos || rest.substr(0, end).find(' ') != rest.npos ||
        rest.substr(0, end).find(":/") == rest.npos)
      continue;
    if (const auto status = status_at(rest.substr(end + 2))) return status;
  }
  return std::nullopt;
}

// What go quotes of a body may hold a status, too.
bool quotes_a_body(std::string_view line) {
  return says(line, "proxy returned info for version ") || says(line, "invalid character ") ||
         says(line, "unexpected module path ") || says(line, "malformed module path ") ||
         says(line, "unknown directive: ") || says(line, "unknown block type: ");
}

// It was the checksum database (or a source in its name) that failed, not this module's source.
bool is_about_database(std::string_view line) {
  return says(line, "/sumdb/") || says(line, "/lookup/") || says(line, "/tile/") ||
         says(line, ": verifying ") || line.starts_with("verifying ");
}

constexpr std::array<std::string_view, 6> words_of_wrong_bytes = {
    "checksum mismatch",
    "SECURITY ERROR",
    "checksum missing from sumdb response",
    "does not match version-control",
    "zip for ",
    "case-insensitive file name collision"};

constexpr std::array<std::string_view, 9> words_of_absence = {
    ": no such file or directory",
    "unknown revision",
    "no matching versions for query",
    "file does not exist",
    "not found:",
    "404 Not Found",
    "410 Gone",
    "Not Found",
    "no secure protocol found for repository"};

constexpr std::array<std::string_view, 11> words_of_refusal = {
    "could not read Username",
    "could not read Password",
    "terminal prompts disabled",
    "Authentication failed",
    "Permission denied (",
    "Host key verification failed",
    "refusing to pass credentials",
    "Proxy Authentication Required",
    "disabled by GOPROXY=",
    "GOVCS disallows",
    "access denied",
};

// No answer at all, or one that breaks off.
constexpr std::array<std::string_view, 43> words_of_outage = {
    "dial tcp", "connection refused", "connection reset", "connection timed out",
    "Connection refused", "Connection timed out", "broken pipe", "no such host",
    "Could not resolve host", "Could not resolve hostname", "network is unreachable",
    "no route to host", "i/o timeout", "Client.Timeout", "deadline exceeded", "TLS handshake",
    "tls: ", "x509: ", "server gave HTTP response", "http2: ", "stream error",
    "connection error: ", "download timed out", "executable file not found", "Failed to connect",
    "early EOF", ": permission denied",
    // git, its TLS libraries, ssh
    "Connection reset", "Connection closed by", "closed by remote host", "Operation timed out",
    "SSL_ERROR_SYSCALL", "GnuTLS recv error", "GnuTLS send error", "gnutls_handshake() failed",
    "was not closed cleanly", "HTTP2 framing layer", "transfer closed with", "remote end hung up",
    "unexpected disconnect", "Temporary failure in name resolution", "URL returned error: 5",
    "URL returned error: 429"};

// Of these, what waiting does not mend.
constexpr std::array<std::string_view, 5> words_of_lasting_outage = {
    "no such host", "certificate", "server gave HTTP response", "executable file not found",
    ": permission denied"};

// Bytes that are no module.
constexpr std::array<std::string_view, 17> words_of_garbage = {"invalid character",
                                                               "unexpected end of JSON",
                                                               "cannot unmarshal",
                                                               "not a valid zip file",
                                                               "zip: unsupported",
                                                               "unexpected EOF",
                                                               "malformed",
                                                               "invalid version",
                                                               "invalid response from proxy",
                                                               "parsing go.mod",
                                                               "errors parsing",
                                                               "unexpected file in zip",
                                                               "unexpected module path",
                                                               "too large",
                                                               "has non-canonical",
                                                               "proxy returned info for version",
                                                               "missing module line"};

}  // namespace

Answer answer_to(int status) {
  if (status == 404 || status == 410) return Answer::not_found;
  if (status == 408 || status == 425 || status == 429) return Answer::outage;
  return status >= 400 && status < 500 ? Answer::decision : Answer::outage;
}

Answer answer_by_status(std::string_view error) {
  const std::string_view line = first_line(error);
  const bool is_told = !is_about_database(line) && !quotes_a_body(line);
  const auto status = is_told ? status_in(line) : std::nullopt;
  return status ? answer_to(*status) : Answer::not_asked;
}

Answer answer_in(std::string_view error) {
  const std::string_view line = first_line(error);
  const bool is_wrong = says_any(error, words_of_wrong_bytes);
  if (is_about_database(line)) return is_wrong ? Answer::wrong_bytes : Answer::outage;
  if (quotes_a_body(line)) return is_wrong ? Answer::wrong_bytes : Answer::outage;
  if (const auto status = status_in(line)) return answer_to(*status);
  if (is_wrong) return Answer::wrong_bytes;
  if (says(line, "unknown revision")) return Answer::not_found;
  if (says_any(line, words_of_garbage)) return Answer::outage;
  if (says_any(error, words_of_refusal)) return Answer::decision;
  if (says_any(error, words_of_outage) || line.ends_with(": EOF")) return Answer::outage;
  return says_any(line, words_of_absence) ? Answer::not_found : Answer::decision;
}

bool asks_for_less(std::string_view error) {
  const auto status = status_in(first_line(error));
  return status == 429 || status == 503;
}

bool may_pass(std::string_view error) {
  return answer_in(error) == Answer::outage && !says_any(error, words_of_lasting_outage);
}

}  // namespace recovery::policy
