// Is a text complete? An incremental parser waits for ever for the end of what was left open.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace rung {

struct Imbalance {
  std::string message;
  const char *code;
  unsigned line, column;  // within the text, from 1
};

std::optional<Imbalance> imbalance(llvm::StringRef text);

// Length of the leading part of `text` that holds only #include lines, comments and blanks. Headers are read apart, so that an
// error in what follows does not take them back.
size_t leadingIncludes(llvm::StringRef text);

} // namespace rung
