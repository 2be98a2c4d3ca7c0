// Interprets the words of a call's recipe (engine/questions/src/recipe.rs). Built with exceptions: what a callee throws passes
// through to the guard, and ends the recipe's temporaries on its way.
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace {

enum Op { Arg, Load, Convert, Const, Offset, OffsetNonNull, Index, Binary, Unary, Store, Copy, Symbol, Text, Temp, Ret, Dup, Pop, Virtual, Call, ReturnScalar, ReturnAddress, End, EndsWith };
enum Scalar { Bool, I8, U8, I16, U16, I32, U32, I64, U64, F32, F64 };
enum Bin { Add, Sub, Mul, Div, Rem, And, Or, Xor, Shl, Shr, Lt, Le, Gt, Ge, Eq, Ne };
enum Un { Neg, Not, LNot };
enum Way { Int, Sse, StructInt, StructSse, IntInt, IntSse, SseInt, SseSse, ByVal };
enum Back { BVoid, BInt, BF32, BF64, BStructInt, BStructSse, BIntInt, BIntSse, BSseInt, BSseSse, BMemory };

// As in stubs/src/thunks.rs. Compiled shapes read `code` and `addresses` at their places.
struct Record {
  void (*run)(void *, void **, void *);
  const int64_t *code;
  const uint64_t *addresses;  // of symbols, then of texts
  uint32_t symbols, scratch;
  uint32_t calls;
};

extern "C" void rung_recipe_hot(Record *);

// After so many calls the shape is worth compiling.
constexpr uint32_t Hot = 1000;
constexpr int Deep = 64;

template <class T> T get(int64_t bits) {
  T t;
  std::memcpy(&t, &bits, sizeof t);
  return t;
}
inline int64_t bitsOf(float f) {
  uint32_t b;
  std::memcpy(&b, &f, sizeof b);
  return b;
}
inline int64_t bitsOf(double d) {
  int64_t b;
  std::memcpy(&b, &d, sizeof b);
  return b;
}
template <class T> int64_t place(T t) { return static_cast<int64_t>(t); }

inline int64_t load(const void *p, int s) {
  switch (s) {
  case Bool:
  case U8: return *static_cast<const uint8_t *>(p);
  case I8: return *static_cast<const int8_t *>(p);
  case I16: { int16_t v; std::memcpy(&v, p, 2); return v; }
  case U16: { uint16_t v; std::memcpy(&v, p, 2); return v; }
  case I32: { int32_t v; std::memcpy(&v, p, 4); return v; }
  case U32:
  case F32: { uint32_t v; std::memcpy(&v, p, 4); return v; }
  default: { int64_t v; std::memcpy(&v, p, 8); return v; }
  }
}

inline void store(void *p, int64_t v, int s) {
  switch (s) {
  case Bool:
  case U8:
  case I8: std::memcpy(p, &v, 1); break;
  case I16:
  case U16: std::memcpy(p, &v, 2); break;
  case I32:
  case U32:
  case F32: std::memcpy(p, &v, 4); break;
  default: std::memcpy(p, &v, 8);
  }
}

// An integer cut to the width of `s` and extended again.
inline int64_t fit(int64_t v, int s) {
  switch (s) {
  case Bool: return v & 1;
  case I8: return static_cast<int8_t>(v);
  case U8: return static_cast<uint8_t>(v);
  case I16: return static_cast<int16_t>(v);
  case U16: return static_cast<uint16_t>(v);
  case I32: return static_cast<int32_t>(v);
  case U32: return static_cast<uint32_t>(v);
  default: return v;
  }
}

// As compiled code converts: what the target type cannot hold is the machine's own answer.
template <class F> int64_t fromFloat(F f, int to) {
  switch (to) {
  case Bool: return f != 0;
  case I8: return static_cast<int8_t>(static_cast<int32_t>(f));
  case U8: return static_cast<uint8_t>(static_cast<int32_t>(f));
  case I16: return static_cast<int16_t>(static_cast<int32_t>(f));
  case U16: return static_cast<uint16_t>(static_cast<int32_t>(f));
  case I32: return static_cast<int32_t>(f);
  case U32: return static_cast<uint32_t>(static_cast<int64_t>(f));
  case I64: return static_cast<int64_t>(f);
  case U64: return static_cast<int64_t>(static_cast<uint64_t>(f));
  case F32: return bitsOf(static_cast<float>(f));
  default: return bitsOf(static_cast<double>(f));
  }
}

int64_t convert(int64_t v, int from, int to) {
  if (from == F32) return fromFloat(get<float>(v), to);
  if (from == F64) return fromFloat(get<double>(v), to);
  if (to == F32) return bitsOf(from == U64 ? static_cast<float>(static_cast<uint64_t>(v)) : static_cast<float>(v));
  if (to == F64) return bitsOf(from == U64 ? static_cast<double>(static_cast<uint64_t>(v)) : static_cast<double>(v));
  return to == Bool ? v != 0 : fit(v, to);
}

template <class F> int64_t floating(F a, F b, int op) {
  switch (op) {
  case Add: return bitsOf(a + b);
  case Sub: return bitsOf(a - b);
  case Mul: return bitsOf(a * b);
  case Div: return bitsOf(a / b);
  case Lt: return a < b;
  case Le: return a <= b;
  case Gt: return a > b;
  case Ge: return a >= b;
  case Eq: return a == b;
  default: return a != b;
  }
}

// A quotient that does not fit or is divided by zero traps, as compiled code does.
template <class T> int64_t integer(T a, T b, int op, uint64_t count) {
  using U = typename std::conditional<sizeof(T) == 8, uint64_t, uint32_t>::type;
  switch (op) {
  case Add: return place(static_cast<T>(static_cast<U>(a) + static_cast<U>(b)));
  case Sub: return place(static_cast<T>(static_cast<U>(a) - static_cast<U>(b)));
  case Mul: return place(static_cast<T>(static_cast<U>(a) * static_cast<U>(b)));
  case Div: return place(static_cast<T>(a / b));
  case Rem: return place(static_cast<T>(a % b));
  case And: return place(static_cast<T>(a & b));
  case Or: return place(static_cast<T>(a | b));
  case Xor: return place(static_cast<T>(a ^ b));
  case Shl: return place(static_cast<T>(static_cast<U>(a) << (count & (8 * sizeof(T) - 1))));
  case Shr: return place(static_cast<T>(a >> (count & (8 * sizeof(T) - 1))));
  case Lt: return a < b;
  case Le: return a <= b;
  case Gt: return a > b;
  case Ge: return a >= b;
  case Eq: return a == b;
  default: return a != b;
  }
}

int64_t binary(int64_t a, int64_t b, int op, int s) {
  switch (s) {
  case F32: return floating(get<float>(a), get<float>(b), op);
  case F64: return floating(get<double>(a), get<double>(b), op);
  case U64: return integer(static_cast<uint64_t>(a), static_cast<uint64_t>(b), op, b);
  case I64: return integer(a, b, op, b);
  case U32: return integer(static_cast<uint32_t>(a), static_cast<uint32_t>(b), op, b);
  case I32: return integer(static_cast<int32_t>(a), static_cast<int32_t>(b), op, b);
  default: return fit(integer(static_cast<int32_t>(a), static_cast<int32_t>(b), op, b), s);
  }
}

int64_t unary(int64_t v, int op, int s) {
  if (op == LNot) return v == 0;
  if (op == Not) return fit(~v, s);
  if (s == F32) return bitsOf(-get<float>(v));
  if (s == F64) return bitsOf(-get<double>(v));
  return fit(static_cast<int64_t>(0 - static_cast<uint64_t>(v)), s);
}

struct II { uint64_t a, b; };
struct IS { uint64_t a; double b; };
struct SI { double a; uint64_t b; };
struct SS { double a, b; };

// What goes where: six integer registers, eight vector registers, then the stack.
struct Frame {
  uint64_t ints[6];
  double vectors[8];
  uint64_t stack[16];
  int i = 0, v = 0, s = 0;
  void integer(uint64_t x) {
    if (i < 6) ints[i++] = x;
    else stack[s++] = x;
  }
  void vector(uint64_t x) {
    if (v < 8) std::memcpy(&vectors[v++], &x, 8);
    else stack[s++] = x;
  }
};

// A C variadic type, so that the number of vector registers is told; other callees do not look at it.
template <class R, class... Words> R invoke(uint64_t f, const Frame &c, Words... words) {
  using F = R (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, ...);
  auto *i = c.ints;
  auto *v = c.vectors;
  return reinterpret_cast<F>(f)(i[0], i[1], i[2], i[3], i[4], i[5], v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], words...);
}
template <class R> R invoke(uint64_t f, const Frame &c) {
  auto *s = c.stack;
  if (c.s == 0) {
    using Plain = R (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, ...);
    auto *i = c.ints;
    if (c.v == 0) return reinterpret_cast<Plain>(f)(i[0], i[1], i[2], i[3], i[4], i[5]);
    return invoke<R, uint64_t>(f, c, 0);
  }
  if (c.s <= 4) return invoke<R>(f, c, s[0], s[1], s[2], s[3]);
  return invoke<R>(f, c, s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15]);
}

inline uint64_t word(const void *p, size_t at, size_t size) {
  uint64_t w = 0;
  std::memcpy(&w, static_cast<const char *>(p) + at, size - at < 8 ? size - at : 8);
  return w;
}

template <class T> void keep(void *to, const T &t, size_t size) { std::memcpy(to, &t, size); }

void pass(Frame &c, int64_t v, int64_t how) {
  size_t size = static_cast<uint64_t>(how) >> 8;
  auto *p = reinterpret_cast<const void *>(v);
  switch (how & 255) {
  case Int: c.integer(v); break;
  case Sse: c.vector(v); break;
  case StructInt: c.integer(word(p, 0, size)); break;
  case StructSse: c.vector(word(p, 0, size)); break;
  case IntInt: c.integer(word(p, 0, size)), c.integer(word(p, 8, size)); break;
  case IntSse: c.integer(word(p, 0, size)), c.vector(word(p, 8, size)); break;
  case SseInt: c.vector(word(p, 0, size)), c.integer(word(p, 8, size)); break;
  case SseSse: c.vector(word(p, 0, size)), c.vector(word(p, 8, size)); break;
  case ByVal:
    for (size_t at = 0; at < size; at += 8) c.stack[c.s++] = word(p, at, size);
    break;
  }
}

// Temporaries in the order in which they were made, and their destructors.
struct Temporaries {
  int n = 0;
  struct { uint64_t object, destructor; } all[16];
  ~Temporaries() {
    while (n > 0) {
      auto [object, destructor] = all[--n];
      reinterpret_cast<void (*)(uint64_t)>(destructor)(object);
    }
  }
};

} // namespace

extern "C" __attribute__((noinline)) void rung_recipe(void *self, void **args, void *ret) {
  auto *record = static_cast<Record *>(self);
  if (++record->calls == Hot) rung_recipe_hot(record);
  const int64_t *at = record->code;
  char *scratch = record->scratch ? static_cast<char *>(__builtin_alloca_with_align((record->scratch + 15) & ~15u, 128)) : nullptr;
  int64_t stack[Deep];
  int64_t *top = stack - 1;
  Temporaries temporaries;
  while (true) {
    int64_t w = *at++;
    int a = (w >> 8) & 255, b = (w >> 16) & 255;
    int64_t n = w >> 32;
    switch (w & 255) {
    case Arg: *++top = reinterpret_cast<int64_t>(args[n]); break;
    case Load: *top = load(reinterpret_cast<const void *>(*top), a); break;
    case Convert: *top = convert(*top, a, b); break;
    case Const: *++top = *at++; break;
    case Offset: *top += n; break;
    case OffsetNonNull: if (*top) *top += n; break;
    case Index: --top; *top += top[1] * n; break;
    case Binary: --top; *top = binary(top[0], top[1], a, b); break;
    case Unary: *top = unary(*top, a, b); break;
    case Store: --top; store(reinterpret_cast<void *>(top[0]), top[1], a); break;
    case Copy: --top; std::memmove(reinterpret_cast<void *>(top[0]), reinterpret_cast<void *>(top[1]), n); break;
    case Symbol: *++top = record->addresses[n]; break;
    case Text: *++top = record->addresses[record->symbols + n]; break;
    case Temp: *++top = reinterpret_cast<int64_t>(scratch + n); break;
    case Ret: *++top = reinterpret_cast<int64_t>(ret); break;
    case Dup: top[1] = top[0]; ++top; break;
    case Pop: --top; break;
    case Virtual: {
      auto *table = *reinterpret_cast<uint64_t **>(top[1 - a]);
      *++top = table[n];
      break;
    }
    case Call: {
      uint64_t f = *top--;
      int64_t *first = top - a + 1;
      Frame c;
      if (b == BMemory) c.integer(first[-1]);
      for (int k = 0; k < a; ++k) pass(c, first[k], *at++);
      top = first - 1;
      auto *to = reinterpret_cast<void *>(*top);  // of a struct
      switch (b) {
      case BVoid: invoke<void>(f, c); break;
      case BInt: *++top = fit(invoke<uint64_t>(f, c), (w >> 24) & 255); break;
      case BF32: *++top = bitsOf(invoke<double>(f, c)) & 0xffffffff; break;
      case BF64: *++top = bitsOf(invoke<double>(f, c)); break;
      case BStructInt: keep(to, invoke<uint64_t>(f, c), n); break;
      case BStructSse: keep(to, invoke<double>(f, c), n); break;
      case BIntInt: keep(to, invoke<II>(f, c), n); break;
      case BIntSse: keep(to, invoke<IS>(f, c), n); break;
      case BSseInt: keep(to, invoke<SI>(f, c), n); break;
      case BSseSse: keep(to, invoke<SS>(f, c), n); break;
      case BMemory: invoke<void>(f, c); break;
      }
      break;
    }
    case ReturnScalar: store(ret, *top, a); return;
    case ReturnAddress: std::memcpy(ret, top, 8); return;
    case EndsWith: {
      uint64_t destructor = *top--;
      temporaries.all[temporaries.n++] = {static_cast<uint64_t>(*top), destructor};
      break;
    }
    default: return;
    }
  }
}
