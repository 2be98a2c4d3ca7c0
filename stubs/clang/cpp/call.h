// A call in the widest sense, built as Clang's own tree: overloads, conversions, default arguments and temporaries are Sema's.
#pragma once

#include "types.h"
#include <optional>

namespace rung {

enum class Category { Lvalue, Xvalue, Prvalue };

struct Arg {
  enum Kind { Native, Boxed, Callback, Of } kind = Native;
  std::string type;  // of `Of` the number of the question in its series that is spoken of
  std::string literal;  // the argument's C++ text, where the call wants a constant of it
  Category category = Category::Prvalue;
  bool local = false;  // of `Of`: as the variable that was initialised with it
};

struct Callee {
  enum Kind { Name, Method, Field, Construct, New, Delete, Destroy, Operator, Invoke, Cast, Variable, Expression, Copy, Move };
  Kind kind = Name;
  std::string text;  // the name, type, token or expression
  bool unchecked = false;
};

struct Site {
  Callee callee;
  std::vector<Arg> args;
  unsigned version = 0;
};

std::optional<Site> siteFrom(const llvm::json::Object &, std::string &error);
// `[callee, its text, unchecked, type, category, type, …]`: how a form's questions come; a category of `b`, `c` is no type's,
// one that begins with `=` is a literal's text.
std::optional<Site> siteFrom(const llvm::json::Array &, std::string &error);

// An argument while a call is built. `memory`: an lvalue of the object; absent in a question, which runs nothing.
struct Operand {
  clang::QualType type;
  Category category;
  clang::Expr *memory = nullptr;
  unsigned index = 0;  // which argument
  std::string literal;  // as `Arg`'s
};

// What a name stands for.
struct Named {
  enum Kind { Nothing, Namespace, Type, ClassTemplate, Functions, Variable, EnumConstant, Macro } kind = Nothing;
  clang::QualType type;
  clang::NamedDecl *decl = nullptr;
  std::vector<clang::NamedDecl *> all;
  bool functionMacro = false;
  bool needsText = false;  // explicit template arguments: the parser resolves it best
};

class Calls {
public:
  Calls(Session &session, Types &types) : session(session), types(types) {}

  Named find(llvm::StringRef name);
  // The context that a qualified name's last part is sought in; null when a part is unknown.
  clang::DeclContext *contextOf(llvm::StringRef qualifier);
  // Null when it failed: the collector or `own` says why. Runs inside `Function`'s scope.
  clang::Expr *build(const Callee &, std::vector<Operand> &);
  // Gives boxed arguments the types of the parameters of the one function that fits. False: `own` says why not.
  bool settle(Site &, std::vector<Operand> &);
  std::optional<llvm::json::Object> own;  // a diagnostic of ours
  std::vector<clang::Stmt *> prelude;     // variables that the expression's text needs
  llvm::DenseMap<const clang::Expr *, unsigned> given;  // which argument a placeholder of a question stands for
  llvm::DenseMap<const clang::Decl *, unsigned> givenNames;  // the same for `$0` in a text

  // A function that the expression stands in: `void name(void*, void** args, void* ret)`.
  clang::FunctionDecl *function(llvm::StringRef name);
  std::vector<Operand> operandsOf(const Site &, clang::FunctionDecl *, bool real);
  clang::Expr *cast(clang::Expr *, clang::QualType);

  Session &session;
  Types &types;

private:
  clang::Expr *value(const Operand &);
  const clang::FunctionDecl *specialised(const std::string &text);
  clang::Expr *parsed(const std::string &text, std::vector<Operand> &);
  clang::Expr *nameCall(llvm::StringRef name, std::vector<Operand> &);
  clang::Expr *construct(clang::QualType, std::vector<Operand> &, size_t from);
  clang::Expr *member(llvm::StringRef name, const Operand &object);
  clang::Expr *operation(llvm::StringRef token, std::vector<Operand> &);
  clang::Expr *reference(const Named &);
  clang::Expr *fail(llvm::StringRef code, const llvm::Twine &message);
  std::string argsText(const std::vector<Operand> &, size_t from);
  clang::SourceLocation here() { return session.nowhere(); }
  clang::Scope *scope() { return session.parser().getCurScope(); }
};

} // namespace rung
