#pragma once
// What is kept of what go wrote, for the diagnosis: the first 16 KiB (the root cause is often above
// a flood of consequences) and the last 64 KiB. Bytes in between are dropped whole.

#include <algorithm>
#include <string>
#include <string_view>

namespace shim {

class TextKept {
 public:
  void append(std::string_view bytes) {
    const std::size_t to_head =
        head_.size() < most_head ? std::min(bytes.size(), most_head - head_.size()) : 0;
    head_.append(bytes.substr(0, to_head));
    tail_.append(bytes.substr(to_head));
    if (tail_.size() > 2 * most_tail) {
      tail_.erase(0, tail_.size() - most_tail);
      cut_ = true;
    }
  }
  std::string str() const {
    if (tail_.size() > most_tail) return head_ + "\n" + tail_.substr(tail_.size() - most_tail);
    return head_ + (cut_ ? "\n" : "") + tail_;
  }

 private:
  static constexpr std::size_t most_head = 16 << 10;
  static constexpr std::size_t most_tail = 64 << 10;
  std::string head_;
  std::string tail_;
  bool cut_ = false;
};

}  // namespace shim
