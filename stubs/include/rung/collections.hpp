// The standard library's collections of what converts, as Clojure's and back; recognised by their members, so that no
// header of theirs is read here.
#pragma once

#include "rung/convert.hpp"

// Declared by every header that has tuples, pairs or arrays; naming them here saves reading one.
namespace std {
template <class T> struct tuple_size;
template <size_t I, class T> struct tuple_element;
} // namespace std

namespace rung {

template <class T, T... I> struct numbers {};
#ifdef __clang__
template <size N> using up_to = __make_integer_seq<numbers, size, N>;
#else
template <size N> using up_to = numbers<size, __integer_pack(N)...>;
#endif
// So that get<I>(t) is read as a template's call before the argument finds the library's.
template <int> void get();

// A row of words on the stack.
class row {
public:
  row() { rung_runtime->row_new(state); }
  row(word v, const char *type) { check(rung_runtime->row_of(v, type, state)); }
  void add(word v) { rung_runtime->row_add(state, v); }
  size count() const { return rung_runtime->row_size(state); }
  word operator[](size i) const { return rung_runtime->row_item(state, i); }
  word end(char kind) const {
    word out = 0;
    check(rung_runtime->row_end(state, kind, &out));
    return out;
  }
  void wants(size n, const char *type) const {
    if (count() != n)
      check(rung_runtime->wrong_size(count(), n, type));
  }

private:
  unsigned long state[2];
};

namespace shape {
enum kind { none, sequence, fixed, set, map, pair, tuple, optional, variant, view };

template <class T, class = void> inline constexpr bool has_value_type = false;
template <class T> inline constexpr bool has_value_type<T, std::void_t<typename T::value_type>> = true;
template <class T, class = void> inline constexpr bool has_key = false;
template <class T> inline constexpr bool has_key<T, std::void_t<typename T::key_type>> = true;
template <class T, class = void> inline constexpr bool has_mapped = false;
template <class T> inline constexpr bool has_mapped<T, std::void_t<typename T::mapped_type>> = true;
template <class T, class = void> inline constexpr bool has_range = false;
template <class T> inline constexpr bool has_range<T, std::void_t<decltype(any<const T &>().begin()), decltype(any<const T &>().end())>> = true;
template <class T, class = void> inline constexpr bool has_push = false;
template <class T> inline constexpr bool has_push<T, std::void_t<decltype(any<T &>().push_back(any<typename T::value_type>()))>> = true;
template <class T, class = void> inline constexpr bool has_data = false;
template <class T> inline constexpr bool has_data<T, std::void_t<decltype(any<T &>().data()), decltype(any<T &>().resize(1))>> = true;
template <class T, class = void> inline constexpr bool has_tuple_size = false;
template <class T> inline constexpr bool has_tuple_size<T, std::void_t<decltype(std::tuple_size<T>::value)>> = true;
template <class T, class = void> inline constexpr bool is_pair = false;
template <class T> inline constexpr bool is_pair<T, std::void_t<typename T::first_type, typename T::second_type>> = true;
template <class T, class = void> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<T, std::void_t<typename T::value_type, decltype(any<T &>().has_value()), decltype(*any<T &>())>> = true;
template <class T, class = void> inline constexpr bool is_variant = false;
template <class T> inline constexpr bool is_variant<T, std::void_t<decltype(any<T &>().valueless_by_exception())>> = true;
template <class T, class = void> inline constexpr bool is_view = false;
template <class T> inline constexpr bool is_view<T, std::void_t<typename T::element_type, typename T::value_type, decltype(any<const T &>().subspan(0))>> = true;

template <class T> constexpr kind of() {
  if constexpr (!std::is_class_v<T> || !in_std<T>() || is_text<T>)
    return none;
  else if constexpr (is_variant<T>)
    return variant;
  else if constexpr (is_optional<T>)
    return optional;
  else if constexpr (is_pair<T>)
    return pair;
  else if constexpr (is_view<T>)
    return view;
  else if constexpr (has_tuple_size<T>)
    return has_value_type<T> ? fixed : tuple;
  else if constexpr (has_key<T> && has_range<T>)
    return has_mapped<T> ? map : set;
  else if constexpr (has_value_type<T> && has_range<T> && has_push<T>)
    return sequence;
  else
    return none;
}

// Do the parts convert? Otherwise the whole travels in a box.
template <class T, kind K> struct parts {
  static constexpr bool convert = false;
};
template <class T> struct parts<T, sequence> {
  static constexpr bool convert = converts<typename T::value_type>;
};
template <class T> struct parts<T, fixed> : parts<T, sequence> {};
template <class T> struct parts<T, view> : parts<T, sequence> {};
template <class T> struct parts<T, optional> : parts<T, sequence> {};
template <class T> struct parts<T, set> {
  static constexpr bool convert = converts<typename T::key_type>;
};
template <class T> struct parts<T, map> {
  static constexpr bool convert = converts<typename T::key_type> && converts<typename T::mapped_type>;
};
template <class T> struct parts<T, pair> {
  static constexpr bool convert = converts<std::remove_cv_t<typename T::first_type>> && converts<std::remove_cv_t<typename T::second_type>>;
};
template <template <class...> class V, class... A> struct parts<V<A...>, variant> {
  static constexpr bool convert = (converts<A> && ...);
};
template <template <class...> class V, class... A> struct parts<V<A...>, tuple> {
  static constexpr bool convert = (converts<std::remove_cv_t<std::remove_reference_t<A>>> && ...);
};
template <class T, kind K> constexpr bool decide() {
  if constexpr (of<T>() == K)
    return parts<T, K>::convert;
  else
    return false;
}
template <class T, kind K> inline constexpr bool is = decide<T, K>();
} // namespace shape

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::sequence>>> {
  using E = typename T::value_type;
  static constexpr char bulk = shape::has_data<T> ? number_kind<E>() : 0;
  static word to_value(const T &all) {
    if constexpr (bulk != 0)
      return rung_runtime->numbers_out(bulk, all.data(), all.size());
    row r;
    for (auto &&x : all)
      r.add(convert<E>::to_value(x));
    return r.end('v');
  }
  static T from_value(word v) {
    if constexpr (bulk != 0) {
      T out;
      check(rung_runtime->numbers_in(v, bulk, type_name<T>::get(), type_name<E>::get(), &out, [](void *p, size n) -> void * {
        T &numbers = *static_cast<T *>(p);
        try {
          numbers.resize(n);
        } catch (...) {
          return nullptr;
        }
        return numbers.data();
      }));
      return out;
    }
    row r(v, type_name<T>::get());
    T out;
    for (size i = 0; i < r.count(); ++i)
      out.push_back(convert<E>::from_value(r[i]));
    return out;
  }
};

// Inward a span sees a typed array's memory; one that only reads sees a copy of any other collection, which lives as long as
// the span is somewhere on a stack.
template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::view>>> {
  using E = typename T::value_type;
  static T from_value(word v) {
    static_assert(array_kind<E>() != 0, "rung::convert<std::span<E>>: only numbers lie in memory as C++ has them");
    void *first = nullptr;
    size n = 0;
    constexpr bool reads = std::is_const_v<typename T::element_type> && number_kind<E>() != 0;
    check(rung_runtime->array_of(v, array_kind<E>(), type_name<T>::get(), reads ? type_name<E>::get() : nullptr, &first, &n));
    if constexpr (T::extent != static_cast<size>(-1))
      if (n != T::extent)
        check(rung_runtime->wrong_size(n, T::extent, type_name<T>::get()));
    return T(static_cast<typename T::element_type *>(first), n);
  }
  static word to_value(const T &all) {
    if constexpr (number_kind<E>() != 0)
      return rung_runtime->numbers_out(number_kind<E>(), all.data(), all.size());
    row r;
    for (auto &x : all)
      r.add(convert<E>::to_value(x));
    return r.end('v');
  }
};

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::fixed>>> {
  using E = typename T::value_type;
  static word to_value(const T &all) {
    row r;
    for (auto &x : all)
      r.add(convert<E>::to_value(x));
    return r.end('v');
  }
  static T from_value(word v) {
    row r(v, type_name<T>::get());
    T out{};
    r.wants(out.size(), type_name<T>::get());
    for (size i = 0; i < r.count(); ++i)
      out[i] = convert<E>::from_value(r[i]);
    return out;
  }
};

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::set>>> {
  using E = typename T::key_type;
  static word to_value(const T &all) {
    row r;
    for (auto &x : all)
      r.add(convert<E>::to_value(x));
    return r.end('s');
  }
  static T from_value(word v) {
    row r(v, type_name<T>::get());
    T out;
    for (size i = 0; i < r.count(); ++i)
      out.emplace(convert<E>::from_value(r[i]));
    return out;
  }
};

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::map>>> {
  using K = typename T::key_type;
  using M = typename T::mapped_type;
  static word to_value(const T &all) {
    row r;
    for (auto &x : all) {
      r.add(convert<K>::to_value(x.first));
      r.add(convert<M>::to_value(x.second));
    }
    return r.end('m');
  }
  static T from_value(word v) {
    row r(v, type_name<T>::get());
    T out;
    for (size i = 0; i < r.count(); ++i) {
      row entry(r[i], type_name<T>::get());
      entry.wants(2, "a map's entry");
      K key = convert<K>::from_value(entry[0]);
      out.emplace(static_cast<K &&>(key), convert<M>::from_value(entry[1]));
    }
    return out;
  }
};

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::pair>>> {
  using A = std::remove_cv_t<typename T::first_type>;
  using B = std::remove_cv_t<typename T::second_type>;
  static word to_value(const T &p) {
    row r;
    r.add(convert<A>::to_value(p.first));
    r.add(convert<B>::to_value(p.second));
    return r.end('v');
  }
  static T from_value(word v) {
    row r(v, type_name<T>::get());
    r.wants(2, type_name<T>::get());
    A a = convert<A>::from_value(r[0]);
    return T(static_cast<A &&>(a), convert<B>::from_value(r[1]));
  }
};

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::tuple>>> {
  static constexpr size n = std::tuple_size<T>::value;
  template <size I> using E = std::remove_cv_t<std::remove_reference_t<typename std::tuple_element<I, T>::type>>;
  static word to_value(const T &t) { return out(t, up_to<n>()); }
  static T from_value(word v) {
    row r(v, type_name<T>::get());
    r.wants(n, type_name<T>::get());
    return in(r, up_to<n>());
  }

private:
  template <size... I> static word out(const T &t, numbers<size, I...>) {
    row r;
    (r.add(convert<E<I>>::to_value(get<I>(t))), ...);
    return r.end('v');
  }
  template <size... I> static T in(const row &r, numbers<size, I...>) { return T{convert<E<I>>::from_value(r[I])...}; }
};

template <class T> struct convert<T, std::enable_if_t<shape::is<T, shape::optional>>> {
  using E = typename T::value_type;
  static word to_value(const T &o) { return o.has_value() ? convert<E>::to_value(*o) : rung_runtime->nil; }
  static T from_value(word v) { return v == rung_runtime->nil ? T() : T(convert<E>::from_value(v)); }
};

// Inward the first alternative that takes the value.
template <template <class...> class V, class... A> struct convert<V<A...>, std::enable_if_t<shape::is<V<A...>, shape::variant>>> {
  using T = V<A...>;
  static word to_value(const T &x) {
    return visit([](const auto &y) { return convert<std::remove_cv_t<std::remove_reference_t<decltype(y)>>>::to_value(y); }, x);
  }
  static T from_value(word v) { return first<A...>(v); }

private:
  template <class B, class... More> static T first(word v) {
    try {
      return T(convert<B>::from_value(v));
    } catch (const error &e) {
      if constexpr (sizeof...(More) == 0) {
        check(rung_runtime->not_a(v, type_name<T>::get()));
        throw e;
      } else {
        return first<More...>(v);
      }
    }
  }
};

// What `for (auto &&x : all)` takes.
template <class T, class = void> inline constexpr bool has_functions = false;
template <class T> inline constexpr bool has_functions<T, std::void_t<decltype(begin(any<T &>())), decltype(end(any<T &>()))>> = true;
template <class T, class = void> inline constexpr bool has_members = false;
template <class T> inline constexpr bool has_members<T, std::void_t<decltype(any<T &>().begin()), decltype(any<T &>().end())>> = true;
template <class T> inline constexpr bool is_range = std::is_array_v<T> || has_members<T> || has_functions<T>;

// An element as a value: converted, its pair of key and value as a row of two, else a copy in a box, else a box of its address.
template <class X> word element(X &&x) {
  using E = std::remove_cv_t<std::remove_reference_t<X>>;
  if constexpr (converts<E>) {
    return convert<E>::to_value(x);
  } else if constexpr (shape::of<E>() == shape::pair) {
    row r;
    r.add(element(x.first));
    r.add(element(x.second));
    return r.end('v');
  } else if constexpr (std::is_copy_constructible_v<E>) {
    return convert<E>::to_value(x);
  } else {
    static_assert(std::is_lvalue_reference_v<X>, "an element that can neither be converted nor copied");
    return convert<std::remove_reference_t<X> *>::to_value(&x);
  }
}

template <class T> word elements(T &all) {
  row r;
  for (auto &&x : all)
    r.add(element(static_cast<decltype(x) &&>(x)));
  return r.end('v');
}

// A parameter of any type that a value can become: what converts, and sequences of objects that are in boxes, copied.
template <class T> T taken(word v) {
  if constexpr (is_boxed<T> && shape::of<T>() == shape::sequence) {
    using E = typename T::value_type;
    static_assert(std::is_copy_constructible_v<E>, "rung::convert<T>: what is in a box cannot be copied into the collection");
    row r(v, type_name<T>::get());
    T out;
    for (size i = 0; i < r.count(); ++i)
      out.push_back(convert<E>::from_value(r[i]));
    return out;
  } else {
    static_assert(!is_boxed<T>, "rung::convert<T> is not specialised for this type");
    return convert<T>::from_value(v);
  }
}

} // namespace rung
