#include "recovery/evidence/verifier.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "recovery/go/layout.hpp"
#include "recovery/os/trace.hpp"

namespace recovery {
namespace {

std::uint64_t size_of_zip(const Root& cache, const ModuleVersion& m) {
  try {
    const Stat st = cache.stat(download_file(m, ".zip"));
    return st.kind == Kind::regular ? static_cast<std::uint64_t>(st.size()) : 0;
  } catch (const std::system_error&) {  // comes up again where it is looked at
    return 0;
  }
}

// Modules and pieces of modules, dealt out to all threads.
class CheckQueue {
 public:
  CheckQueue(VerifyContext& context, const std::vector<VerifyTarget>& modules,
             std::vector<VerifyResult>& results)
      : context_(context), modules_(modules), results_(results) {
    for (std::size_t i = 0; i < modules.size(); ++i) {
      sizes_.push_back(size_of_zip(context.cache, modules[i].module));
      order_.push_back(i);
      context.progress.total += sizes_.back();
    }
    // The largest first: the last pieces are small ones then, and no processor waits for another.
    std::ranges::sort(order_, std::ranges::greater(), [&](std::size_t i) { return sizes_[i]; });
  }

  void run() {
    std::vector<std::jthread> threads;
    // One module may well have pieces for all.
    for (std::size_t i = 1; i < useful_threads(modules_.size() * 8); ++i)
      threads.emplace_back([this] { work(); });
    work();
  }

 private:
  struct Open {
    std::unique_ptr<ModuleCheck> check;
    std::size_t module;
    std::size_t next = 0;  // piece
    std::atomic<std::size_t> left;
  };

  void work() {
    std::optional<Unpacker> unpacker;
    std::unique_lock lock(mutex_);
    while (true) {
      if (!open_.empty()) {
        const std::shared_ptr<Open> open = open_.back();
        const std::size_t piece = open->next++;
        if (open->next == open->check->pieces()) open_.pop_back();
        lock.unlock();
        guarded(*open, [&] { open->check->check_piece(piece, unpacker); });
        if (--open->left == 0) guarded(*open, [&] { open->check->conclude(); });
        lock.lock();
      } else if (next_ < order_.size()) {
        const std::size_t module = order_[next_++];
        ++looking_;
        lock.unlock();
        auto open = look_at(module);
        lock.lock();
        --looking_;
        if (open) open_.push_back(std::move(open));
        changed_.notify_all();
      } else if (looking_ > 0) {
        changed_.wait(lock);  // there may be pieces in what is being looked at
      } else {
        return;
      }
    }
  }

  std::shared_ptr<Open> look_at(std::size_t module) {
    auto open = std::make_shared<Open>();
    open->module = module;
    open->check = std::make_unique<ModuleCheck>(context_, modules_[module], results_[module]);
    bool must_read = false;
    guarded(*open, [&] { must_read = open->check->look(); });
    open->left = open->check->pieces();
    if (must_read) return open;
    context_.progress.done += sizes_[module];
    return nullptr;
  }

  // A module at which something fails is not proven.
  template <class Do>
  void guarded(Open& open, const Do& act) {
    try {
      act();
    } catch (const std::exception& error) {
      trace("proof of " + modules_[open.module].module.str() + ": " + error.what());
      open.check->refute();
    }
  }

  VerifyContext& context_;
  const std::vector<VerifyTarget>& modules_;
  std::vector<VerifyResult>& results_;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::size_t> order_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t looking_ = 0;
  std::vector<std::shared_ptr<Open>> open_;
};

}  // namespace

std::vector<VerifyResult> Verifier::verify(const std::vector<VerifyTarget>& modules) {
  std::vector<VerifyResult> results(modules.size());
  CheckQueue(context_, modules, results).run();
  return results;
}

}  // namespace recovery
