#include "recovery/pipeline/report.hpp"

#include <algorithm>

#include "patterns/matcher.hpp"
#include "recovery/os/next_command.hpp"
#include "recovery/os/outside_text.hpp"
#include "recovery/os/text.hpp"
#include "recovery/settings/goproxy.hpp"
#include "recovery/state/journal.hpp"

namespace recovery {
namespace {

using patterns::Diagnosis;

constexpr std::size_t longest_reason = 120;

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

// The one line of an error that tells the reason: "proxy.example.com: 502 Bad Gateway".
std::string reason_of(const std::string& error) {
  const auto diagnoses = patterns::diagnose(error);
  std::string line = diagnoses.empty() ? error : diagnoses.front().line;
  line = line.substr(0, line.find('\n'));
  const std::string host = diagnoses.empty() ? std::string() : source_name(diagnoses.front().host);
  const std::size_t last = line.rfind(": ");
  if (!host.empty() && is_plain(host) && last != line.npos) line = host + line.substr(last);
  return printable(redacted(line)).substr(0, longest_reason);
}

}  // namespace

void Failures::note_reasons(const ModuleVersion& m, const RepairResult& repaired) {
  if (!repaired.why.empty()) whys[m] = repaired.why;
  if (!repaired.failure.empty()) errors[m] = repaired.failure;
}

std::string Failures::why_not_replaced(const ModuleVersion& m) const {
  const auto why = whys.find(m);
  const auto error = errors.find(m);
  const std::string reason = why != whys.end()       ? why->second
                             : error != errors.end() ? reason_of(error->second)
                                                     : "the reason is not known";
  return "could not be replaced: " + reason;
}

std::map<ModuleVersion, std::vector<std::string>>::const_iterator Failures::worst(
    const std::set<ModuleVersion>& named) const {
  const auto is_named = [&](const auto& failed) { return named.contains(failed.first); };
  const auto found = std::ranges::find_if(findings, is_named);
  return found == findings.end() ? findings.begin() : found;
}

void Report::say(const ModuleVersion& m, const std::string& what, const std::string& done,
                 bool is_repaired) {
  outcome.items.push_back({m.str(), what, done, is_repaired});
  const std::string rest = ": " + what + (done.empty() ? "" : "; " + done);
  outcome.words.push_back(m.str() + rest);
  outcome.annotations.push_back((sources_.is_private(m.path()) ? "a private module" : m.str()) +
                                rest);
}

void Report::say_of_source(const std::string& words) {
  outcome.words.push_back(words);
  outcome.annotations.push_back(words);
}

void Report::say(const ModuleVersion& m, const Advice& advice) {
  say(m, advice.words, "");
  outcome.words.back() = with_next(outcome.words.back(), advice.next);
  outcome.annotations.back() = with_next(outcome.annotations.back(), advice.next);
  outcome.items.back().next = outcome.next = advice.next;
}

void Report::say_of_root(const Advice& advice) {
  outcome.words.push_back(advice.line());
  outcome.next = advice.next;
  outcome.annotations.push_back(
      may_travel(context_.root()) ? advice.words : "a private module: " + context_.root().class_id);
}

bool Report::may_travel(const Diagnosis& d) const {
  return !sources_.is_private(d.module) && !sources_.is_private(d.package);
}

void Report::note_repaired(acting::Evidence evidence) {
  outcome.kind = Outcome::Kind::repaired;
  outcome.evidence = acting::weaker(outcome.evidence, evidence);
}

void Report::note_success(const ModuleVersion& m, const RepairResult& repaired,
                          acting::Evidence evidence, const std::string& quarantine_id) {
  say(m, joined(repaired.findings), repaired.done, true);
  note_repaired(evidence);
  write_journal(request_.env, {"", m.str(), context_.root().class_id, repaired.findings,
                               repaired.done, repaired.source, context_.settings.mod_cache,
                               quarantine_id, repaired.replaced, repaired.action});
}

void Report::note_fetched(const ModuleVersion& m, const RepairResult& repaired,
                          const std::string& quarantine_id) {
  write_journal(request_.env, {"",
                               m.str(),
                               context_.root().class_id,
                               {complaint()},
                               words_of(RepairAction::retried),
                               "",
                               context_.settings.mod_cache,
                               quarantine_id,
                               repaired.replaced,
                               RepairAction::retried});
}

std::string Report::complaint() const {
  const Diagnosis& d = context_.root();
  const std::string reason = d.failure == patterns::FailureClass::http2
                                 ? "HTTP/2 stream error"
                                 : d.line.substr(std::min(d.line.size(), d.line.rfind(": ") + 2));
  const bool is_short = reason.size() < 60 && is_plain(without_spaces(reason));
  const std::string host = d.host.starts_with("http") ? source_name(d.host) : "";
  return (is_plain(host) ? host : sources_.first_name()) + ": " +
         (is_short ? reason : "request failed");
}

}  // namespace recovery
