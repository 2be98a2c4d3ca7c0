// What the C++ that tier 2 generates is written in: words, calls, arithmetic with its slow paths, conversions, errors.
// Read once a session, so it includes nothing and stays small. Before it stand the numbers of this build
// (`rung_layout_…`), after it the program's own headers; `tierup/src/clang/prelude.rs` puts them together.
//
// An operation that may throw answers a `Value` that is the sentinel, or a `Maybe`; RUNG_TRY leaves the function with
// the sentinel then, the error being in the thread, and destructors of C++ locals run as at any other way out.
#pragma once

struct rung_place {};
[[gnu::always_inline]] inline void *operator new(unsigned long, void *where, rung_place) noexcept { return where; }

namespace rung {

enum class Value : unsigned long {};

struct Code;
struct Type;  // a C++ type as the runtime knows it

struct Thread {
  unsigned long limit;
  Value *vtop, *vend;
  Value pending;
};
struct Code {
  void *entries[9];
  const Value *consts;
  const void *feedback;
  int calls, backedges;
  void *special;
  unsigned long special_signature;
};
struct Function {
  unsigned long header;
  const Code *code;
  Value captures[1];
};
struct Var {
  unsigned long header;
  Value root;
};
static_assert(__builtin_offsetof(Thread, pending) == rung_layout_pending, "Thread");
static_assert(__builtin_offsetof(Code, consts) == rung_layout_consts, "Code");
static_assert(__builtin_offsetof(Code, special) == rung_layout_special, "Code");
static_assert(__builtin_offsetof(Function, code) == rung_layout_code, "Function");
static_assert(__builtin_offsetof(Function, captures) == rung_layout_captures, "Function");
static_assert(__builtin_offsetof(Var, root) == rung_layout_root, "Var");

constexpr Value nil{0x02}, no{0x0a}, yes{0x12}, absent{0x17};
constexpr unsigned long bits(Value v) { return static_cast<unsigned long>(v); }

}  // namespace rung

// The runtime: `rung_rt_…` both compilers call (tierup/src/runtime.rs), the rest this one alone (tierup/src/clang/runtime.rs).
// A word that answers may be the sentinel; other functions that can fail answer not 0.
extern "C" {
rung::Value rung_rt_poll(rung::Thread *) noexcept;
[[gnu::cold]] void rung_rt_passed(rung::Thread *, const rung::Code *, unsigned long node) noexcept;
void rung_rt_throw(rung::Value) noexcept;
void rung_rt_overflow() noexcept;
void rung_null_pointer() noexcept;
rung::Value rung_rt_box_long(long) noexcept;
rung::Value rung_rt_box_double(double) noexcept;
long rung_rt_unbox_long(rung::Value) noexcept;
double rung_rt_unbox_double(rung::Value) noexcept;
rung::Value rung_rt_call_other(rung::Value f, long n, const rung::Value *) noexcept;
rung::Value rung_rt_unbound(rung::Value var) noexcept;
rung::Value rung_rt_var_get(rung::Value var) noexcept;
rung::Value rung_rt_var_set(rung::Value var, rung::Value) noexcept;
rung::Value rung_rt_def(rung::Value var, rung::Value init, rung::Value meta) noexcept;
rung::Value rung_rt_with_meta(rung::Value, rung::Value meta) noexcept;
rung::Value rung_rt_vector(long n, const rung::Value *) noexcept;
rung::Value rung_rt_map(long n, const rung::Value *) noexcept;
rung::Value rung_rt_set(long n, const rung::Value *) noexcept;
rung::Value rung_rt_list(long n, const rung::Value *) noexcept;
rung::Value rung_rt_raw(const rung::Code *, unsigned long) noexcept;
rung::Value rung_rt_cpp(rung::Thread *, const rung::Code *, unsigned long site, void **args, void *result) noexcept;

rung::Value rung_caught() noexcept;
int rung_left() noexcept;
int rung_is_class(rung::Value error, unsigned) noexcept;
void *rung_catch_cpp(rung::Value error, const rung::Type *) noexcept;
void rung_divide_by_zero() noexcept;
void rung_cast_range(double, unsigned) noexcept;
int rung_number(rung::Value, double *) noexcept;
rung::Value rung_closure(rung::Value self, unsigned function, long n, const rung::Value *captures) noexcept;
void rung_set_capture(rung::Value closure, unsigned index, rung::Value) noexcept;
rung::Value rung_to_value(const rung::Type *, unsigned long) noexcept;
rung::Value rung_own(const rung::Type *, void *object, void (*transfer)(void *, void **, void *),
                     void (*destroy)(void *, void **, void *)) noexcept;
int rung_from_value(const rung::Type *, rung::Value, void *storage, unsigned long *) noexcept;
int rung_callback(const rung::Type *, rung::Value, void *storage, unsigned long *) noexcept;
rung::Value rung_box(const rung::Type *, unsigned long) noexcept;
int rung_unbox(const rung::Type *, rung::Value, unsigned long *) noexcept;

#define RUNG_RT_1(name) rung::Value rung_rt_##name(rung::Value) noexcept;
#define RUNG_RT_2(name) rung::Value rung_rt_##name(rung::Value, rung::Value) noexcept;
RUNG_RT_2(add) RUNG_RT_2(sub) RUNG_RT_2(mul) RUNG_RT_2(div) RUNG_RT_2(quot) RUNG_RT_2(rem) RUNG_RT_2(modulo)
RUNG_RT_1(neg) RUNG_RT_2(bit_and) RUNG_RT_2(bit_or) RUNG_RT_2(bit_xor) RUNG_RT_2(shl) RUNG_RT_2(shr) RUNG_RT_2(ushr)
RUNG_RT_2(unchecked_add) RUNG_RT_2(unchecked_sub) RUNG_RT_2(unchecked_mul)
RUNG_RT_2(lt) RUNG_RT_2(le) RUNG_RT_2(gt) RUNG_RT_2(ge) RUNG_RT_2(num_eq) RUNG_RT_2(equal)
RUNG_RT_2(nth) RUNG_RT_2(get) RUNG_RT_2(conj) RUNG_RT_2(aget)
RUNG_RT_1(first) RUNG_RT_1(next) RUNG_RT_1(rest) RUNG_RT_1(seq) RUNG_RT_1(count) RUNG_RT_1(alength)
RUNG_RT_1(hint_long) RUNG_RT_1(hint_wrap) RUNG_RT_1(hint_double)
#undef RUNG_RT_1
#undef RUNG_RT_2
}

// Everything here is part of the function that uses it: an object imports the runtime and nothing of this header.
#define RUNG_INLINE [[gnu::always_inline]] inline

namespace rung {

// Errors.

template <class T> struct Maybe;
struct Thrown {
  RUNG_INLINE constexpr operator Value() const { return Value{0x07}; }
};
constexpr Thrown thrown{};
// The special entry of a function returns one: the payload in rax or xmm0, the status in the next integer register.
template <class T> struct Maybe {
  T value;
  unsigned long is_thrown;
  RUNG_INLINE constexpr Maybe(T v) : value(v), is_thrown(0) {}
  RUNG_INLINE constexpr Maybe(Thrown) : value(), is_thrown(1) {}
};
RUNG_INLINE constexpr bool failed(Value v) { return v == Value{0x07}; }
template <class T> RUNG_INLINE constexpr bool failed(const Maybe<T> &m) { return m.is_thrown; }
RUNG_INLINE constexpr Value got(Value v) { return v; }
template <class T> RUNG_INLINE constexpr T got(const Maybe<T> &m) { return m.value; }
RUNG_INLINE Maybe<bool> truth(Value answer) { return failed(answer) ? Maybe<bool>(thrown) : Maybe<bool>(answer == yes); }

#define RUNG_TRY(...)                                    \
  ({                                                     \
    auto rung_ = (__VA_ARGS__);                          \
    if (__builtin_expect(::rung::failed(rung_), 0))      \
      return ::rung::thrown;                             \
    ::rung::got(rung_);                                  \
  })
// The same in code that is compiled, where `node` says where in the program it stands: an error that leaves the function is
// noted in its trace; one that leaves a region or a loop that goes on with another tier's frame is not, but `stood` is kept.
#define RUNG_TRY_AT(node, ...)                                                       \
  ({                                                                                 \
    auto rung_ = (__VA_ARGS__);                                                      \
    if (__builtin_expect(::rung::failed(rung_), 0))                                  \
      return ::rung::left(thread, self, node, ::rung::thrown);                       \
    ::rung::got(rung_);                                                              \
  })
#define RUNG_TRY_IN(node, ...)                           \
  ({                                                     \
    auto rung_ = (__VA_ARGS__);                          \
    if (__builtin_expect(::rung::failed(rung_), 0))      \
      return stood = node, ::rung::thrown;               \
    ::rung::got(rung_);                                  \
  })
// What an error leaves: a lambda that is called where it stands.
#define RUNG_REGION [&]() __attribute__((always_inline)) -> ::rung::Value
// Leaves where the stack is used up or somebody interrupts.
#define RUNG_POLL(thread)                                                          \
  do {                                                                             \
    if (__builtin_expect(::rung::over_limit(thread), 0) && ::rung::failed(rung_rt_poll(thread)))            \
      return ::rung::thrown;                                                       \
  } while (0)
#define RUNG_POLL_AT(thread, node)                                                                               \
  do {                                                                                                          \
    if (__builtin_expect(::rung::over_limit(thread), 0) && ::rung::failed(rung_rt_poll(thread)))                \
      return ::rung::left(thread, self, node, ::rung::thrown);                                                  \
  } while (0)
// Behind a call of C++ that may have called back: an error that a callback left.
#define RUNG_LEFT(thread)                                                                          \
  do {                                                                                             \
    if (__builtin_expect((thread)->pending != ::rung::absent, 0) || rung_left())                   \
      return ::rung::thrown;                                                                       \
  } while (0)
#define RUNG_LEFT_BY(thread, leave)                                                                \
  do {                                                                                             \
    if (__builtin_expect((thread)->pending != ::rung::absent, 0) || rung_left())                   \
      leave;                                                                                       \
  } while (0)

RUNG_INLINE bool over_limit(const Thread *t) {
  unsigned long stack;
#if defined(__x86_64__)
  asm("mov %%rsp, %0" : "=r"(stack));
#elif defined(__aarch64__)
  asm("mov %0, sp" : "=r"(stack));
#else
  stack = reinterpret_cast<unsigned long>(__builtin_frame_address(0));
#endif
  return stack < __atomic_load_n(&t->limit, __ATOMIC_RELAXED);
}
RUNG_INLINE Value take_error(Thread *t) {
  Value e = t->pending;
  t->pending = absent;
  return e;
}
RUNG_INLINE Thrown raise(Value v) {
  rung_rt_throw(v);
  return thrown;
}
RUNG_INLINE Thrown throw_again(Thread *t, Value error) {
  t->pending = error;
  return thrown;
}
// Keeps a value where the collector sees it.
struct Keep {
  Value v;
  RUNG_INLINE ~Keep() { asm volatile("" : : "r"(v)); }
};

// Words.

RUNG_INLINE constexpr bool truthy(Value v) { return (bits(v) & ~0x08ul) != 0x02; }
RUNG_INLINE constexpr bool is_long(Value v) { return (bits(v) & 7) == 0; }
RUNG_INLINE constexpr bool are_longs(Value a, Value b) { return ((bits(a) | bits(b)) & 7) == 0; }
RUNG_INLINE constexpr bool is_double(Value v) { return (bits(v) & 6) == 4; }
// Held in the word: all doubles but those that are so large or small that they are boxed.
RUNG_INLINE constexpr bool is_unboxed_double(Value v) { return is_double(v) || (bits(v) & 7) == 3; }
RUNG_INLINE double double_of(Value v) {
  unsigned long b = (bits(v) >> 4 | bits(v) << 60) - (1ul << 60);
  double d;
  __builtin_memcpy(&d, &b, 8);
  return d;
}
RUNG_INLINE constexpr Value of(Value v) { return v; }
RUNG_INLINE constexpr Value of(bool b) { return b ? yes : no; }
RUNG_INLINE Value of(long n) {
  long r;
  return __builtin_expect(__builtin_mul_overflow(n, 8l, &r), 0) ? rung_rt_box_long(n) : static_cast<Value>(r);
}
RUNG_INLINE Value of(double d) {
  unsigned long b;
  __builtin_memcpy(&b, &d, 8);
  b += 1ul << 60;
  b = b << 4 | b >> 60;
  return __builtin_expect((b & 6) == 4, 1) ? static_cast<Value>(b) : rung_rt_box_double(d);
}
RUNG_INLINE constexpr Value of(int n) { return static_cast<Value>(static_cast<long>(n) * 8); }
RUNG_INLINE constexpr Value of(short n) { return of(static_cast<int>(n)); }
RUNG_INLINE constexpr Value of(signed char n) { return of(static_cast<int>(n)); }
RUNG_INLINE constexpr Value of(unsigned char n) { return of(static_cast<int>(n)); }
RUNG_INLINE constexpr Value of(unsigned short n) { return of(static_cast<int>(n)); }
RUNG_INLINE constexpr Value of(unsigned n) { return static_cast<Value>(static_cast<long>(n) * 8); }
Value from_unsigned(unsigned long) asm("rung_from_unsigned");
RUNG_INLINE Value of(unsigned long n) { return n >> 60 ? from_unsigned(n) : static_cast<Value>(n * 8); }
RUNG_INLINE Value of(long long n) { return of(static_cast<long>(n)); }
RUNG_INLINE Value of(unsigned long long n) { return of(static_cast<unsigned long>(n)); }
RUNG_INLINE Value of(float d) { return of(static_cast<double>(d)); }
RUNG_INLINE constexpr Value of(char c) { return static_cast<Value>(static_cast<unsigned long>(static_cast<unsigned char>(c)) << 8 | 6); }
// What a special entry returns, as a word or the sentinel.
RUNG_INLINE constexpr Value as_word(Value v) { return v; }
template <class T> RUNG_INLINE Value as_word(const Maybe<T> &m) { return m.is_thrown ? Value(thrown) : of(m.value); }
// A word that is known to be a long, to be true or false, to be a double.
RUNG_INLINE long as_long(Value v) { return is_long(v) ? static_cast<long>(bits(v)) >> 3 : rung_rt_unbox_long(v); }
RUNG_INLINE double as_double(Value v) { return is_double(v) ? double_of(v) : rung_rt_unbox_double(v); }
RUNG_INLINE constexpr bool as_bool(Value v) { return v == yes; }
// Any number that is a double or a small integer.
RUNG_INLINE bool number(Value v, double *d) {
  if (is_double(v))
    return *d = double_of(v), true;
  if (is_long(v))
    return *d = static_cast<double>(static_cast<long>(bits(v)) >> 3), true;
  return rung_number(v, d);
}

// Arithmetic: small integers in place, `f…` doubles in place first, the rest in the runtime.

#define RUNG_ARITHMETIC(name, overflows, op)                                                        \
  RUNG_INLINE Value name(Value a, Value b) {                                                             \
    long r;                                                                                         \
    if (__builtin_expect(are_longs(a, b), 1) && !__builtin_expect(overflows, 0))                    \
      return static_cast<Value>(r);                                                                 \
    return rung_rt_##name(a, b);                                                                       \
  }                                                                                                 \
  RUNG_INLINE Value name(Value a, long b) { return name(a, of(b)); }                                     \
  RUNG_INLINE Value name(long a, Value b) { return name(of(a), b); }                                     \
  RUNG_INLINE Maybe<long> name(long a, long b) {                                                         \
    long r;                                                                                         \
    if (__builtin_expect(__builtin_##name##l_overflow_(a, b, &r), 0))                               \
      return rung_rt_overflow(), thrown;                                                               \
    return r;                                                                                       \
  }                                                                                                 \
  RUNG_INLINE Maybe<double> name(double a, Value b) {                                                    \
    double y;                                                                                       \
    if (__builtin_expect(number(b, &y), 1))                                                         \
      return a op y;                                                                                \
    Value r = rung_rt_##name(of(a), b);                                                                \
    return failed(r) ? Maybe<double>(thrown) : Maybe<double>(as_double(r));                         \
  }                                                                                                 \
  RUNG_INLINE Maybe<double> name(Value a, double b) {                                                    \
    double x;                                                                                       \
    if (__builtin_expect(number(a, &x), 1))                                                         \
      return x op b;                                                                                \
    Value r = rung_rt_##name(a, of(b));                                                                \
    return failed(r) ? Maybe<double>(thrown) : Maybe<double>(as_double(r));                         \
  }                                                                                                 \
  RUNG_INLINE Value f##name(Value a, Value b) {                                                          \
    double x, y;                                                                                    \
    if ((is_double(a) || is_double(b)) && number(a, &x) && number(b, &y))                           \
      return of(x op y);                                                                            \
    return name(a, b);                                                                              \
  }
#define __builtin_addl_overflow_ __builtin_saddl_overflow
#define __builtin_subl_overflow_ __builtin_ssubl_overflow
#define __builtin_mull_overflow_ __builtin_smull_overflow
RUNG_ARITHMETIC(add, __builtin_saddl_overflow(bits(a), bits(b), &r), +)
RUNG_ARITHMETIC(sub, __builtin_ssubl_overflow(bits(a), bits(b), &r), -)
RUNG_ARITHMETIC(mul, __builtin_smull_overflow(static_cast<long>(bits(a)) >> 3, bits(b), &r), *)
#undef RUNG_ARITHMETIC
#undef __builtin_addl_overflow_
#undef __builtin_subl_overflow_
#undef __builtin_mull_overflow_

RUNG_INLINE Maybe<double> known_double(Value r) { return failed(r) ? Maybe<double>(thrown) : Maybe<double>(as_double(r)); }
RUNG_INLINE Maybe<long> known_long(Value r) { return failed(r) ? Maybe<long>(thrown) : Maybe<long>(as_long(r)); }

// Quotients and remainders of longs. The runtime has the cases that overflow or divide by zero.
#define RUNG_DIVISION(name, op)                                                    \
  RUNG_INLINE Value name(Value a, Value b) {                                            \
    if (are_longs(a, b) && bits(b) + 8 > 8)                                        \
      return of((static_cast<long>(bits(a)) >> 3) op(static_cast<long>(bits(b)) >> 3)); \
    return rung_rt_##name(a, b);                                                      \
  }                                                                                \
  RUNG_INLINE Maybe<long> name(long a, long b) {                                        \
    if (__builtin_expect(static_cast<unsigned long>(b) + 1 > 1, 1))                \
      return a op b;                                                               \
    return known_long(rung_rt_##name(of(a), of(b)));                                  \
  }
RUNG_DIVISION(quot, /)
RUNG_DIVISION(rem, %)
#undef RUNG_DIVISION
RUNG_INLINE Maybe<long> mod(long a, long b) {
  if (__builtin_expect(b > 0, 1)) {
    long m = a % b;
    return m < 0 ? m + b : m;
  }
  return known_long(rung_rt_modulo(of(a), of(b)));
}

#define RUNG_COMPARISON(name, op)                                                                             \
  RUNG_INLINE Maybe<bool> name(Value a, Value b) {                                                                 \
    if (__builtin_expect(are_longs(a, b), 1))                                                                 \
      return static_cast<long>(bits(a)) op static_cast<long>(bits(b));                                        \
    return truth(rung_rt_##name(a, b));                                                                          \
  }                                                                                                           \
  RUNG_INLINE Maybe<bool> name(Value a, long b) { return name(a, of(b)); }                                         \
  RUNG_INLINE Maybe<bool> name(long a, Value b) { return name(of(a), b); }                                         \
  RUNG_INLINE Maybe<bool> name(double a, Value b) {                                                                \
    return is_double(b) ? Maybe<bool>(a op double_of(b)) : truth(rung_rt_##name(of(a), b));                      \
  }                                                                                                           \
  RUNG_INLINE Maybe<bool> name(Value a, double b) {                                                                \
    return is_double(a) ? Maybe<bool>(double_of(a) op b) : truth(rung_rt_##name(a, of(b)));                      \
  }                                                                                                           \
  RUNG_INLINE Maybe<bool> f##name(Value a, Value b) {                                                              \
    return is_double(a) && is_double(b) ? Maybe<bool>(double_of(a) op double_of(b)) : name(a, b);             \
  }
RUNG_COMPARISON(lt, <)
RUNG_COMPARISON(le, <=)
RUNG_COMPARISON(gt, >)
RUNG_COMPARISON(ge, >=)
RUNG_COMPARISON(num_eq, ==)
#undef RUNG_COMPARISON

RUNG_INLINE Maybe<bool> equal(Value a, Value b) { return are_longs(a, b) ? Maybe<bool>(a == b) : truth(rung_rt_equal(a, b)); }
// `case` on a constant that identity does not decide.
RUNG_INLINE Maybe<bool> is_case(Value subject, Value key) {
  return subject == key || are_longs(subject, key) ? Maybe<bool>(subject == key) : truth(rung_rt_equal(subject, key));
}

RUNG_INLINE Value bit_and(Value a, Value b) { return are_longs(a, b) ? static_cast<Value>(bits(a) & bits(b)) : rung_rt_bit_and(a, b); }
RUNG_INLINE Value bit_or(Value a, Value b) { return are_longs(a, b) ? static_cast<Value>(bits(a) | bits(b)) : rung_rt_bit_or(a, b); }
RUNG_INLINE Value bit_xor(Value a, Value b) { return are_longs(a, b) ? static_cast<Value>(bits(a) ^ bits(b)) : rung_rt_bit_xor(a, b); }
RUNG_INLINE constexpr long shift_left(long a, long n) { return static_cast<long>(static_cast<unsigned long>(a) << (n & 63)); }
RUNG_INLINE constexpr long shift_right(long a, long n) { return a >> (n & 63); }
RUNG_INLINE constexpr long unsigned_shift_right(long a, long n) { return static_cast<long>(static_cast<unsigned long>(a) >> (n & 63)); }
RUNG_INLINE constexpr long wrapping_add(long a, long b) { return static_cast<long>(static_cast<unsigned long>(a) + static_cast<unsigned long>(b)); }
RUNG_INLINE constexpr long wrapping_sub(long a, long b) { return static_cast<long>(static_cast<unsigned long>(a) - static_cast<unsigned long>(b)); }
RUNG_INLINE constexpr long wrapping_mul(long a, long b) { return static_cast<long>(static_cast<unsigned long>(a) * static_cast<unsigned long>(b)); }

// Functions.

RUNG_INLINE const Function *function(Value self) { return reinterpret_cast<const Function *>(bits(self) - 1); }
// An error leaves the function.
template <class T> RUNG_INLINE T left(Thread *thread, Value self, unsigned long node, T result) {
  rung_rt_passed(thread, function(self)->code, node);
  return result;
}
RUNG_INLINE const Value *constants(Value self) { return function(self)->code->consts; }
RUNG_INLINE Value capture(Value self, unsigned i) { return function(self)->captures[i]; }
RUNG_INLINE Value value_of(const Var &v) {
  return static_cast<Value>(__atomic_load_n(reinterpret_cast<const unsigned long *>(&v.root), __ATOMIC_ACQUIRE));
}

// What is called: a value, or what a var holds before the arguments are evaluated.
struct Callee {
  const Var *var;
  Value value;
  RUNG_INLINE Callee(const Var &v) : var(&v), value(value_of(v)) {}
  RUNG_INLINE Callee(Value f) : var(nullptr), value(f) {}
};
// What is no function object: keywords, maps, an unbound var.
RUNG_INLINE Value call_other(const Var *var, Value f, long n, const Value *args) {
  if (var && bits(f) == 0x0f)
    return rung_rt_unbound(static_cast<Value>(reinterpret_cast<unsigned long>(var) + 1));
  return rung_rt_call_other(f, n, args);
}

#define RUNG_INVOKE(n, params, types, args, array)                                                              \
  RUNG_INLINE Value invoke(Thread *t, const Var *var, Value f RUNG_COMMA params) {                                   \
    if (__builtin_expect((bits(f) & 7) == 1, 1) &&                                                              \
        __builtin_expect((function(f)->header & 0xfffff) == rung_layout_function, 1)) {                         \
      void *entry = __atomic_load_n(&function(f)->code->entries[n], __ATOMIC_ACQUIRE);                          \
      return reinterpret_cast<Value (*)(Thread *, Value RUNG_COMMA types) noexcept>(entry)(t, f RUNG_COMMA args); \
    }                                                                                                           \
    const Value all[] = {array};                                                                                \
    return call_other(var, f, n, all);                                                                         \
  }                                                                                                             \
  RUNG_INLINE Value call(Thread *t, Callee f RUNG_COMMA params) { return invoke(t, f.var, f.value RUNG_COMMA args); }
#define RUNG_P(...) __VA_ARGS__
#define RUNG_COMMA
RUNG_INVOKE(0, , , , f)
#undef RUNG_COMMA
#define RUNG_COMMA ,
RUNG_INVOKE(1, Value a, Value, a, a)
RUNG_INVOKE(2, RUNG_P(Value a, Value b), RUNG_P(Value, Value), RUNG_P(a, b), RUNG_P(a, b))
RUNG_INVOKE(3, RUNG_P(Value a, Value b, Value c), RUNG_P(Value, Value, Value), RUNG_P(a, b, c), RUNG_P(a, b, c))
RUNG_INVOKE(4, RUNG_P(Value a, Value b, Value c, Value d), RUNG_P(Value, Value, Value, Value), RUNG_P(a, b, c, d), RUNG_P(a, b, c, d))
RUNG_INVOKE(5, RUNG_P(Value a, Value b, Value c, Value d, Value e), RUNG_P(Value, Value, Value, Value, Value),
            RUNG_P(a, b, c, d, e), RUNG_P(a, b, c, d, e))
RUNG_INVOKE(6, RUNG_P(Value a, Value b, Value c, Value d, Value e, Value g), RUNG_P(Value, Value, Value, Value, Value, Value),
            RUNG_P(a, b, c, d, e, g), RUNG_P(a, b, c, d, e, g))
#undef RUNG_P
#undef RUNG_COMMA
#undef RUNG_INVOKE
template <class T> struct Same {
  using type = T;
};
// A call through a var that is likely to hold the running function.
template <class R, class... A>
RUNG_INLINE Value call_own(Thread *t, Value self, Callee f, R (*body)(Thread *, Value, A...) noexcept, typename Same<A>::type... a) {
  return __builtin_expect(f.value == self, 1) ? as_word(body(t, self, a...)) : invoke(t, f.var, f.value, of(a)...);
}
// A call of a function that is likely to have a special entry of this type: `call_as<Maybe<double>(double, long)>(…)`.
template <class T> constexpr unsigned long held_as = 0;
template <> constexpr unsigned long held_as<long> = 1;
template <> constexpr unsigned long held_as<double> = 2;
template <> constexpr unsigned long held_as<bool> = 3;
template <class T> constexpr unsigned long held_as<Maybe<T>> = held_as<T>;
template <class F> struct Special;
template <class R, class... A> struct Special<R(A...)> {
  // As `Signature::bits` in tierup/src/lower/form.rs.
  static constexpr unsigned long signature() {
    unsigned long all = (sizeof...(A) + 1) | held_as<R> << 4, at = 8;
    ((all |= held_as<A> << at, at += 4), ...);
    return all;
  }
  RUNG_INLINE static Value call(Thread *t, Callee f, A... a) {
    if (__builtin_expect((bits(f.value) & 7) == 1 && (function(f.value)->header & 0xfffff) == rung_layout_function, 1)) {
      const Code *code = function(f.value)->code;
      void *entry = __atomic_load_n(&code->special, __ATOMIC_ACQUIRE);
      if (__builtin_expect(entry && code->special_signature == signature(), 1))
        return as_word(reinterpret_cast<R (*)(Thread *, Value, A...) noexcept>(entry)(t, f.value, a...));
    }
    return invoke(t, f.var, f.value, of(a)...);
  }
};
template <class F, class... A> RUNG_INLINE Value call_as(Thread *t, Callee f, A... a) { return Special<F>::call(t, f, a...); }
// Seven arguments and more.
RUNG_INLINE Value invoke_many(Thread *t, const Var *var, Value f, long n, const Value *args) {
  if ((bits(f) & 7) == 1 && (function(f)->header & 0xfffff) == rung_layout_function) {
    void *entry = __atomic_load_n(&function(f)->code->entries[7], __ATOMIC_ACQUIRE);
    return reinterpret_cast<Value (*)(Thread *, Value, long, const Value *) noexcept>(entry)(t, f, n, args);
  }
  return call_other(var, f, n, args);
}
template <int N> RUNG_INLINE Value call_many(Thread *t, Callee f, const Value (&args)[N]) { return invoke_many(t, f.var, f.value, N, args); }

template <int N> RUNG_INLINE Value make_closure(Value self, unsigned function, const Value (&captures)[N]) {
  return rung_closure(self, function, N, captures);
}
template <int N> RUNG_INLINE Value vector_of(const Value (&items)[N]) { return rung_rt_vector(N, items); }
template <int N> RUNG_INLINE Value map_of(const Value (&items)[N]) { return rung_rt_map(N, items); }
template <int N> RUNG_INLINE Value set_of(const Value (&items)[N]) { return rung_rt_set(N, items); }
template <int N> RUNG_INLINE Value list_of(const Value (&items)[N]) { return rung_rt_list(N, items); }

// C++ values.

RUNG_INLINE Value raw(Value self, unsigned long n) { return rung_rt_raw(function(self)->code, n); }
RUNG_INLINE Value stub(Thread *t, Value self, unsigned long site, void **args, void *result) {
  return rung_rt_cpp(t, function(self)->code, site, args, result);
}

// A scalar as the bits of a word, extended as its signedness says, and back.
template <class T> RUNG_INLINE unsigned long pack(T x) {
  if constexpr (static_cast<T>(1.5f) != static_cast<T>(1) || sizeof(T) == 0) {
    unsigned long b = 0;
    __builtin_memcpy(&b, &x, sizeof x);
    return b;
  } else {
    return static_cast<unsigned long>(x);
  }
}
template <class T> RUNG_INLINE unsigned long pack(T *p) { return reinterpret_cast<unsigned long>(p); }
template <class T> RUNG_INLINE T unpack(unsigned long b) {
  T x;
  __builtin_memcpy(&x, &b, sizeof x);
  return x;
}
template <class T> RUNG_INLINE T unpack(Value v) { return unpack<T>(bits(v)); }

template <class T> RUNG_INLINE Maybe<T> to(Value v, const Type &type) {
  unsigned long b;
  if (rung_from_value(&type, v, nullptr, &b))
    return thrown;
  return unpack<T>(b);
}
// Whole numbers that need no look at the type.
template <class T> RUNG_INLINE Maybe<T> to_integer(Value v, const Type &type) {
  long n = static_cast<long>(bits(v)) >> 3;
  if (__builtin_expect(is_long(v) && static_cast<long>(static_cast<T>(n)) == n && (static_cast<T>(-1) < static_cast<T>(1) || n >= 0), 1))
    return static_cast<T>(n);
  return to<T>(v, type);
}
template <class T> RUNG_INLINE Maybe<T> to_integer(long n, const Type &type) {
  if (__builtin_expect(static_cast<long>(static_cast<T>(n)) == n && (static_cast<T>(-1) < static_cast<T>(1) || n >= 0), 1))
    return static_cast<T>(n);
  return to<T>(of(n), type);
}
RUNG_INLINE Maybe<double> to_double(Value v, const Type &type) { return is_double(v) ? Maybe<double>(double_of(v)) : to<double>(v, type); }
RUNG_INLINE Maybe<bool> to_bool(Value v, const Type &type) { return v == yes || v == no ? Maybe<bool>(v == yes) : to<bool>(v, type); }
template <class T> RUNG_INLINE Maybe<T> callable(Value v, const Type &type) {
  unsigned long b;
  if (rung_callback(&type, v, nullptr, &b))
    return thrown;
  return unpack<T>(b);
}
template <class T> RUNG_INLINE Maybe<T> unboxed(Value v, const Type &type) {
  unsigned long b;
  if (rung_unbox(&type, v, &b))
    return thrown;
  return unpack<T>(b);
}
// An object made from a value, or the one in the value's box.
template <class T> struct Converted {
  alignas(T) unsigned char storage[sizeof(T)];
  T *object = nullptr;
  RUNG_INLINE Converted() {}
  Converted(const Converted &) = delete;
  RUNG_INLINE ~Converted() {
    if (object == static_cast<void *>(storage))
      object->~T();
  }
  RUNG_INLINE bool from(Value v, const Type &type) { return take(rung_from_value, v, type); }
  RUNG_INLINE bool call(Value v, const Type &type) { return take(rung_callback, v, type); }
  RUNG_INLINE T &operator*() { return *object; }
  RUNG_INLINE T *operator->() { return object; }

private:
  template <class F> RUNG_INLINE bool take(F how, Value v, const Type &type) {
    unsigned long b;
    if (how(&type, v, storage, &b))
      return false;
    object = reinterpret_cast<T *>(b);
    return true;
  }
};
// Room for an object that is made in one scope and ends with another.
template <class T> struct Place {
  alignas(T) unsigned char storage[sizeof(T)];
  bool alive = false;
  RUNG_INLINE Place() {}
  Place(const Place &) = delete;
  RUNG_INLINE ~Place() {
    if (alive)
      reinterpret_cast<T *>(storage)->~T();
  }
  RUNG_INLINE T &operator*() { return *reinterpret_cast<T *>(storage); }
  RUNG_INLINE T *operator->() { return reinterpret_cast<T *>(storage); }
};
template <class T> RUNG_INLINE void *address(T &&x) { return const_cast<void *>(reinterpret_cast<const volatile void *>(&reinterpret_cast<const volatile char &>(x))); }
template <class T> RUNG_INLINE Value to_value(const Type &type, T &&x) { return rung_to_value(&type, reinterpret_cast<unsigned long>(address(x))); }
// A box that owns a new object, copied or moved from `x`.
template <class T> inline void destroy_one(void *, void **args, void *) { static_cast<T *>(args[0])->~T(); }
template <class T> RUNG_INLINE Value own_copy(const Type &type, const T &x) {
  void (*copy)(void *, void **, void *) = [](void *, void **args, void *to) { new (to, rung_place()) T(*static_cast<const T *>(args[0])); };
  return rung_own(&type, address(x), copy, destroy_one<T>);
}
template <class T> RUNG_INLINE Value own_moved(const Type &type, T &&x) {
  void (*move)(void *, void **, void *) = [](void *, void **args, void *to) { new (to, rung_place()) T(static_cast<T &&>(*static_cast<T *>(args[0]))); };
  return rung_own(&type, address(x), move, destroy_one<T>);
}
// Our own operators do not follow a null pointer, divide an integer by zero, or cut a float that the integer cannot hold.
template <class T> RUNG_INLINE Maybe<T *> some(T *p) {
  if (__builtin_expect(!p, 0))
    return rung_null_pointer(), thrown;
  return p;
}
template <class T> RUNG_INLINE Maybe<T> divisor(T n) {
  if (__builtin_expect(n == 0, 0))
    return rung_divide_by_zero(), thrown;
  return n;
}
// The least integer by -1 wraps, as everything does; the machine's own division would stop there.
template <class A, class B> RUNG_INLINE auto quotient(A a, B b) -> decltype(a / b) {
  using T = decltype(a / b);
  if (T(-1) < T(0) && static_cast<T>(b) == T(-1))
    return -static_cast<T>(a);
  return a / b;
}
template <class A, class B> RUNG_INLINE auto remainder(A a, B b) -> decltype(a % b) {
  using T = decltype(a % b);
  if (T(-1) < T(0) && static_cast<T>(b) == T(-1))
    return 0;
  return a % b;
}
template <class A, class B> RUNG_INLINE A &quotient_of(A &a, B b) { return a = static_cast<A>(quotient(a, b)); }
template <class A, class B> RUNG_INLINE A &remainder_of(A &a, B b) { return a = static_cast<A>(remainder(a, b)); }
template <class T> RUNG_INLINE Maybe<T> cut(double d, double least, double past, int which) {
  double whole = __builtin_trunc(d);
  if (__builtin_expect(!(whole >= least && whole < past), 0))
    return rung_cast_range(d, which), thrown;
  return static_cast<T>(whole);
}

}  // namespace rung
