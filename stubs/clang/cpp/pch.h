// Precompiled headers, kept for the next process: keyed by the flags, the list of headers and our prelude; Clang itself checks
// the content of every header that went in.
#pragma once

#include "session.h"

namespace rung {

bool precompile(const Config &, const std::string &source, const std::string &path, std::string &error);

class Pch {
public:
  Pch(const Config &, llvm::StringRef prelude, const std::vector<std::string> &lines);
  // Path of the stored file, if it is there and undamaged; else empty.
  std::string find() const;
  const std::string &file() const { return path; }
  // Builds it unless another process is at it. A process that dies here leaves nothing that others would take for whole.
  bool build(std::string &error) const;
  // Removes what was left half done, and the oldest where all together are too large.
  void tidy() const;
  static void remove(const std::string &path);

private:
  Config config;
  std::string text, path;
};

} // namespace rung
