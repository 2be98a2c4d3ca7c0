// What one input did to the compiler's state, so that a failed input can be taken back: declarations, redeclaration chains,
// template specialisations, instantiated bodies, macros, include guards, Sema's cached std declarations.
#pragma once

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTMutationListener.h"
#include "clang/AST/DeclGroup.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/CodeGen/ModuleBuilder.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Sema/Sema.h"
#include <vector>

namespace rung {

// Something that Sema told the code generator. Kept until the input has succeeded, and after that for the second generator.
struct Event {
  enum Kind { TopLevel, InlineFunction, Interesting, TagDefinition, TagRequired, StaticMember, VTable, Tentative } kind;
  void *what;
};

void replay(const Event &, clang::CodeGenerator &);

struct Transaction {
  clang::TranslationUnitDecl *unit = nullptr;
  std::vector<Event> events;
  std::vector<std::pair<const clang::RedeclarableTemplateDecl *, clang::Decl *>> specializations;
  std::vector<const clang::ValueDecl *> requested;
  std::vector<const clang::FunctionDecl *> completed;  // implicit members that got a body
  std::vector<std::pair<clang::IdentifierInfo *, clang::MacroInfo *>> macros;  // the macro before, or null
  std::vector<clang::FileEntryRef> files;
  clang::LazyDeclPtr stdNamespace, stdBadAlloc, stdAlignVal;
  clang::ClassTemplateDecl *stdInitializerList = nullptr;
  clang::RecordDecl *typeInfo = nullptr;

  void begin(clang::Sema &);
  // Undoes everything; the diagnostics engine is reset by the caller.
  void rollback(clang::Sema &);
  // Takes the input's names out of lookup and keeps what it instantiated.
  void conceal(clang::Sema &);
};

// Takes declarations out of lookup without removing them from the tree.
void hide(clang::Sema &, clang::NamedDecl *);

// The session's consumer: buffers events in the transaction that is open.
class Recorder : public clang::ASTConsumer, public clang::ASTMutationListener {
public:
  Transaction *open = nullptr;
  std::vector<Event> early;  // what a PCH announces before the first input
  // While code is generated a body may bring declarations out of a PCH, which the same module needs.
  clang::CodeGenerator *sink = nullptr;
  std::vector<Event> sunk;

  bool HandleTopLevelDecl(clang::DeclGroupRef d) override { note({Event::TopLevel, d.getAsOpaquePtr()}); return true; }
  void HandleInlineFunctionDefinition(clang::FunctionDecl *d) override { note({Event::InlineFunction, d}); }
  void HandleInterestingDecl(clang::DeclGroupRef d) override { note({Event::Interesting, d.getAsOpaquePtr()}); }
  void HandleTagDeclDefinition(clang::TagDecl *d) override { note({Event::TagDefinition, d}); }
  void HandleTagDeclRequiredDefinition(const clang::TagDecl *d) override {
    note({Event::TagRequired, const_cast<clang::TagDecl *>(d)});
  }
  void HandleCXXStaticMemberVarInstantiation(clang::VarDecl *d) override { note({Event::StaticMember, d}); }
  void HandleVTable(clang::CXXRecordDecl *d) override { note({Event::VTable, d}); }
  void CompleteTentativeDefinition(clang::VarDecl *d) override { note({Event::Tentative, d}); }
  clang::ASTMutationListener *GetASTMutationListener() override { return this; }

  void AddedCXXTemplateSpecialization(const clang::ClassTemplateDecl *t,
                                      const clang::ClassTemplateSpecializationDecl *d) override;
  void AddedCXXTemplateSpecialization(const clang::VarTemplateDecl *t,
                                      const clang::VarTemplateSpecializationDecl *d) override;
  void AddedCXXTemplateSpecialization(const clang::FunctionTemplateDecl *t, const clang::FunctionDecl *d) override;
  void InstantiationRequested(const clang::ValueDecl *d) override;
  void CompletedImplicitDefinition(const clang::FunctionDecl *d) override;
  void FunctionDefinitionInstantiated(const clang::FunctionDecl *d) override;

private:
  void note(Event e) {
    if (open) {
      open->events.push_back(e);
    } else if (sink) {
      sunk.push_back(e);
      replay(e, *sink);
    } else {
      early.push_back(e);
    }
  }
};

// Watches macros and files for the open transaction.
class Watcher : public clang::PPCallbacks {
public:
  Watcher(Recorder &recorder, clang::SourceManager &sources) : recorder(recorder), sources(sources) {}
  void MacroDefined(const clang::Token &, const clang::MacroDirective *) override;
  void MacroUndefined(const clang::Token &, const clang::MacroDefinition &, const clang::MacroDirective *) override;
  void FileChanged(clang::SourceLocation, FileChangeReason, clang::SrcMgr::CharacteristicKind, clang::FileID) override;

private:
  Recorder &recorder;
  clang::SourceManager &sources;
};

} // namespace rung
