// One compiler that stays: source in, declarations kept, modules out. Everything of Clang that lives between inputs.
#pragma once

#include "diagnostics.h"
#include "transaction.h"
#include "clang/AST/GlobalDecl.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Parse/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include <functional>
#include <memory>

namespace rung {

struct Config {
  std::vector<std::string> includeDirs, flags, headers;
  std::string cacheDir;
  std::string builder;  // a program that precompiles headers when this process ends; empty: it is done here, when idle
  std::string pch;  // a ready precompiled header, or empty
  unsigned seconds = 0, mebibytes = 0;  // what one request may take; 0: no limit
};

class Session {
public:
  static std::unique_ptr<Session> open(const Config &, std::string &error);
  ~Session();

  // Parses text at global scope. False: nothing of it is left, the collector holds why.
  bool parse(llvm::StringRef text, const Place &, Transaction &);
  // Runs `body` on the tokens of `text`, which the parser stands at; true if it succeeded and nothing was left over.
  bool snippet(llvm::StringRef text, const std::function<bool()> &body);
  // Instantiates what `body` needed. False and taken back when anything complained.
  bool attempt(Transaction &, const std::function<bool()> &body);

  // Feeds a successful input to the owner; the module holds its definitions. Null when code generation complained.
  // `wanted`: definitions that it must hold, where the session has them.
  std::unique_ptr<llvm::Module> emit(Transaction &, bool logging = true, llvm::ArrayRef<clang::GlobalDecl> wanted = {});
  // Keeps the instantiations of an input that emits nothing.
  void keep(Transaction &);
  // The second generator, for code that is optimised: it knows all that the owner knows, and defines nothing itself.
  std::unique_ptr<llvm::Module> emitForOptimizer(llvm::ArrayRef<Event> own);

  // The symbols of these functions have gone on to other bodies.
  void supersede(llvm::ArrayRef<clang::FunctionDecl *>);

  clang::Sema &sema() { return ci->getSema(); }
  clang::ASTContext &ast() { return ci->getASTContext(); }
  clang::Preprocessor &pp() { return ci->getPreprocessor(); }
  clang::SourceManager &sources() { return ci->getSourceManager(); }
  clang::Parser &parser() { return *parse_; }
  clang::CodeGenerator &owner() { return *owner_; }
  clang::CodeGenerator &optimizer();
  // A place inside the session's main file, for what nobody wrote.
  clang::SourceLocation nowhere();
  void resetErrors();

  llvm::LLVMContext context, optimizerContext;
  Collector collector;
  std::unique_ptr<clang::CompilerInstance> ci;
  Recorder *recorder = nullptr;  // owned by ci
  std::vector<Event> log;        // all that was committed, for the second generator
  llvm::DenseSet<const clang::FunctionDecl *> rawFunctions;
  llvm::StringMap<clang::GlobalDecl> named;  // what symbols in answers stand for
  std::vector<std::string> mentioned;        // those of them whose addresses were not sought yet
  std::vector<std::string> backendErrors;    // what code generation said: inline assembly

private:
  void enter(llvm::StringRef text, const Place &, const char *name);
  std::unique_ptr<clang::FrontendAction> action;
  std::unique_ptr<clang::Parser> parse_;
  std::unique_ptr<clang::CodeGenerator> owner_, optimizer_;
  size_t fed = 0;  // events of the log that the optimizer has met
  std::vector<clang::FunctionDecl *> superseded;  // since then
  unsigned inputs = 0, modules = 0;
};

} // namespace rung
