// Questions about names, types and calls, answered as data. Nothing is emitted.
#pragma once

#include "call.h"

namespace rung {

// What the questions of a series were about so far: the types and categories of results, of the objects that names stand for.
// Null types: of what failed or is no expression.
struct Series {
  struct About {
    clang::QualType type;
    Category category = Category::Prvalue;
  };
  std::vector<About> all;
};

class Asker {
public:
  Asker(Session &session, Types &types) : session(session), types(types) {}
  Series::About about;  // the last question
  // `{"Ok": answer}` or `{"Err": diagnostic}`, as JSON.
  std::string answer(const llvm::json::Object &question);
  std::string answer(const Site &);
  // Puts the types of what a site speaks of in their place. False: one has none.
  bool complete(Site &, const Series &);
  llvm::json::Array complete(llvm::StringRef prefix, llvm::StringRef header);

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
