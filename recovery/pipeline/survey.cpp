#include "recovery/pipeline/survey.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "recovery/evidence/describe.hpp"
#include "recovery/os/trace.hpp"

namespace recovery {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto rest_budget =
    std::chrono::seconds(5);  // for the contents of the modules that nobody named

// What the system can't tell about is no cause, and not sound: it is `unknown`.
std::vector<ModuleState> inspect_all(const RecoveryContext& context,
                                     const std::vector<ModuleVersion>& modules, Depth depth,
                                     std::chrono::milliseconds budget, Unknown& unknown) {
  std::mutex mutex;  // of unknown
  std::vector<std::unique_ptr<ModuleState>> states(modules.size());
  std::atomic<std::size_t> next = 0;
  const auto deadline = Clock::now() + budget;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < modules.size();) {
      const Depth affordable = Clock::now() < deadline ? depth : Depth::facts;
      try {
        states[i] = std::make_unique<ModuleState>(
            inspect(*context.cache, modules[i], context.list->expected(modules[i]), affordable));
      } catch (const std::exception& error) {  // nothing is known about it then
        trace("inspect " + modules[i].str() + ": " + error.what());
        const std::lock_guard guard(mutex);
        unknown.emplace(modules[i], error.what());
      }
    }
  };
  const std::size_t helpers =
      std::min<std::size_t>({modules.size() / 4, std::thread::hardware_concurrency(), 8});
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(work);
    work();
  }
  std::vector<ModuleState> found;
  for (auto& state : states) {
    if (state) found.push_back(std::move(*state));
  }
  return found;
}

}  // namespace

std::vector<ModuleState> causes_among(const RecoveryContext& context, const Repairer& repairer,
                                      const std::vector<ModuleVersion>& modules, Depth depth,
                                      std::chrono::milliseconds budget, Unknown& unknown) {
  std::vector<ModuleState> causes = inspect_all(context, modules, depth, budget, unknown);
  std::erase_if(causes, [&](const ModuleState& state) {
    try {
      return !repairer.has_cause(state, context.is_suspect(state.module));
    } catch (const std::system_error& error) {
      unknown.emplace(state.module, error.what());
      return true;
    }
  });
  for (const ModuleState& cause : causes) {
    for (const std::string& phrase : describe(cause))
      trace("evidence: " + cause.module.str() + ": " + phrase);
  }
  return causes;
}

std::vector<ModuleState> causes_among_suspects(const RecoveryContext& context,
                                               const Repairer& repairer) {
  // A guess from the user's own compile error must not cost him much; what go named outright may.
  const bool is_guess = context.step == Step::look_close;
  Unknown unknown;
  return causes_among(context, repairer, {context.suspects.begin(), context.suspects.end()},
                      is_guess ? Depth::used : Depth::everything,
                      is_guess ? std::chrono::milliseconds(500) : std::chrono::milliseconds(30000),
                      unknown);
}

std::vector<ModuleState> causes_in_rest(const RecoveryContext& context, const Repairer& repairer) {
  std::vector<ModuleVersion> rest;
  for (const ModuleVersion& m : context.list->modules()) {
    if (!context.is_suspect(m)) rest.push_back(m);
  }
  Unknown unknown;
  auto causes = causes_among(context, repairer, rest, Depth::used, rest_budget, unknown);
  trace("looked at " + std::to_string(rest.size()) + " other modules");
  return causes;
}

}  // namespace recovery
