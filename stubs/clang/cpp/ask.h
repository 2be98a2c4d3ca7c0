// Questions about names, types and calls, answered as data. Nothing is emitted.
#pragma once

#include "call.h"

namespace rung {

class Asker {
public:
  Asker(Session &session, Types &types) : session(session), types(types) {}
  // `{"Ok": answer}` or `{"Err": diagnostic}`, as JSON.
  std::string answer(const llvm::json::Object &question);
  std::string answer(const Site &);
  llvm::json::Array complete(llvm::StringRef prefix);

private:
  std::optional<llvm::json::Object> name(Calls &, llvm::StringRef);
  std::optional<llvm::json::Object> value(Calls &, llvm::StringRef);
  std::optional<std::string> call(Calls &, Site);
  std::string settled(Calls &, Transaction &, bool good, llvm::StringRef kind, const std::string &fields, llvm::StringRef fallback);
  std::optional<llvm::json::Object> member(Calls &, llvm::StringRef type, llvm::StringRef name);
  llvm::json::Object overload(const clang::NamedDecl *);
  llvm::json::Object declared(Calls &, const Named &);
  void nearest(clang::DeclContext *, llvm::StringRef name, llvm::json::Object &diagnostic);
  Session &session;
  Types &types;
  clang::FunctionDecl *asking = nullptr;  // where the expressions of a request stand
};

// Scope of a function whose body is being built.
class Body {
public:
  Body(Session &, clang::FunctionDecl *);
  ~Body();

private:
  Session &session;
  clang::Sema::SynthesizedFunctionScope inside;
};

} // namespace rung
