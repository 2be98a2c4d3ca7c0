// Clojure functions as C++ callables: closures for std::function, plain functions for function pointers.
//
// A thread that is inside the language already goes on by itself: from the callback's head to the function's compiled entry,
// the unboxed one where it takes what C++ has. Whatever is not as plain goes through `invoke`.
#pragma once

#include "rung/collections.hpp"
#include "rung/convert.hpp"

namespace std {
template <class E> class initializer_list;
}

namespace rung {

// The beginning of what `stubs/src/callback.rs` keeps of a function.
struct callback_head {
  const word *function;
  // Bit n: it is a function object that takes n arguments.
  unsigned long accepts;
};

// An argument on its way to the language: objects by reference travel as boxes that own nothing, const ones as copies.
template <class A> RUNG_ALWAYS word argument(std::remove_reference_t<A> &a) {
  using T = std::remove_cv_t<std::remove_reference_t<A>>;
  if constexpr (is_boxed<T> && std::is_reference_v<A> && (!std::is_const_v<std::remove_reference_t<A>> || !std::is_copy_constructible_v<T>))
    return box_through(&a, boxed_as<std::remove_reference_t<A>>::known, type_name<std::remove_reference_t<A>>::get);
  else
    return convert<T>::to_value(a);
}

template <class T> T &unboxed(word v) {
  void *p = nullptr;
  check(rung_runtime->unbox(v, type_name<T>::get(), &p));
  if (!p)
    check(rung_runtime->null_object(type_name<T>::get()));
  return *static_cast<T *>(p);
}

// Is T the library's view of text, which strings are made of, or a list that braces make?
template <class T, class = void> inline constexpr bool is_part = false;
template <class T> inline constexpr bool is_part<T, std::enable_if_t<is_text<T>, std::void_t<decltype(any<T &>().remove_prefix(1))>>> = true;
template <class E> inline constexpr bool is_part<std::initializer_list<E>> = true;

// What a function answered a template that takes any callable: it becomes what C++ uses it as. A test takes Clojure's truth.
// `Characters`: the function was given characters, so C++ may want one, which it could not tell from a text otherwise.
template <bool Characters> class answered {
public:
  explicit answered(word v) : value(v) {}
  // What a string's or a vector's assignment takes besides one of its own is left out, or C++ could not choose.
  template <class T, class = std::enable_if_t<!is_part<T> && !std::is_same_v<T, const char *> && (Characters || !std::is_same_v<T, char>) &&
                                              !std::is_same_v<T, decltype(nullptr)> && !std::is_reference_v<T>>>
  operator T() const {
    if constexpr (std::is_same_v<T, bool>)
      return value != words::nil && value != words::no;
    else if constexpr (is_boxed<T> && shape::of<T>() != shape::sequence)
      return convert<T>::from_value(value);
    else
      return taken<T>(value);
  }
  word get() const { return value; }

private:
  word value;
};
using outcome = answered<false>;
template <class T> inline constexpr bool is_outcome = false;
template <bool C> inline constexpr bool is_outcome<answered<C>> = true;
template <bool C> struct convert<answered<C>> {
  static word to_value(const answered<C> &o) { return o.get(); }
  static answered<C> from_value(word v) { return answered<C>(v); }
};

// An answer beside a number is a number of that type.
template <class N> inline constexpr bool is_number = std::is_arithmetic_v<N>;
#define RUNG_BINARY(op)                                                                                                 \
  template <class N, bool C, class = std::enable_if_t<is_number<N>>> auto operator op(const N &n, const answered<C> &o) { \
    return n op static_cast<N>(o);                                                                                      \
  }                                                                                                                     \
  template <class N, bool C, class = std::enable_if_t<is_number<N>>> auto operator op(const answered<C> &o, const N &n) { \
    return static_cast<N>(o) op n;                                                                                      \
  }
#define RUNG_ASSIGN(op)                                                                                           \
  template <class N, bool C, class = std::enable_if_t<is_number<N>>> N &operator op(N &n, const answered<C> &o) { \
    return n op static_cast<N>(o);                                                                                \
  }
RUNG_BINARY(+) RUNG_BINARY(-) RUNG_BINARY(*) RUNG_BINARY(/) RUNG_BINARY(%)
RUNG_BINARY(<) RUNG_BINARY(>) RUNG_BINARY(<=) RUNG_BINARY(>=) RUNG_BINARY(==) RUNG_BINARY(!=)
RUNG_ASSIGN(+=) RUNG_ASSIGN(-=) RUNG_ASSIGN(*=) RUNG_ASSIGN(/=) RUNG_ASSIGN(%=)
#undef RUNG_BINARY
#undef RUNG_ASSIGN

// Two answers: numbers by their value, texts by their bytes. Below 0, 0 or above it.
inline int compared(word a, word b) {
  if (words::is_long(a) && words::is_long(b))
    return (words::as_long(a) > words::as_long(b)) - (words::as_long(a) < words::as_long(b));
  if (!words::is_long(a) && !words::is_double(a)) {
    const char *x = nullptr, *y = nullptr;
    size m = 0, n = 0;
    if (!rung_runtime->to_text(a, "const char *", &x, &m)) {
      check(rung_runtime->to_text(b, "const char *", &y, &n));
      const int order = __builtin_memcmp(x, y, m < n ? m : n);
      return order ? order : (m > n) - (m < n);
    }
    rung_runtime->root_free(rung_runtime->take_error());
  }
  const double d = convert<double>::from_value(a), e = convert<double>::from_value(b);
  return (d > e) - (d < e);
}
#define RUNG_COMPARE(op)                                                                      \
  template <bool C, bool D> bool operator op(const answered<C> &a, const answered<D> &b) {    \
    return compared(a.get(), b.get()) op 0;                                                   \
  }
RUNG_COMPARE(<) RUNG_COMPARE(>) RUNG_COMPARE(<=) RUNG_COMPARE(>=) RUNG_COMPARE(==) RUNG_COMPARE(!=)
#undef RUNG_COMPARE

template <class R> RUNG_ALWAYS R result(void *callback, word v) {
  using T = std::remove_cv_t<std::remove_reference_t<R>>;
  if constexpr (std::is_void_v<R>) {
    return;
  } else if constexpr (is_outcome<R>) {
    return R(v);
  } else {
    if constexpr (!std::is_arithmetic_v<R> && !std::is_enum_v<R>)
      rung_runtime->callback_keep(callback, v);
    if constexpr (std::is_reference_v<R>)
      return static_cast<R>(unboxed<T>(v));
    else
      return convert<T>::from_value(v);
  }
}

template <class... A> constexpr long user_argument() {
  constexpr bool is[] = {std::is_same_v<A, void *>..., false};
  long found = -1;
  for (unsigned i = 0; i < sizeof...(A); ++i)
    if (is[i])
      found = i;
  return found;
}

namespace inside {

// How an unboxed entry takes and gives a type: 1 long, 2 double, 3 truth value, as `Signature::bits` in
// tierup/src/lower/form.rs; 0: it does not.
template <class T> constexpr unsigned long held_as() {
  using P = std::remove_reference_t<T>;
  if constexpr (std::is_reference_v<T> && !std::is_const_v<P>)
    return 0;
  else if constexpr (std::is_same_v<std::remove_cv_t<P>, bool>)
    return 3;
  else if constexpr (number_kind<std::remove_cv_t<P>>() == 0 || number_kind<std::remove_cv_t<P>>() == 'L')
    return 0;
  else
    return std::is_floating_point_v<std::remove_cv_t<P>> ? 2 : 1;
}
template <class R, class... A> constexpr unsigned long special_signature() {
  if constexpr (std::is_void_v<R> || sizeof...(A) > 6) {
    return 0;
  } else if constexpr (held_as<R>() == 0 || ((held_as<A>() == 0) || ...)) {
    return 0;
  } else {
    unsigned long all = (sizeof...(A) + 1) | held_as<R>() << 4, at = 8;
    ((all |= held_as<A>() << at, at += 4), ...);
    return all;
  }
}
template <unsigned long K> struct held;
template <> struct held<1> {
  using type = long;
};
template <> struct held<2> {
  using type = double;
};
template <> struct held<3> {
  using type = bool;
};
template <class T> struct answer {
  T value;
  unsigned long is_thrown;
};

// While a thread is below C++ that called back.
struct below {
  unsigned &depth;
  RUNG_ALWAYS explicit below(unsigned &d) : depth(d) { ++depth; }
  RUNG_ALWAYS ~below() { --depth; }
};

RUNG_ALWAYS word enter_with(thread *t, word f, void *const *entries, const word *w, unsigned n) {
  void *entry = __atomic_load_n(&entries[n], __ATOMIC_ACQUIRE);
#define RUNG_ENTRY(...) reinterpret_cast<word (*)(thread *, word __VA_OPT__(, ) __VA_ARGS__) noexcept>(entry)
  switch (n) {
  case 0: return RUNG_ENTRY()(t, f);
  case 1: return RUNG_ENTRY(word)(t, f, w[0]);
  case 2: return RUNG_ENTRY(word, word)(t, f, w[0], w[1]);
  case 3: return RUNG_ENTRY(word, word, word)(t, f, w[0], w[1], w[2]);
  case 4: return RUNG_ENTRY(word, word, word, word)(t, f, w[0], w[1], w[2], w[3]);
  case 5: return RUNG_ENTRY(word, word, word, word, word)(t, f, w[0], w[1], w[2], w[3], w[4]);
  default: return RUNG_ENTRY(word, word, word, word, word, word)(t, f, w[0], w[1], w[2], w[3], w[4], w[5]);
  }
#undef RUNG_ENTRY
}

} // namespace inside

// Throws rung::error.
template <class R, class... A> RUNG_ALWAYS R call(void *callback, std::remove_reference_t<A> &...args) {
  constexpr unsigned n = sizeof...(A);
  constexpr long user = user_argument<A...>();
  const auto *head = static_cast<const callback_head *>(callback);
  inside::thread *t = nullptr;
#if defined(__x86_64__) && __has_builtin(__builtin_thread_pointer)
  if (const long at = rung_runtime->thread_at)
    t = *reinterpret_cast<inside::thread **>(static_cast<char *>(__builtin_thread_pointer()) + at);
#endif
  if (__builtin_expect(!t, 0))
    t = rung_runtime->attach();
  // With an error on its way nothing may run.
  check(t->pending != words::absent);
  inside::below here(*reinterpret_cast<unsigned *>(reinterpret_cast<char *>(t) + rung_runtime->depth_at));
  const word f = __atomic_load_n(head->function, __ATOMIC_ACQUIRE);
  const inside::code *c = reinterpret_cast<const inside::function *>(f - 1)->of;
  const bool accepts = n <= 6 && head->accepts >> n & 1;
  if constexpr (constexpr unsigned long wanted = inside::special_signature<R, A...>(); wanted != 0) {
    void *special = accepts ? __atomic_load_n(&c->special, __ATOMIC_ACQUIRE) : nullptr;
    if (special && c->special_signature == wanted) {
      using H = typename inside::held<inside::held_as<R>()>::type;
      using Special = inside::answer<H> (*)(inside::thread *, word, typename inside::held<inside::held_as<A>()>::type...) noexcept;
      inside::answer<H> out = reinterpret_cast<Special>(special)(t, f, args...);
      check(out.is_thrown != 0);
      if constexpr (std::is_same_v<H, bool> || sizeof(R) == 8)
        return out.value;
      else
        return convert<R>::from_value(convert<H>::to_value(out.value));
    }
  }
  word w[n + 1] = {argument<A>(args)...};
  word out;
  if constexpr (n > 6) {
    out = rung_runtime->invoke(callback, w, n, user);
  } else {
    if (__builtin_expect(accepts, 1)) {
      out = inside::enter_with(t, f, c->entries, w, n);
    } else if (user >= 0 && head->accepts >> (n - 1) & 1) {
      // The function leaves out the `void*` that C++ passes through.
      for (unsigned i = user; i + 1 < n; ++i)
        w[i] = w[i + 1];
      out = inside::enter_with(t, f, c->entries, w, n - 1);
    } else {
      out = rung_runtime->invoke(callback, w, n, user);
    }
  }
  check(out == words::thrown && t->pending != words::absent);
  return result<R>(callback, out);
}

template <class F> struct signature;
template <class R, class... A> struct signature<R (*)(A...)> {
  using type = R(A...);
};
template <class R, class... A> struct signature<R (*)(A...) noexcept> {
  using type = R(A...);
};
template <template <class> class F, class R, class... A> struct signature<F<R(A...)>> {
  using type = R(A...);
};
template <class R, class... A> struct signature<R(A...)> {
  using type = R(A...);
};

template <class S> class closure;
template <class R, class... A> class closure<R(A...)> {
public:
  explicit closure(void *shared) : callback(shared) {}
  closure(const closure &o) : callback(rung_runtime->callback_share(o.callback)) {}
  closure(closure &&o) noexcept : callback(o.callback) { o.callback = nullptr; }
  closure &operator=(const closure &) = delete;
  ~closure() {
    if (callback)
      rung_runtime->callback_free(callback);
  }
  R operator()(A... args) const { return call<R, A...>(callback, args...); }
  void *handle() const { return callback; }

private:
  void *callback;
};

// A Clojure function where a template takes any callable: of every signature.
class functor {
public:
  explicit functor(word function) : callback(rung_runtime->callback_of(function)) { check(!callback); }
  functor(const functor &o) : callback(rung_runtime->callback_share(o.callback)) {}
  functor(functor &&o) noexcept : callback(o.callback) { o.callback = nullptr; }
  functor &operator=(functor o) noexcept {
    void *mine = callback;
    callback = o.callback;
    o.callback = mine;
    return *this;
  }
  ~functor() {
    if (callback)
      rung_runtime->callback_free(callback);
  }
  template <class... A> auto operator()(A &&...args) const {
    return call<answered<(is_char<std::remove_cv_t<std::remove_reference_t<A>>> || ...)>, A &&...>(callback, args...);
  }

private:
  void *callback;
};
template <> struct convert<functor> {
  static functor from_value(word v) { return functor(v); }
};

// A C++ callable that is called with values.
struct invocation {
  void *callable;
  const word *args;
  size count;
};

// An argument of it: what C++ may change is the object in a box.
template <class A> decltype(auto) parameter(word v) {
  using T = std::remove_cv_t<std::remove_reference_t<A>>;
  if constexpr (std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>)
    return unboxed<T>(v);
  else if constexpr (std::is_rvalue_reference_v<A>)
    return T(convert<T>::from_value(v));
  else
    return convert<T>::from_value(v);
}

template <class M> struct called;
template <class C, class R, class... A> struct called<R (C::*)(A...)> {
  using type = R(A...);
};
template <class C, class R, class... A> struct called<R (C::*)(A...) const> : called<R (C::*)(A...)> {};
template <class C, class R, class... A> struct called<R (C::*)(A...) noexcept> : called<R (C::*)(A...)> {};
template <class C, class R, class... A> struct called<R (C::*)(A...) const noexcept> : called<R (C::*)(A...)> {};
template <class F> auto taken_by() {
  if constexpr (std::is_function_v<F>)
    return static_cast<F *>(nullptr);
  else
    return static_cast<typename called<decltype(&F::operator())>::type *>(nullptr);
}

template <class F, class R, class... A, size... I> word invoke_with(F &f, R (*)(A...), const invocation &i, numbers<size, I...>) {
  if (i.count != sizeof...(A))
    check(rung_runtime->wrong_arity(i.count, type_name<F>::get()));
  if constexpr (std::is_void_v<R>)
    return f(parameter<A>(i.args[I])...), words::nil;
  else
    return element(f(parameter<A>(i.args[I])...));
}
template <class F> word invoked(const invocation &i) {
  auto each = [&]<class R, class... A>(R (*s)(A...)) { return invoke_with<F>(*reinterpret_cast<F *>(i.callable), s, i, up_to<sizeof...(A)>()); };
  return each(taken_by<F>());
}

// Takes over one share of `callback`; null makes an empty function.
template <class F> void make_function(void *callback, void *into) {
  if (callback)
    new (into) F(closure<typename signature<F>::type>(callback));
  else
    new (into) F();
}

// Is F libstdc++'s std::function, whose last word is what calls its target? `invoke` of `calls` can stand there then.
template <class F> constexpr bool known_function() {
#ifdef __GLIBCXX__
  const char *p = __PRETTY_FUNCTION__;
  const char wanted[] = "F = std::function<";
  for (; *p; ++p) {
    unsigned i = 0;
    while (wanted[i] && p[i] == wanted[i])
      ++i;
    if (!wanted[i])
      return sizeof(F) == 32;
  }
#endif
  return false;
}

template <class R> R zero() {
  if constexpr (std::is_void_v<R>) {
    return;
  } else if constexpr (std::is_reference_v<R>) {
    alignas(16) static char nothing[sizeof(std::remove_reference_t<R>)];
    return static_cast<R>(reinterpret_cast<std::remove_reference_t<R> &>(nothing));
  } else {
    return R();
  }
}

template <unsigned I, class... A> struct nth_of;
template <class B, class... A> struct nth_of<0, B, A...> {
  using type = B;
};
template <unsigned I, class B, class... A> struct nth_of<I, B, A...> : nth_of<I - 1, A...> {};

// What `stubs/src/callback.rs` writes the functions of a signature with.
template <class S> struct calls;
template <class R, class... A> struct calls<R(A...)> {
  using result = R;
  template <unsigned I> using arg = typename nth_of<I, A...>::type;

  using fast = R(void *, A &&...);

  RUNG_ALWAYS static R run(void *callback, std::remove_reference_t<A> &...args) { return call<R, A...>(callback, args...); }

  // Behind a std::function of a closure: libstdc++ keeps the closure's address first.
  RUNG_ALWAYS static void *behind(const void *function) {
    return (*static_cast<const closure<R(A...)> *const *>(function))->handle();
  }
};

} // namespace rung
