// The one guard around calls into C++: nothing unwinds past it. It keeps the exception, its type and its what().
#include "rung/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <string>
#include <typeinfo>

extern "C" {
const rung::runtime *rung_runtime = nullptr;
}

namespace {

// A caught exception. `scratch` is where a matcher leaves a pointer that was thrown by value.
struct Kept {
  std::exception_ptr exception;
  void *scratch[2];
  std::string type, what;
  bool has_what;
};

std::string demangled(const std::type_info *type) {
  if (!type)
    return "unknown";
  int status = 0;
  char *text = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  std::string result = status == 0 && text ? text : type->name();
  std::free(text);
  // As people write it.
  static const char longest[] = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (size_t at; (at = result.find(longest)) != std::string::npos;)
    result.replace(at, sizeof longest - 1, "std::string");
  return result;
}

// Inside a catch block.
void *keep(const char *what) {
  bool has_what = what;
  return new Kept{std::current_exception(), {}, demangled(abi::__cxa_current_exception_type()), has_what ? what : "", has_what};
}

enum Status { Fine = 0, Exception = 1, Ours = 2 };

// The one place that catches. An error of the language is taken out of its wrapping, anything else is kept; texts and
// numbers that were thrown bare say themselves.
template <class F> int guarded(void **out, F body) {
  try {
    body();
    return Fine;
  } catch (const rung::error &e) {
    rung_runtime->set_error(e.handle());
    return Ours;
  } catch (const std::exception &e) {
    *out = keep(e.what());
  } catch (const char *text) {
    *out = keep(text);
  } catch (const std::string &text) {
    *out = keep(text.c_str());
  } catch (int n) {
    *out = keep(std::to_string(n).c_str());
  } catch (long n) {
    *out = keep(std::to_string(n).c_str());
  } catch (double n) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", n);
    *out = keep(text);
  } catch (...) {
    *out = keep(nullptr);
  }
  return Exception;
}

} // namespace

extern "C" {

int rung_guard(void (*stub)(void *, void **, void *), void *self, void **args, void *ret, void **out) {
  return guarded(out, [&] { stub(self, args, ret); });
}

// The same without looking at an answer: what was caught is the thread's pending error when this returns.
void rung_left_by(int status, void *kept);

// Calls of a function whose arguments are in their registers already: at most five integers and eight floats, and where they
// are is where the callee looks for them. `f` takes the sixth integer register. The answer is in the registers where the callee
// left it; after an exception it is nothing.
struct Integers {
  unsigned long a, b;
};
struct Floats {
  double a, b;
};
struct Mixed {
  unsigned long a;
  double b;
};

// In a handler, and apart from the straight path: no register is saved for it.
__attribute__((noinline, cold)) static void leave_error() {
  void *kept = nullptr;
  int status = guarded(&kept, [] { throw; });
  rung_left_by(status, kept);
}

#define RUNG_DIRECT(NAME, RESULT)                                                                                                \
  RESULT NAME(unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e,                               \
              RESULT (*f)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, void *, double, double,     \
                          double, double, double, double, double, double),                                                       \
              double s, double t, double u, double v, double w, double x, double y, double z) {                                  \
    try {                                                                                                                        \
      return f(a, b, c, d, e, (void *)f, s, t, u, v, w, x, y, z);                                                                \
    } catch (...) {                                                                                                              \
      leave_error();                                                                                                             \
    }                                                                                                                            \
    return {};                                                                                                                   \
  }

RUNG_DIRECT(rung_direct_integers, Integers)
RUNG_DIRECT(rung_direct_float, double)
RUNG_DIRECT(rung_direct_floats, Floats)
RUNG_DIRECT(rung_direct_mixed, Mixed)

// A trampoline, guarded in the same way.
void rung_direct_trampoline(void (*stub)(void *, void **, void *), void **args, void *ret) {
  try {
    stub(nullptr, args, ret);
  } catch (...) {
    leave_error();
  }
}

void rung_throw_pending() { throw rung::error::pending(); }

void rung_leave_error(void *callback);

// Inside a handler of a callback that may not throw.
void rung_leave_caught(void *callback) {
  leave_error();
  rung_leave_error(callback);
}

int rung_guard_init(void (*init)(), void **out) { return guarded(out, init); }

// Inside a handler of generated code.
int rung_guard_handled(void **out) {
  return guarded(out, [] { throw; });
}

// Generated converters: they throw errors of the language through.
int rung_guard_convert(void (*convert)(const void *, void *), const void *from, void *to, void **out) {
  return guarded(out, [&] { convert(from, to); });
}

const char *rung_kept_type(void *kept, size_t *bytes) {
  *bytes = static_cast<Kept *>(kept)->type.size();
  return static_cast<Kept *>(kept)->type.data();
}

// Null: it says nothing.
const char *rung_kept_what(void *kept, size_t *bytes) {
  auto *k = static_cast<Kept *>(kept);
  *bytes = k->what.size();
  return k->has_what ? k->what.data() : nullptr;
}

static void rethrow(const void *pointer) { std::rethrow_exception(*static_cast<const std::exception_ptr *>(pointer)); }

// The matcher is generated; it needs no header of the library's.
void *rung_kept_match(void *kept, void *(*matcher)(void (*)(const void *), const void *, void *)) {
  auto *k = static_cast<Kept *>(kept);
  return k->exception ? matcher(rethrow, &k->exception, k->scratch) : nullptr;
}

void rung_kept_free(void *kept) {
  try {
    delete static_cast<Kept *>(kept);
  } catch (...) {
  }
}

void rung_bind_runtime(const rung::runtime *table) { rung_runtime = table; }
}
