// What C++ code may ask of the language: a table of functions, bound when the first generated code needs it.
// Words are opaque here. A word may stand on a stack, in a register and in a rung::root, nowhere else: the collector
// does not look into malloc memory.
#pragma once

#include <exception>

namespace rung {

using word = unsigned long;
using size = unsigned long;

// What is in a thread's block and in a function object, as far as a callback goes on its own.
namespace inside {
struct thread {
  unsigned long limit;
  word *vtop, *vend;
  word pending;
};
struct code {
  void *entries[9];
  const word *consts;
  const void *feedback;
  int calls, backedges;
  void *special;
  unsigned long special_signature;
};
struct function {
  unsigned long header;
  const code *of;
};
} // namespace inside

// Every function that can fail answers 0 for success; otherwise an error is pending in the thread.
struct runtime {
  unsigned version, bytes;
  word nil;
  word (*from_bool)(int);
  word (*from_long)(long);
  word (*from_ulong)(unsigned long);
  word (*from_double)(double);
  word (*from_char)(unsigned);
  word (*from_text)(const char *, size);
  int (*to_bool)(word, int *out);
  int (*to_long)(word, long least, long greatest, const char *type, long *out);
  int (*to_ulong)(word, unsigned long greatest, const char *type, unsigned long *out);
  int (*to_double)(word, int is_float, const char *type, double *out);
  int (*to_char)(word, unsigned greatest, const char *type, unsigned *out);
  int (*to_text)(word, const char *type, const char **text, size *bytes);
  // A box that owns nothing; a null pointer is nil.
  word (*box)(const void *, const char *pointee);
  // The pointer in a box of `pointee`; nil is null.
  int (*unbox)(word, const char *pointee, void **out);
  // The error of a null pointer where an object is needed.
  int (*null_object)(const char *type);
  // A box that owns what malloc gave; `destroy` may be null.
  word (*own)(void *object, const char *type, void (*destroy)(void *));
  // Roots.
  void *(*root_new)(word);
  word (*root_get)(void *);
  void (*root_free)(void *);
  // Callbacks. `attach` makes the calling thread known to the language.
  inside::thread *(*attach)();
  void *(*callback_of)(word function);
  // `user`: which argument is a `void*` that the function may have left out of its parameters, or -1.
  word (*invoke)(void *callback, const word *args, size n, long user);
  void *(*callback_share)(void *callback);
  void (*callback_free)(void *callback);
  // Keeps `v` alive until the callback's next call: what a returned pointer points into.
  void (*callback_keep)(void *callback, word v);
  // Errors. `take_error`: the pending error as a root; `set_error` makes it pending again; `error_text` is what() of it.
  void *(*take_error)();
  void (*set_error)(void *root);
  const char *(*error_text)(void *root, char *buffer, size bytes);
  // Throws the pending error as a `rung::error`.
  void (*throw_pending)();
  // For a callback that must not throw: the exception being handled becomes the error of the outer call.
  void (*leave_caught)(void *callback);
  // A row of words, in two words of the caller's stack. `row_of`: the items of a collection (nil has none).
  void (*row_new)(unsigned long *row);
  void (*row_add)(unsigned long *row, word);
  int (*row_of)(word, const char *type, unsigned long *row);
  size (*row_size)(const unsigned long *row);
  word (*row_item)(const unsigned long *row, size i);
  // A collection made of a row: 'v' vector, 'm' map (keys and values in turn), 's' set.
  int (*row_end)(const unsigned long *row, char kind, word *out);
  // The error of a collection that has not the wanted number of items.
  int (*wrong_size)(size has, size wanted, const char *type);
  // The error of a callable that takes another number of arguments.
  int (*wrong_arity)(size given, const char *type);
  // The error of a value that is nothing the type takes.
  int (*not_a)(word, const char *type);
  // Boxes as `box` makes them, the type looked up once: `box_type` gives what `box_as` takes.
  const void *(*box_type)(const char *pointee);
  word (*box_as)(const void *, const void *box_type);
  // Many numbers at once; `kind` as `number_kind` has it. `numbers_in` asks `resize` for room, null: there is none.
  word (*numbers_out)(char kind, const void *first, size n);
  int (*numbers_in)(word, char kind, const char *type, const char *item, void *object, void *(*resize)(void *object, size n));
  // The items of a typed array of the kind, in place, as long as the array lives. With the items' type: or a copy of any
  // collection, which lives as long as `first` lies on a stack.
  int (*array_of)(word, char kind, const char *type, const char *item, void **first, size *n);
  // A text of `stubs/src/callback/signature.rs` was called often.
  void (*callback_hot)(void *record);
  // Where a thread's block is named, from the thread pointer, or 0 where that is not known; what is in the block.
  long thread_at;
  unsigned long depth_at;
};

// Words that need no look at the heap. Whoever changes the layout changes `stubs/src/runtime.rs`, which checks it.
namespace words {
constexpr word nil = 0x02, no = 0x0a, yes = 0x12, absent = 0x17, thrown = 0x07;

#define RUNG_ALWAYS inline __attribute__((always_inline))
RUNG_ALWAYS bool is_long(word v) { return (v & 7) == 0; }
RUNG_ALWAYS long as_long(word v) { return static_cast<long>(v) >> 3; }
RUNG_ALWAYS bool is_double(word v) { return (v & 6) == 4; }
RUNG_ALWAYS double as_double(word v) {
  word b = (v >> 4 | v << 60) - (1ul << 60);
  double d;
  __builtin_memcpy(&d, &b, 8);
  return d;
}
RUNG_ALWAYS bool of_long(long n, word *out) { return !__builtin_mul_overflow(n, 8l, reinterpret_cast<long *>(out)); }
RUNG_ALWAYS bool of_double(double d, word *out) {
  word b;
  __builtin_memcpy(&b, &d, 8);
  b += 1ul << 60;
  *out = b << 4 | b >> 60;
  return (*out & 6) == 4;
}
} // namespace words

} // namespace rung

extern "C" const ::rung::runtime *rung_runtime;
