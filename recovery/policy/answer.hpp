#pragma once
// What a source said, from the words of a go that asked that source alone: not found, a decision,
// an outage, or bytes that are not the right ones. The only place where a status is read from text.
//
// Sources of truth: `go help goproxy` (404 and 410 alone let the next source answer, behind a
// comma); cmd/go/internal/web (HTTPError: "reading URL: 403 Forbidden", then the server's own
// words, indented); cmd/go/internal/modfetch for what is said of bytes.

#include <string_view>

namespace recovery::policy {

enum class Answer {
  not_asked,
  gave,         // the right bytes
  wrong_bytes,  // a module, and not the one that is recorded
  not_found,    // 404, 410; no such file; no such revision
  decision,     // it will not: any other 4xx but 408, 425, 429; a login; words that nobody knows
  outage,       // it can't: no connection, 408, 425, 429, 5xx, cut off, no module at all
};

Answer answer_to(int status);

// Of a status that go names; not_asked where it names none.
Answer answer_by_status(std::string_view error);

// `error`: what go said, not empty. Unknown words are a decision: what nobody understands opens no
// gate.
Answer answer_in(std::string_view error);

// Of an outage, from the same words: asked again after a while, the same source may give it. No
// answer, a broken one, 408, 425, 429, 5xx. Never a certificate, a missing program, a host that
// nobody knows, or words that nobody knows.
bool may_pass(std::string_view error);

// It has answered 429 or 503: it wants to be asked for less at a time.
bool asks_for_less(std::string_view error);

}  // namespace recovery::policy
