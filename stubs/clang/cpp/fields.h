// The fields of a JSON object as text, written as they come. LLVM's own objects are hash tables of some kilobytes each, which a
// form's hundred answers, with ten objects each, would pay for.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace rung {

class Fields {
public:
  Fields &raw(llvm::StringRef key, llvm::StringRef json) {
    text += text.empty() ? "{\"" : ",\"";
    text.append(key.data(), key.size());
    text += "\":";
    text.append(json.data(), json.size());
    return *this;
  }
  Fields &string(llvm::StringRef key, llvm::StringRef value) { return raw(key, quoted(value)); }
  Fields &number(llvm::StringRef key, int64_t value) { return raw(key, std::to_string(value)); }
  Fields &flag(llvm::StringRef key, bool value) { return raw(key, value ? "true" : "false"); }
  std::string done() {
    if (text.empty()) text = "{";
    text += '}';
    return std::move(text);
  }

  // `value` as a JSON string; it is UTF-8.
  static std::string quoted(llvm::StringRef value) {
    std::string out;
    out.reserve(value.size() + 2);
    out += '"';
    auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
    if (llvm::all_of(value, plain)) return out.append(value.data(), value.size()) + '"';
    for (char c : value) {
      if (c == '"' || c == '\\') out += '\\', out += c;
      else if (static_cast<unsigned char>(c) >= 0x20) out += c;
      else {
        char escaped[8];
        snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned char>(c));
        out += escaped;
      }
    }
    return out + '"';
  }
  // `[a,b]` of texts that are JSON already.
  template <class List> static std::string list(const List &items) {
    std::string out = "[";
    for (auto &item : items) {
      if (out.size() > 1) out += ',';
      out += item;
    }
    return out + ']';
  }

private:
  std::string text;
};

inline std::string rendered(const llvm::json::Value &v) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  stream << v;
  stream.flush();
  return out;
}

} // namespace rung
