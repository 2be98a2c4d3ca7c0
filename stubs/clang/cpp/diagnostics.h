// What Clang complains about, kept as data and turned into the project's diagnostics with their codes.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/JSON.h"
#include <string>
#include <vector>

namespace rung {

// Where a user's text stands: the name and first line that the request gave. No file: a question's text, which has no place.
struct Place {
  std::string file;
  unsigned line = 1;
};

// One message of Clang's, with the notes that follow it.
struct Problem {
  unsigned id = 0;
  clang::DiagnosticsEngine::Level level = clang::DiagnosticsEngine::Error;
  std::string text;
  std::string file;
  unsigned line = 0, column = 0, endLine = 0, endColumn = 0;
  bool user = false;                   // the place lies in a text of the user's, not in a header
  clang::SourceLocation location;      // expansion location, for finding declarations again
  std::vector<Problem> notes;
  std::vector<Problem> includes;       // the chain of #include lines that led here, innermost first
};

// Receives Clang's diagnostics. `take` hands over what came since the last time.
class Collector : public clang::DiagnosticConsumer {
public:
  void HandleDiagnostic(clang::DiagnosticsEngine::Level, const clang::Diagnostic &) override;
  void remember(clang::FileID, Place);
  // What complains without a place of its own complains about no text: a question, not an input.
  void nothingIsRead();
  const Place *placeOf(clang::FileID) const;
  bool failed() const;
  std::vector<Problem> take();
  std::vector<Problem> problems;

private:
  void locate(const clang::Diagnostic &, Problem &);
  llvm::DenseMap<clang::FileID, Place> places;
};

std::string clean(llvm::StringRef);  // valid UTF-8, as JSON wants it

// `fallback`: the code of errors that no rule names.
llvm::json::Object diagnosticOf(const Problem &, llvm::StringRef fallback);
llvm::json::Array errorsOf(const std::vector<Problem> &, llvm::StringRef fallback);
llvm::json::Array warningsOf(const std::vector<Problem> &);
llvm::json::Object diagnostic(llvm::StringRef code, llvm::StringRef message);
llvm::json::Object spanOf(const Problem &);
const char *codeOf(const Problem &, llvm::StringRef fallback);

} // namespace rung
