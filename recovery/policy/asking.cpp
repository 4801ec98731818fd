#include "recovery/policy/asking.hpp"

#include <algorithm>

namespace recovery::policy {
namespace {

using Kind = Listed::Kind;

bool is_passed(const Listed& source, Privacy privacy) {
  switch (source.answer) {
    case Answer::not_found:
      return true;
    case Answer::outage:
    case Answer::wrong_bytes:
      return source.is_piped || (source.kind == Kind::known_public && privacy == Privacy::none);
    case Answer::decision:
      return source.is_piped;
    case Answer::not_asked:
    case Answer::gave:
      return false;
  }
  return false;
}

// go's own words about bytes come when it has chosen its source.
bool passes_for_plain_go(const Listed& source) {
  return source.answer == Answer::not_found ||
         (source.is_piped &&
          (source.answer == Answer::outage || source.answer == Answer::decision));
}

// A name that is looked for in a directory has gone nowhere, and plain go asks the next one
// whatever is wrong.
std::size_t behind_directories(const std::vector<Listed>& own) {
  std::size_t first = 0;
  while (first < own.size() && own[first].kind == Kind::directory && own[first].is_piped) ++first;
  return first;
}

// For all that is known, the module is public, and nobody but an outage keeps it from us.
bool may_fall_back(const Question& q) {
  const std::size_t first = behind_directories(q.own);
  if (q.privacy != Privacy::none || first == q.own.size()) return false;
  if (q.own[first].kind != Kind::known_public) return false;
  return std::ranges::all_of(
      q.own.begin() + static_cast<std::ptrdiff_t>(first), q.own.end(), [](const Listed& source) {
        switch (source.kind) {
          case Kind::known_public:  // it gives the name away, or is down
            return source.answer == Answer::outage || source.answer == Answer::wrong_bytes;
          case Kind::direct:
            return source.answer == Answer::outage;
          case Kind::unknown:  // one that is down may be the one that has it
          case Kind::directory:
            return source.answer == Answer::not_found;
          case Kind::off:
            return true;
        }
        return false;
      });
}

std::string joined(const std::vector<Listed>& sources) {
  std::string list;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (i > 0) list += sources[i - 1].is_piped ? "|" : ",";
    list += sources[i].entry;
  }
  return list;
}

std::string_view trimmed(std::string_view s) {
  const std::size_t begin = s.find_first_not_of(" \t\r\n");
  return begin == s.npos ? std::string_view()
                         : s.substr(begin, s.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

Why may_ask(const Question& q) {
  if (q.named == Named::text_only) return Why::named_by_text_only;
  switch (q.standing) {
    case Standing::ordinary:
      return Why::may_ask;
    case Standing::replaced:
      return Why::replaced;
    case Standing::own:
      return Why::own_module;
    case Standing::excluded:
      return Why::excluded;
    case Standing::vendored:
      return Why::vendored;
    case Standing::own_older:
      return q.named == Named::build_list ? Why::own_module : Why::may_ask;
    case Standing::stale_version:
    case Standing::stale:  // who types it, or looks for versions, means it
      return q.named == Named::build_list ? Why::stale : Why::may_ask;
    case Standing::unsettled:
      return q.named == Named::build_list ? Why::unsettled : Why::may_ask;
  }
  return Why::named_by_text_only;
}

Next next_source(const Question& q) {
  Next next;
  next.why = may_ask(q);
  if (next.why != Why::may_ask) return next;
  for (std::size_t i = 0; i < q.own.size(); ++i) {
    const Listed& source = q.own[i];
    next.at = i;
    if (source.kind == Kind::off) {
      next.why = Why::off;
      break;
    }
    if (source.answer == Answer::not_asked) {
      next.list = Next::List::own;
      return next;
    }
    if (source.answer == Answer::gave) {
      next.why = Why::has_it;
      return next;
    }
    next.as_plain_go = next.as_plain_go && passes_for_plain_go(source);
    const bool is_last = i + 1 == q.own.size();
    if (source.answer == Answer::decision && (is_last || !source.is_piped)) {
      next.why = Why::refused;
      return next;
    }
    if (!is_last && !is_passed(source, q.privacy)) {
      next.why = Why::comma;
      return next;
    }
  }
  next.as_plain_go = false;
  if (next.why == Why::may_ask) next.why = Why::exhausted;
  if (q.standing == Standing::own_older || !may_fall_back(q)) return next;
  for (std::size_t i = 0; i < q.fallback.size(); ++i) {
    const Listed& source = q.fallback[i];
    if (source.kind == Kind::off) continue;
    if (source.answer != Answer::not_asked && source.answer != Answer::gave) continue;
    const bool has_it = source.answer == Answer::gave;
    return {has_it ? Next::List::none : Next::List::fallback, i,
            has_it ? Why::has_it : Why::may_ask, false};
  }
  return next;
}

std::string list_for_whole_command(const std::vector<Listed>& own,
                                   const std::vector<Listed>& fallback, bool is_hopeless) {
  const std::size_t first = behind_directories(own);
  if (first == own.size() || own[first].kind != Kind::known_public) return {};
  std::vector<Listed> list = own;
  if (list.back().kind == Kind::off) list.pop_back();
  const bool has_others = list.size() > first + 1;
  if (has_others && !is_hopeless) {
    list[first].is_piped = true;
    return joined(list);
  }
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(first));
  if (!has_others) {  // each directory has a pipe behind it
    for (Listed source : fallback) {
      source.is_piped = true;
      if (source.kind != Kind::off) list.push_back(source);
    }
    if (list.size() == first) return {};
  }
  return joined(list);
}

std::vector<Listed> listed(std::string_view goproxy) {
  std::vector<Listed> all;
  while (true) {
    const std::size_t end = goproxy.find_first_of(",|");
    const std::string_view entry = trimmed(goproxy.substr(0, end));
    if (!entry.empty()) {
      const Kind kind = entry == "direct"              ? Kind::direct
                        : entry == "off"               ? Kind::off
                        : entry.starts_with("file://") ? Kind::directory
                                                       : Kind::unknown;
      all.push_back({std::string(entry), kind, end != goproxy.npos && goproxy[end] == '|'});
      if (kind == Kind::direct || kind == Kind::off) return all;
    }
    if (end == goproxy.npos) return all;
    goproxy.remove_prefix(end + 1);
  }
}

}  // namespace recovery::policy
