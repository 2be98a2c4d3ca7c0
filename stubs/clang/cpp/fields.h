// The fields of a JSON object as text, written as they come. LLVM's own objects are hash tables of some kilobytes each, which a
// form's hundred answers, with ten objects each, would pay for.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <charconv>
#include <string>

namespace rung {

class Fields {
public:
  // `room`: how many bytes there may be.
  explicit Fields(size_t room = 256) { text.reserve(room); }

  Fields &raw(llvm::StringRef key, llvm::StringRef json) {
    begin(key);
    text.append(json.data(), json.size());
    return *this;
  }
  Fields &string(llvm::StringRef key, llvm::StringRef value) {
    begin(key);
    quote(text, value);
    return *this;
  }
  Fields &number(llvm::StringRef key, int64_t value) {
    begin(key);
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text.append(digits, end);
    return *this;
  }
  Fields &flag(llvm::StringRef key, bool value) { return raw(key, value ? "true" : "false"); }
  std::string done() {
    if (text.empty()) text = '{';
    text += '}';
    return std::move(text);
  }

  // `value` as a JSON string; it is UTF-8.
  static std::string quoted(llvm::StringRef value) {
    std::string out;
    out.reserve(value.size() + 2);
    quote(out, value);
    return out;
  }
  // `[a,b]` of texts that are JSON already.
  template <class List> static std::string list(const List &items) {
    size_t room = 2;
    for (auto &item : items) room += item.size() + 1;
    std::string out;
    out.reserve(room);
    out += '[';
    for (auto &item : items) {
      if (out.size() > 1) out += ',';
      out += item;
    }
    out += ']';
    return out;
  }

private:
  void begin(llvm::StringRef key) {
    text += text.empty() ? '{' : ',';
    text += '"';
    text.append(key.data(), key.size());
    text += "\":";
  }
public:
  // `value` as a JSON string behind what `out` has.
  static void quote(std::string &out, llvm::StringRef value) {
    auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
    out += '"';
    if (llvm::all_of(value, plain)) {
      out.append(value.data(), value.size());
    } else {
      for (char c : value) {
        if (plain(c)) out += c;
        else if (c == '"' || c == '\\') out += '\\', out += c;
        else {
          char escaped[8];
          snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned char>(c));
          out += escaped;
        }
      }
    }
    out += '"';
  }

private:
  std::string text;
};

// The items of a JSON array, written as they come.
class Row {
public:
  explicit Row(size_t room) {
    text.reserve(room);
    text = '[';
  }
  Row &raw(llvm::StringRef json) {
    begin();
    text.append(json.data(), json.size());
    return *this;
  }
  Row &string(llvm::StringRef value) {
    begin();
    Fields::quote(text, value);
    return *this;
  }
  Row &number(int64_t value) {
    begin();
    char digits[24];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }
  Row &flag(bool value) { return raw(value ? "true" : "false"); }
  std::string done() {
    text += ']';
    return std::move(text);
  }

private:
  void begin() {
    if (text.size() > 1) text += ',';
  }
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
