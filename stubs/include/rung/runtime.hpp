// What C++ code may ask of the language: a table of functions, bound when the first generated code needs it.
// Words are opaque here. A word may stand on a stack, in a register and in a rung::root, nowhere else: the collector
// does not look into malloc memory.
#pragma once

#include <exception>

namespace rung {

using word = unsigned long;
using size = unsigned long;

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
  // Callbacks. `enter` makes the calling thread known; not 0: an error is on its way already, nothing may run.
  int (*enter)();
  void (*leave)();
  // `user`: which argument is a `void*` that the function may have left out of its parameters, or -1.
  int (*invoke)(void *callback, const word *args, size n, long user, word *out);
  void *(*callback_share)(void *callback);
  void (*callback_free)(void *callback);
  // Keeps `v` alive until the callback's next call: what a returned pointer points into.
  void (*callback_keep)(void *callback, word v);
  // Errors. `take_error`: the pending error as a root; `set_error` makes it pending again; `error_text` is what() of it.
  void *(*take_error)();
  void (*set_error)(void *root);
  const char *(*error_text)(void *root, char *buffer, size bytes);
  // For a callback that must not throw: the pending error, or the exception, becomes the error of the outer call.
  void (*leave_error)(void *callback);
  void (*leave_exception)(void *callback, const std::exception_ptr *);
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
};

} // namespace rung

extern "C" const ::rung::runtime *rung_runtime;
