// Clojure functions as C++ callables: closures for std::function, pools of plain functions for function pointers.
#pragma once

#include "rung/collections.hpp"
#include "rung/convert.hpp"

namespace rung {

// An argument on its way to the language: objects by reference travel as boxes that own nothing, const ones as copies.
template <class A> word argument(std::remove_reference_t<A> &a) {
  using T = std::remove_cv_t<std::remove_reference_t<A>>;
  if constexpr (is_boxed<T> && std::is_reference_v<A> && (!std::is_const_v<std::remove_reference_t<A>> || !std::is_copy_constructible_v<T>))
    return rung_runtime->box(&a, type_name<std::remove_reference_t<A>>::get());
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

template <class R> R result(void *callback, word v) {
  using T = std::remove_cv_t<std::remove_reference_t<R>>;
  if constexpr (std::is_void_v<R>) {
    return;
  } else {
    if constexpr (!std::is_arithmetic_v<R> && !std::is_enum_v<R>)
      rung_runtime->callback_keep(callback, v);
    if constexpr (std::is_reference_v<R>)
      return static_cast<R>(unboxed<T>(v));
    else
      return convert<T>::from_value(v);
  }
}

struct entered {
  int failed;
  entered() : failed(rung_runtime->enter()) {}
  ~entered() { rung_runtime->leave(); }
};

template <class... A> constexpr long user_argument() {
  constexpr bool is[] = {std::is_same_v<A, void *>..., false};
  long found = -1;
  for (unsigned i = 0; i < sizeof...(A); ++i)
    if (is[i])
      found = i;
  return found;
}

// Throws rung::error.
template <class R, class... A> R call(void *callback, std::remove_reference_t<A> &...args) {
  entered here;
  check(here.failed);
  const word words[sizeof...(A) + 1] = {argument<A>(args)...};
  word out = 0;
  check(rung_runtime->invoke(callback, words, sizeof...(A), user_argument<A...>(), &out));
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

private:
  void *callback;
};

// Takes over one share of `callback`.
template <class F> void make_function(void *callback, void *into) {
  new (into) F(closure<typename signature<F>::type>(callback));
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

inline constexpr int pool_size = 4;

// Plain functions, each with a place for the callback that it calls. They never throw.
template <int Pool, class S> struct pool;
template <int Pool, class R, class... A> struct pool<Pool, R(A...)> {
  static inline void *callbacks[pool_size];
  template <int I> static R function(A... args) noexcept {
    void *callback = __atomic_load_n(&callbacks[I], __ATOMIC_ACQUIRE);
    try {
      return call<R, A...>(callback, args...);
    } catch (const error &e) {
      rung_runtime->set_error(e.handle());
      rung_runtime->leave_error(callback);
    } catch (...) {
      std::exception_ptr e = std::current_exception();
      rung_runtime->leave_exception(callback, &e);
    }
    return zero<R>();
  }
  // Addresses: the places first, then the functions.
  static void addresses(void **out) {
    for (int i = 0; i < pool_size; ++i)
      out[i] = &callbacks[i];
    R (*functions[])(A...) noexcept = {function<0>, function<1>, function<2>, function<3>};
    for (int i = 0; i < pool_size; ++i)
      out[pool_size + i] = reinterpret_cast<void *>(functions[i]);
  }
};

} // namespace rung
