// C++ types as data, and back: the name of a type identifies it within the session.
#pragma once

#include "session.h"
#include "llvm/ADT/StringMap.h"

namespace rung {

class Types {
public:
  explicit Types(Session &session) : session(session) {}
  // The type that a text names; null with diagnostics in the collector. To be called inside an attempt.
  clang::QualType resolve(llvm::StringRef text);
  bool known(llvm::StringRef text) const { return byName.count(text); }
  // Canonical name, by which the type is found again.
  std::string name(clang::QualType);
  std::string display(clang::QualType);
  // A reply says a type once, in its table, and mentions it by number.
  void openTable();
  unsigned mention(clang::QualType);
  // Describes a type ahead of the first question about it; inside an attempt.
  void prepare(clang::QualType);
  std::vector<std::string> takeTable();
  // After a redefinition a name may mean another type.
  void forget() {
    byName.clear();
    complete.clear();
  }
  unsigned versionOf(clang::QualType) const;
  llvm::DenseMap<const clang::Decl *, unsigned> versions;  // canonical declarations that replaced others

private:
  // JSON of `questions::CppType`; `whole`: no further declaration changes it.
  std::string describe(clang::QualType, bool &whole);

  Session &session;
  llvm::StringMap<clang::QualType> byName;
  llvm::DenseMap<void *, std::string> complete;  // descriptions that no further declaration changes
  llvm::DenseMap<void *, unsigned> mentioned;
  std::vector<std::string> table;
  llvm::DenseMap<void *, std::string> shown;
};

// The text with an alias for each class that has no name: such a class is called by its place, which no text can say.
std::string withAliases(Session &, llvm::StringRef text);
void forgetAliases(Session &);

clang::PrintingPolicy policyOf(clang::ASTContext &, bool canonical);
llvm::json::Object spanAt(Session &, clang::SourceLocation);
Problem placeAt(Session &, clang::SourceLocation);

} // namespace rung
