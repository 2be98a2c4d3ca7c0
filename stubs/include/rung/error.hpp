// An error of the language as a C++ exception: what a std::function made of a Clojure function throws, and what the
// conversions throw. When it comes back to the language it is the same error again.
#pragma once

#include "rung/runtime.hpp"

namespace rung {

// Keeps a value alive from C++. `root<>` holds any value.
template <class T = void> class root {
public:
  root() : cell(nullptr) {}
  explicit root(word v) : cell(rung_runtime->root_new(v)) {}
  // What C++ has of its own, and what literals in a call are.
  root(decltype(nullptr)) : cell(nullptr) {}
  root(bool b) : root(rung_runtime->from_bool(b)) {}
  root(char c) : root(rung_runtime->from_char(static_cast<unsigned char>(c))) {}
  root(int n) : root(rung_runtime->from_long(n)) {}
  root(long n) : root(rung_runtime->from_long(n)) {}
  root(double d) : root(rung_runtime->from_double(d)) {}
  root(const char *text) : root(text ? rung_runtime->from_text(text, __builtin_strlen(text)) : rung_runtime->nil) {}
  root(const root &o) : cell(o.cell ? rung_runtime->root_new(o.get()) : nullptr) {}
  root(root &&o) noexcept : cell(o.cell) { o.cell = nullptr; }
  root &operator=(root o) noexcept {
    void *mine = cell;
    cell = o.cell;
    o.cell = mine;
    return *this;
  }
  ~root() {
    if (cell)
      rung_runtime->root_free(cell);
  }
  word get() const { return cell ? rung_runtime->root_get(cell) : rung_runtime->nil; }
  explicit operator bool() const { return cell != nullptr; }
  // Takes over what `runtime` handed out.
  static root adopt(void *made) {
    root r;
    r.cell = made;
    return r;
  }
  void *handle() const { return cell; }

private:
  void *cell;
};

class error : public std::exception {
public:
  explicit error(root<> e) : held(static_cast<root<> &&>(e)) { rung_runtime->error_text(held.handle(), text, sizeof text); }
  const char *what() const noexcept override { return text; }
  void *handle() const { return held.handle(); }
  // The error that is pending in this thread, taken.
  static error pending() { return error(root<>::adopt(rung_runtime->take_error())); }

private:
  root<> held;
  char text[240];
};

} // namespace rung
