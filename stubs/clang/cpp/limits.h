// A request that must end: processor time and memory that one may take. A thread that waits for the reply looks now and then;
// what took too much is left at the next place where Clang's state is whole, and where none comes, wherever it stands.
#pragma once

#include <atomic>
#include <cstddef>

namespace rung {

class Limits {
public:
  // One request on this thread; 0 is no limit.
  Limits(unsigned seconds, size_t bytes);
  ~Limits();

  // From a thread that waits.
  static void look();
  // At a place that may be left.
  static void check() {
    if (__builtin_expect(asked.load(std::memory_order_relaxed), 0)) leave();
  }
  // Which limit ended the last request; null where none did.
  static const char *exceeded();
  // Crash recovery has just put its handlers in place.
  static void handlersChanged();

  // What must not be left half done, because it outlives the session.
  class Whole {
  public:
    Whole() { whole.fetch_add(1, std::memory_order_relaxed); }
    ~Whole() { whole.fetch_sub(1, std::memory_order_relaxed); }
  };
  static void reset() { whole.store(0, std::memory_order_relaxed); }

private:
  static void leave();
  static std::atomic<bool> asked;
  static std::atomic<int> whole;
};

} // namespace rung
