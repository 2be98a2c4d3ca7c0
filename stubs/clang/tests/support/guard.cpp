// The ahead-of-time compiled guard that tests call generated code through: every C++ exception ends here.
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

extern "C" {

int test_guard_shape(void (*stub)(void *, void **, void *), void *callee, void **args, void *ret, char *text, size_t room) {
  auto tell = [&](const char *what) {
    strncpy(text, what, room - 1);
    text[room - 1] = 0;
    return 1;
  };
  try {
    stub(callee, args, ret);
    return 0;
  } catch (std::exception &e) {
    return tell(e.what());
  } catch (...) {
    return tell("not a std::exception");
  }
}

// 0: returned; 1: threw, with what() or the fact in `text`.
int test_guard_call(void (*stub)(void *, void **, void *), void **args, void *ret, char *text, size_t room) {
  return test_guard_shape(stub, nullptr, args, ret, text, room);
}

int test_guard_init(void (*init)()) {
  try {
    init();
    return 0;
  } catch (...) {
    return 1;
  }
}

// Something only this process has, for calls into it.
int rung_test_twice(int x) { return 2 * x; }
}
