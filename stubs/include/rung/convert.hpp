// C++ values to words and back. Specialise `rung::convert<T>` for a type of your own:
//
//   template <> struct rung::convert<Vec3> {
//     static rung::word to_value(const Vec3 &);
//     static Vec3 from_value(rung::word);       // throws rung::error::pending() where a conversion inside failed
//   };
//
// Anything that is not specialised here or by you travels in a box. `rung/collections.hpp` adds the library's
// collections, pairs, tuples, optionals and variants of what converts.
#pragma once

#include "rung/error.hpp"

#include <new>
#include <type_traits>

namespace rung {

// What <utility> would give, at a twentieth of its reading time.
template <class T> std::add_rvalue_reference_t<T> any() noexcept;

// The type's canonical name, as the compiler writes it.
template <class T> struct type_name {
  static const char *get() {
    static constexpr type_name made;
    return made.text;
  }

private:
  char text[512] = {};
  constexpr type_name() {
    const char *p = __PRETTY_FUNCTION__;
    const char *from = p;
    for (const char *q = p; *q; ++q)
      if (q[0] == 'T' && q[1] == ' ' && q[2] == '=' && q[3] == ' ') {
        from = q + 4;
        break;
      }
    const char *end = from;
    for (const char *q = from; *q; ++q)
      if (*q == ']')
        end = q;
    unsigned n = 0;
    while (from < end && n + 1 < sizeof text)
      text[n++] = *from++;
    text[n] = 0;
  }
};

RUNG_ALWAYS void check(int failed) {
  if (__builtin_expect(failed, 0))
    rung_runtime->throw_pending();
}

// The general case: a box that owns a copy on the way out, the boxed object on the way in.
template <class T, class = void> struct convert {
  using boxed = void;
  static word to_value(const T &object) {
    static_assert(std::is_copy_constructible_v<T>, "rung::convert<T>: the type can neither be copied nor converted; specialise rung::convert<T>");
    void *place = __builtin_malloc(sizeof(T) ? sizeof(T) : 1);
    static_assert(alignof(T) <= 16, "rung::convert<T>: over-aligned types travel by pointer only");
    try {
      new (place) T(object);
    } catch (...) {
      __builtin_free(place);
      throw;
    }
    return rung_runtime->own(place, type_name<T>::get(),
                             std::is_trivially_destructible_v<T> ? nullptr : +[](void *p) { static_cast<T *>(p)->~T(); });
  }
  static T &from_value(word v) {
    void *p = nullptr;
    check(rung_runtime->unbox(v, type_name<T>::get(), &p));
    if (!p)
      check(rung_runtime->null_object(type_name<T>::get()));
    return *static_cast<T *>(p);
  }
};

template <> struct convert<bool> {
  RUNG_ALWAYS static word to_value(bool b) { return b ? words::yes : words::no; }
  static bool from_value(word v) {
    if (v == words::yes || v == words::no)
      return v == words::yes;
    int b = 0;
    check(rung_runtime->to_bool(v, &b));
    return b;
  }
};

template <class T>
inline constexpr bool is_char = std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> ||
#ifdef __cpp_char8_t
                                std::is_same_v<T, char8_t> ||
#endif
                                std::is_same_v<T, char32_t>;

template <class T> struct convert<T, std::enable_if_t<is_char<T>>> {
  static word to_value(T c) { return rung_runtime->from_char(static_cast<unsigned>(static_cast<std::make_unsigned_t<T>>(c))); }
  static T from_value(word v) {
    unsigned c = 0;
    check(rung_runtime->to_char(v, sizeof(T) == 1 ? 0xffu : sizeof(T) == 2 ? 0xffffu : 0x10ffffu, type_name<T>::get(), &c));
    return static_cast<T>(c);
  }
};

template <class T>
struct convert<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool> && !is_char<T> && sizeof(T) <= 8>> {
  RUNG_ALWAYS static word to_value(T n) {
    if constexpr (std::is_signed_v<T> || sizeof(T) < 8) {
      word w;
      return words::of_long(static_cast<long>(n), &w) ? w : rung_runtime->from_long(static_cast<long>(n));
    } else {
      return rung_runtime->from_ulong(static_cast<unsigned long>(n));
    }
  }
  RUNG_ALWAYS static T from_value(word v) {
    const long n = words::as_long(v);
    if (words::is_long(v) && static_cast<long>(static_cast<T>(n)) == n && (std::is_signed_v<T> || n >= 0))
      return static_cast<T>(n);
    return other(v);
  }

private:
  static T other(word v) {
    if constexpr (std::is_signed_v<T>) {
      constexpr long greatest = static_cast<long>((1ul << (8 * sizeof(T) - 1)) - 1);
      long n = 0;
      check(rung_runtime->to_long(v, -greatest - 1, greatest, type_name<T>::get(), &n));
      return static_cast<T>(n);
    } else {
      unsigned long n = 0;
      check(rung_runtime->to_ulong(v, static_cast<T>(~T(0)), type_name<T>::get(), &n));
      return static_cast<T>(n);
    }
  }
};

template <class T> struct convert<T, std::enable_if_t<std::is_floating_point_v<T>>> {
  RUNG_ALWAYS static word to_value(T d) {
    word w;
    return words::of_double(static_cast<double>(d), &w) ? w : rung_runtime->from_double(static_cast<double>(d));
  }
  RUNG_ALWAYS static T from_value(word v) {
    if constexpr (sizeof(T) != 4)
      if (words::is_double(v))
        return words::as_double(v);
    return other(v);
  }

private:
  static T other(word v) {
    double d = 0;
    check(rung_runtime->to_double(v, sizeof(T) == 4, type_name<T>::get(), &d));
    return static_cast<T>(d);
  }
};

template <class T> struct convert<T, std::enable_if_t<std::is_enum_v<T>>> {
  using U = std::underlying_type_t<T>;
  using N = std::conditional_t<std::is_same_v<U, bool> || is_char<U>, int, U>;
  static word to_value(T e) { return convert<N>::to_value(static_cast<N>(e)); }
  static T from_value(word v) { return static_cast<T>(convert<N>::from_value(v)); }
};

// A box that owns nothing; null is nil. The type's name is looked up once a call site.
template <class = void> word box_through(const void *p, const void *&known, const char *(*name)()) {
  const void *type = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
  if (!type)
    __atomic_store_n(&known, type = rung_runtime->box_type(name()), __ATOMIC_RELEASE);
  return rung_runtime->box_as(p, type);
}
template <class T> struct boxed_as {
  static inline const void *known;
};

template <> struct convert<decltype(nullptr)> {
  static word to_value(decltype(nullptr)) { return rung_runtime->nil; }
};

template <class T> struct convert<T *> {
  static word to_value(T *p) {
    if constexpr (std::is_same_v<std::remove_const_t<T>, char>)
      return p ? rung_runtime->from_text(p, __builtin_strlen(p)) : rung_runtime->nil;
    else
      return box_through(reinterpret_cast<const void *>(p), boxed_as<T>::known, type_name<T>::get);
  }
  static T *from_value(word v) {
    if constexpr (std::is_same_v<T, const char>) {
      const char *text = nullptr;
      size bytes = 0;
      if (v == rung_runtime->nil)
        return nullptr;
      check(rung_runtime->to_text(v, "const char *", &text, &bytes));
      return text;
    } else {
      void *p = nullptr;
      check(rung_runtime->unbox(v, type_name<T>::get(), &p));
      return reinterpret_cast<T *>(p);
    }
  }
};

// Numbers that lie in memory as a typed array's do: a letter a kind, 0 for all other types.
template <class T> constexpr char number_kind() {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> && !is_char<T> && sizeof(T) <= 8)
    return (std::is_signed_v<T> ? "bsil" : "BSIL")[sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3];
  else if constexpr (std::is_same_v<T, float>)
    return 'f';
  else if constexpr (std::is_same_v<T, double>)
    return 'd';
  else
    return 0;
}
// What a typed array's memory may be seen as, besides its own kind: text in bytes, truth values, wide characters.
template <class T> constexpr char array_kind() {
  if constexpr (number_kind<T>() != 0)
    return number_kind<T>();
  else if constexpr (std::is_same_v<T, char>)
    return 'c';
  else if constexpr (std::is_same_v<T, bool>)
    return '?';
  else if constexpr (is_char<T> && sizeof(T) == 4)
    return 'w';
  else
    return 0;
}

// Any value, as it is: how C++ takes and gives what it does not look into.
template <class T> struct convert<root<T>> {
  static word to_value(const root<T> &r) { return r.get(); }
  static root<T> from_value(word v) { return root<T>(v); }
};

// Is the type one of the standard library's?
template <class T> constexpr bool in_std() {
  const char *p = __PRETTY_FUNCTION__;
  for (; *p; ++p)
    if (p[0] == 'T' && p[1] == ' ' && p[2] == '=' && p[3] == ' ')
      break;
  if (!*p)
    return false;
  p += 4;
  return p[0] == 's' && p[1] == 't' && p[2] == 'd' && p[3] == ':';
}

// Strings and string views, without their headers: what has traits_type and is made of a pointer and a length.
template <class T, class = void> inline constexpr bool is_text = false;
template <class T>
inline constexpr bool is_text<T, std::void_t<typename T::traits_type, std::enable_if_t<std::is_same_v<typename T::value_type, char>>,
                                             decltype(any<const T &>().data())>> =
    in_std<T>() && std::is_constructible_v<T, const char *, size>;

template <class T> struct convert<T, std::enable_if_t<is_text<T>>> {
  static word to_value(const T &s) { return rung_runtime->from_text(s.data(), s.size()); }
  static T from_value(word v) {
    const char *text = nullptr;
    size bytes = 0;
    check(rung_runtime->to_text(v, type_name<T>::get(), &text, &bytes));
    return T(text, bytes);
  }
};

template <class T, class = void> inline constexpr bool is_boxed = false;
template <class T> inline constexpr bool is_boxed<T, std::void_t<typename convert<T>::boxed>> = true;
// Does it become a value, rather than a box?
template <class T> inline constexpr bool converts = !is_boxed<T>;
// The same as a size, which a compiler works out without evaluating anything: 2 yes, 1 no.
template <class T> struct conversion {
  char size[converts<T> ? 2 : 1];
};

} // namespace rung
