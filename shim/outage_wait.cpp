#include "shim/outage_wait.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>
#include <utility>

#include "recovery/os/env.hpp"
#include "recovery/os/trace.hpp"
#include "recovery/pipeline/recover.hpp"
#include "recovery/settings/keep.hpp"
#include "recovery/settings/own_settings.hpp"
#include "shim/process/words.hpp"

namespace shim {
namespace {

using namespace std::chrono_literals;
using recovery::Outage;
using recovery::Outcome;

constexpr auto before_first_word = 3s;
constexpr auto between_words = 15s;
constexpr auto rewrite_each = 1s;

std::optional<int> set_patience() {
  const char* value = getenv("GOMEND_PATIENCE");
  return value == nullptr ? std::nullopt : recovery::patience_in(value);
}

bool is_in_ci() {
  const char* value = getenv("CI");
  return value != nullptr && recovery::is_ci({std::string("CI=") + value});
}

// No route leads out of this machine: all that is up is its loopback. proc(5), net/route and
// net/ipv6_route, whose last column is the interface.
bool has_route() {
  for (const char* table : {"/proc/net/route", "/proc/net/ipv6_route"}) {
    std::ifstream file(table);
    if (!file && std::string_view(table).ends_with("/route")) return true;  // not known
    for (std::string line; std::getline(file, line);) {
      const bool is_heading = line.starts_with("Iface");
      const bool is_loopback = line.starts_with("lo\t") || line.ends_with(" lo");
      if (!line.empty() && !is_heading && !is_loopback) return true;
    }
  }
  return false;
}

double throw_dice() {
  static std::mt19937 generator{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string((time.count() + 500) / 1000) + " s";
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

}  // namespace

OutageWait::OutageWait(const Session& session)
    : is_ci_(is_in_ci()),
      patience_(session.advise_only ? 0ms
                                    : recovery::policy::patience_of(
                                          {.set_seconds = set_patience(), .is_ci = is_ci_})) {}

Outcome OutageWait::recover(recovery::Request request) {
  request.waits_out = patience_.limit() > 0ms && request.trust == recovery::Trust::gos_own_words;
  for (int asked = 0;; ++asked) {
    request.asked_before = in_vain_ + asked;
    const auto start = Clock::now();
    Outcome outcome = recovery::recover(request);
    const Outage& outage = outcome.outage;
    if (!request.waits_out || !outage.is_there || outcome.kind == Outcome::Kind::repaired)
      return outcome;
    if (outage.came == 0 && asked > 0) {
      patience_.spend(since(start));
      waited_ += since(start);
    }
    note_progress(outage);
    if (!wait(outage)) return outcome;
  }
}

bool OutageWait::watches_next(const Outcome& outcome) {
  const bool is_of_source =
      outcome.evidence == recovery::acting::Evidence::absent && !outcome.outage.complaint.empty();
  if (!is_of_source || patience_.limit() <= 0ms) return false;
  const bool gets_on = outcome.outage.came > 0 || outcome.outage.files > files_;
  note_progress(outcome.outage);
  if (gets_on) return true;  // in the first round, too
  ++in_vain_;
  return wait(outcome.outage);
}

void OutageWait::note_progress(const Outage& outage) {
  const bool has_grown = files_ > 0 && outage.files > files_;
  if (outage.came > 0 || has_grown) {
    patience_.something_came();
    in_vain_ = 0;
    has_come_ = true;
  }
  files_ = std::max(files_, outage.files);
}

// False: the patience has ended.
bool OutageWait::wait(const Outage& outage) {
  if (outage.is_on_network && !is_ci_ && !has_come_ && !has_route())
    patience_.shorten(recovery::policy::patience_of({.is_offline = true}));
  complaint_ = outage.complaint;
  const auto time = patience_.next_wait(throw_dice());
  has_given_up_ = !time;
  if (!time) {
    wipe();
    return false;
  }
  recovery::trace("waiting " + std::to_string(time->count()) + " ms: " + outage.complaint);
  const auto start = Clock::now();
  while (since(start) < *time) {
    if (waited_ + since(start) >= before_first_word) tell(outage);
    std::this_thread::sleep_for(
        std::min<std::chrono::milliseconds>(rewrite_each, *time - since(start)));
  }
  waited_ += *time;
  wipe();
  return true;
}

void OutageWait::tell(const Outage& outage) {
  if (is_quiet() || !reports_repairs()) return;
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  const bool is_due = told_ == Clock::time_point() || since(told_) >= between_words;
  if (!is_terminal && !is_due) return;
  told_ = Clock::now();
  std::string words = outage.complaint + "; retrying for " + seconds(patience_.left()) + " more";
  if (outage.all > 0 && outage.lacking <= outage.all)
    words += " (" + std::to_string(outage.all - outage.lacking) + " of " +
             std::to_string(outage.all) + " modules here)";
  if (!is_terminal) return say(words);
  rewrite(words);
  line_is_there_ = true;
}

void OutageWait::wipe() {
  if (std::exchange(line_is_there_, false)) rewrite("");
}

std::string OutageWait::last_word() const {
  return complaint_ + "; retried for " + seconds(waited_) + " in vain";
}

std::string OutageWait::waited() const {
  return waited_ < 1s ? "" : "; waited " + seconds(waited_);
}

}  // namespace shim
