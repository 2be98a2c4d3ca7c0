// std::string, std::string_view and long double from the outside: what Rust cannot lay out itself.
#include <cstddef>
#include <new>
#include <string>
#include <string_view>

extern "C" {

const char *rung_string_data(const void *s, size_t *bytes) {
  auto &text = *static_cast<const std::string *>(s);
  *bytes = text.size();
  return text.data();
}

// 0: made. 1: no memory.
int rung_string_make(void *into, const char *text, size_t bytes) {
  try {
    new (into) std::string(text, bytes);
    return 0;
  } catch (...) {
    return 1;
  }
}

void rung_string_destroy(void *s) { static_cast<std::string *>(s)->~basic_string(); }

const char *rung_view_data(const void *s, size_t *bytes) {
  auto &text = *static_cast<const std::string_view *>(s);
  *bytes = text.size();
  return text.data();
}

void rung_view_make(void *into, const char *text, size_t bytes) { new (into) std::string_view(text, bytes); }

double rung_long_double_get(const void *p) { return static_cast<double>(*static_cast<const long double *>(p)); }
void rung_long_double_set(void *p, double d) { *static_cast<long double *>(p) = d; }
}
