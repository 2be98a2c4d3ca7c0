// Taking a failed input back. Clang offers no such thing: what is private in its classes is reached through explicit
// instantiations, which the language allows to name private members.
#include "transaction.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclContextInternals.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/SemaInternal.h"

using namespace clang;

namespace {

// Private members by explicit instantiation.
template <auto Member, class Tag> struct Reach {
  friend constexpr auto reach(Tag) { return Member; }
};

// The tags by which those are found again.
struct ClassSpecs { friend constexpr auto reach(ClassSpecs); };
struct VarSpecs { friend constexpr auto reach(VarSpecs); };
struct FunctionSpecs { friend constexpr auto reach(FunctionSpecs); };
struct ClassPartials { friend constexpr auto reach(ClassPartials); };
struct Definition { friend constexpr auto reach(Definition); };
struct DelayedTypos { friend constexpr auto reach(DelayedTypos); };
template struct Reach<static_cast<llvm::FoldingSetVector<ClassTemplateSpecializationDecl> &(ClassTemplateDecl::*)() const>(&ClassTemplateDecl::getSpecializations), ClassSpecs>;
template struct Reach<static_cast<llvm::FoldingSetVector<VarTemplateSpecializationDecl> &(VarTemplateDecl::*)() const>(&VarTemplateDecl::getSpecializations), VarSpecs>;
template struct Reach<static_cast<llvm::FoldingSetVector<FunctionTemplateSpecializationInfo> &(FunctionTemplateDecl::*)() const>(&FunctionTemplateDecl::getSpecializations), FunctionSpecs>;
template struct Reach<static_cast<llvm::FoldingSetVector<ClassTemplatePartialSpecializationDecl> &(ClassTemplateDecl::*)() const>(&ClassTemplateDecl::getPartialSpecializations), ClassPartials>;
template struct Reach<&CXXRecordDecl::DefinitionData, Definition>;
template struct Reach<&Sema::DelayedTypos, DelayedTypos>;

#pragma GCC diagnostic ignored "-Wnon-template-friend"
template <class T> struct SetPart { friend constexpr auto reach(SetPart); };
template <class T> struct VectorPart { friend constexpr auto reach(VectorPart); };
#define PARTS(T)                                                                                                       \
  template struct Reach<&llvm::FoldingSetVector<T>::Set, SetPart<T>>;                                                  \
  template struct Reach<&llvm::FoldingSetVector<T>::Vector, VectorPart<T>>;
PARTS(ClassTemplateSpecializationDecl)
PARTS(VarTemplateSpecializationDecl)
PARTS(FunctionTemplateSpecializationInfo)
PARTS(ClassTemplatePartialSpecializationDecl)

template <class T> void drop(llvm::FoldingSetVector<T> &all, T *one) {
  auto &set = all.*reach(SetPart<T>());
  auto &vector = all.*reach(VectorPart<T>());
  auto it = std::find(vector.begin(), vector.end(), one);
  if (it == vector.end()) return;
  set.RemoveNode(one);
  vector.erase(it);
}

// Redeclaration chains: protected, so a derived class may name the link.
template <class D> struct Chain : Redeclarable<D> {
  static auto link() { return &Chain::RedeclLink; }
};

using Set = llvm::SmallPtrSet<Decl *, 32>;

template <class D> D *unlink(D *d, const Set &failed) {
  D *first = d->getFirstDecl();
  if (first == d || failed.count(first)) return nullptr;
  D *kept = d;
  while (kept && failed.count(kept)) kept = kept->getPreviousDecl();
  if (!kept) return nullptr;
  D *latest = first->getMostRecentDecl();
  if (failed.count(latest))
    (static_cast<Redeclarable<D> *>(first)->*Chain<D>::link()).setLatest(kept);
  return kept;
}

void collect(DeclContext *context, Set &all, std::vector<NamedDecl *> &named) {
  for (Decl *d : context->decls()) {
    all.insert(d);
    if (auto *n = dyn_cast<NamedDecl>(d)) named.push_back(n);
    if (auto *t = dyn_cast<RedeclarableTemplateDecl>(d))
      if (auto *inner = t->getTemplatedDecl()) all.insert(inner);
    if (isa<NamespaceDecl>(d) || isa<LinkageSpecDecl>(d) || isa<ExportDecl>(d)) collect(cast<DeclContext>(d), all, named);
    if (auto *e = dyn_cast<EnumDecl>(d); e && !e->isScoped())
      for (auto *c : e->enumerators()) all.insert(c), named.push_back(c);
  }
}

// Clang rebuilds lookup tables from the declarations of a context; one without an identifier namespace is passed over.
struct Blind : Decl {
  static void fold(Decl *d) { static_cast<Blind *>(d)->IdentifierNamespace = 0; }
};

void removeFrom(DeclContext *context, NamedDecl *d) {
  StoredDeclsMap *map = context->getPrimaryContext()->getLookupPtr();
  if (!map) return;
  auto it = map->find(d->getDeclName());
  if (it == map->end()) return;
  for (NamedDecl *other : it->second.getLookupResult())
    if (other == d) {
      it->second.remove(d);
      if (it->second.isNull()) map->erase(d->getDeclName());
      return;
    }
}

void removeFromLookup(Sema &sema, NamedDecl *d) {
  if (!d->getDeclName()) return;
  DeclContext *context = d->getDeclContext();
  while (context) {
    DeclContext *home = context->getRedeclContext();
    removeFrom(home, d);
    // Names of inline namespaces and unscoped enums are seen from outside too.
    auto *e = dyn_cast<EnumDecl>(context);
    if (!home->isInlineNamespace() && !(e && !e->isScoped())) break;
    context = home->getParent();
  }
  if (!isa<UsingDirectiveDecl>(d)) Blind::fold(d);
  // extern "C" names are one across all namespaces.
  removeFrom(sema.Context.getExternCContextDecl(), d);
  if (sema.TUScope && sema.TUScope->isDeclScope(d)) sema.TUScope->RemoveDecl(d);
  auto kind = d->getDeclName().getNameKind();
  if (kind != DeclarationName::CXXUsingDirective && kind != DeclarationName::CXXDeductionGuideName && d->getDeclName().getFETokenInfo())
    for (auto it = sema.IdResolver.begin(d->getDeclName()); it != sema.IdResolver.end(); ++it)
      if (*it == d) {
        sema.IdResolver.RemoveDecl(d);
        break;
      }
}

void reveal(NamedDecl *d) {
  DeclContext *primary = d->getDeclContext()->getRedeclContext()->getPrimaryContext();
  if (StoredDeclsMap *map = primary->getLookupPtr()) {
    auto &list = (*map)[d->getDeclName()];
    for (NamedDecl *other : list.getLookupResult())
      if (other->getCanonicalDecl() == d->getCanonicalDecl()) return;
    list.prependDeclNoReplace(d);
  }
}

NamedDecl *unlinkAny(NamedDecl *d, const Set &failed) {
  if (auto *t = dyn_cast<RedeclarableTemplateDecl>(d)) {
    auto *kept = unlink<RedeclarableTemplateDecl>(t, failed);
    if (auto *inner = dyn_cast_or_null<FunctionDecl>(t->getTemplatedDecl())) unlink<FunctionDecl>(inner, failed);
    if (auto *inner = dyn_cast_or_null<TagDecl>(t->getTemplatedDecl())) unlinkAny(inner, failed);
    return kept;
  }
  if (auto *f = dyn_cast<FunctionDecl>(d)) return unlink<FunctionDecl>(f, failed);
  if (auto *v = dyn_cast<VarDecl>(d)) return unlink<VarDecl>(v, failed);
  if (auto *n = dyn_cast<TypedefNameDecl>(d)) return unlink<TypedefNameDecl>(n, failed);
  if (auto *n = dyn_cast<NamespaceDecl>(d)) return unlink<NamespaceDecl>(n, failed);
  if (auto *tag = dyn_cast<TagDecl>(d)) {
    auto *kept = unlink<TagDecl>(tag, failed);
    if (auto *record = dyn_cast<CXXRecordDecl>(d); record && kept && record->isThisDeclarationADefinition())
      for (auto *other : kept->redecls())
        cast<CXXRecordDecl>(other)->*reach(Definition()) = nullptr;
    return kept;
  }
  return nullptr;
}

// The next use of a specialisation that was touched by a failed input instantiates it again.
void forget(const ValueDecl *value) {
  if (auto *f = const_cast<FunctionDecl *>(dyn_cast<FunctionDecl>(value))) {
    if (!f->isTemplateInstantiation()) return;
    f->setBody(nullptr);
    f->setInvalidDecl(false);
    f->setInstantiationIsPending(false);
    if (auto *info = f->getMemberSpecializationInfo()) info->setPointOfInstantiation(SourceLocation());
    if (auto *info = f->getTemplateSpecializationInfo()) info->setPointOfInstantiation(SourceLocation());
  } else if (auto *v = const_cast<VarDecl *>(dyn_cast<VarDecl>(value))) {
    if (auto *info = v->getMemberSpecializationInfo(); info && !v->hasInit()) info->setPointOfInstantiation(SourceLocation());
  }
}

} // namespace

namespace rung {

void replay(const Event &e, CodeGenerator &to) {
  switch (e.kind) {
  case Event::TopLevel: to.HandleTopLevelDecl(DeclGroupRef::getFromOpaquePtr(e.what)); break;
  case Event::InlineFunction: to.HandleInlineFunctionDefinition(static_cast<FunctionDecl *>(e.what)); break;
  case Event::Interesting: to.HandleInterestingDecl(DeclGroupRef::getFromOpaquePtr(e.what)); break;
  case Event::TagDefinition: to.HandleTagDeclDefinition(static_cast<TagDecl *>(e.what)); break;
  case Event::TagRequired: to.HandleTagDeclRequiredDefinition(static_cast<TagDecl *>(e.what)); break;
  case Event::StaticMember: to.HandleCXXStaticMemberVarInstantiation(static_cast<VarDecl *>(e.what)); break;
  case Event::VTable: to.HandleVTable(static_cast<CXXRecordDecl *>(e.what)); break;
  case Event::Tentative: to.CompleteTentativeDefinition(static_cast<VarDecl *>(e.what)); break;
  }
}

void Recorder::AddedCXXTemplateSpecialization(const ClassTemplateDecl *t, const ClassTemplateSpecializationDecl *d) {
  if (open) open->specializations.push_back({t, const_cast<ClassTemplateSpecializationDecl *>(d)});
}
void Recorder::AddedCXXTemplateSpecialization(const VarTemplateDecl *t, const VarTemplateSpecializationDecl *d) {
  if (open) open->specializations.push_back({t, const_cast<VarTemplateSpecializationDecl *>(d)});
}
void Recorder::AddedCXXTemplateSpecialization(const FunctionTemplateDecl *t, const FunctionDecl *d) {
  if (open) open->specializations.push_back({t, const_cast<FunctionDecl *>(d)});
}
void Recorder::InstantiationRequested(const ValueDecl *d) {
  if (open) open->requested.push_back(d);
}

void Recorder::CompletedImplicitDefinition(const FunctionDecl *d) {
  if (open) open->completed.push_back(d);
}
void Recorder::FunctionDefinitionInstantiated(const FunctionDecl *d) {
  if (open) open->requested.push_back(d);
}

void Watcher::MacroDefined(const Token &name, const MacroDirective *directive) {
  if (!recorder.open) return;
  const MacroDirective *before = directive->getPrevious();
  MacroInfo *info = nullptr;
  if (auto *def = dyn_cast_or_null<DefMacroDirective>(before)) info = const_cast<MacroInfo *>(def->getInfo());
  recorder.open->macros.push_back({name.getIdentifierInfo(), info});
}
void Watcher::MacroUndefined(const Token &name, const MacroDefinition &before, const MacroDirective *) {
  if (recorder.open) recorder.open->macros.push_back({name.getIdentifierInfo(), before.getMacroInfo()});
}
void Watcher::FileChanged(SourceLocation loc, FileChangeReason reason, SrcMgr::CharacteristicKind, FileID) {
  if (!recorder.open || reason != EnterFile) return;
  if (auto file = sources.getFileEntryRefForID(sources.getFileID(loc))) recorder.open->files.push_back(*file);
}

void hide(Sema &sema, NamedDecl *d) {
  for (auto *redeclaration : d->redecls()) removeFromLookup(sema, cast<NamedDecl>(redeclaration));
  if (auto *e = dyn_cast<EnumDecl>(d))
    for (auto *redeclaration : e->redecls())
      if (auto *same = cast<EnumDecl>(redeclaration); !same->isScoped())
        for (auto *c : same->enumerators()) removeFromLookup(sema, c);
}

// Misspelt names that nothing has asked about yet would be reported by the next input.
static void forgetTypos(Sema &sema) {
  auto &typos = sema.*reach(DelayedTypos());
  while (!typos.empty()) sema.clearDelayedTypo(typos.back().first);
  for (auto &context : sema.ExprEvalContexts) context.NumTypos = 0;
}

void Transaction::begin(Sema &sema) {
  // A question may have had its answer before Clang looked at the name again.
  forgetTypos(sema);
  stdNamespace = sema.StdNamespace;
  stdBadAlloc = sema.StdBadAlloc;
  stdAlignVal = sema.StdAlignValT;
  stdInitializerList = sema.StdInitializerList;
  typeInfo = sema.CXXTypeInfoDecl;
}

static void takeNames(Sema &sema, DeclContext *unit, Set &all) {
  std::vector<NamedDecl *> named;
  if (unit) collect(unit, all, named);
  for (auto it = named.rbegin(); it != named.rend(); ++it) {
    removeFromLookup(sema, *it);
    if (NamedDecl *kept = unlinkAny(*it, all)) reveal(kept);
  }
}

void Transaction::conceal(Sema &sema) {
  Set all;
  takeNames(sema, unit, all);
}

void Transaction::rollback(Sema &sema) {
  Set failed;
  takeNames(sema, unit, failed);
  for (auto &[pattern, d] : specializations) {
    if (auto *c = dyn_cast<ClassTemplateSpecializationDecl>(d)) {
      bool written = failed.count(c) || c->isExplicitSpecialization();
      if (!c->isInvalidDecl() && !written) continue;
      auto *t = const_cast<ClassTemplateDecl *>(cast<ClassTemplateDecl>(pattern));
      if (auto *p = dyn_cast<ClassTemplatePartialSpecializationDecl>(c))
        drop((t->*reach(ClassPartials()))(), p);
      else
        drop((t->*reach(ClassSpecs()))(), c);
    } else if (auto *v = dyn_cast<VarTemplateSpecializationDecl>(d)) {
      if (isa<VarTemplatePartialSpecializationDecl>(v)) continue;
      auto *t = const_cast<VarTemplateDecl *>(cast<VarTemplateDecl>(pattern));
      drop((t->*reach(VarSpecs()))(), v);
    } else if (auto *f = dyn_cast<FunctionDecl>(d)) {
      auto *info = f->getTemplateSpecializationInfo();
      bool written = failed.count(f) || (info && info->isExplicitSpecialization());
      if (!f->isInvalidDecl() && !written) continue;
      auto *t = const_cast<FunctionTemplateDecl *>(cast<FunctionTemplateDecl>(pattern));
      if (info) drop((t->*reach(FunctionSpecs()))(), info);
    }
  }
  // Member functions of class templates are not announced; their finished bodies are.
  for (auto &e : events)
    if (e.kind == Event::TopLevel)
      for (Decl *d : DeclGroupRef::getFromOpaquePtr(e.what))
        if (auto *f = dyn_cast<FunctionDecl>(d)) requested.push_back(f);
  for (auto *value : requested) forget(value);
  for (auto *f : completed) {
    auto *made = const_cast<FunctionDecl *>(f);
    made->setBody(nullptr);
    made->setInvalidDecl(false);
  }
  for (auto &[value, where] : sema.PendingInstantiations) forget(value);
  sema.PendingInstantiations.clear();
  sema.PendingLocalImplicitInstantiations.clear();
  for (auto &[record, where] : sema.VTableUses) sema.VTablesUsed.erase(record->getCanonicalDecl());
  sema.VTableUses.clear();

  forgetTypos(sema);

  // Clang says only once why a class is abstract; whoever asks again wants to know too.
  sema.PureVirtualClassDiagSet.reset();

  Preprocessor &pp = sema.getPreprocessor();
  for (auto it = macros.rbegin(); it != macros.rend(); ++it) {
    auto [name, before] = *it;
    if (!name) continue;
    if (before)
      pp.appendDefMacroDirective(name, before, before->getDefinitionLoc());
    else if (pp.getMacroInfo(name))
      pp.appendMacroDirective(name, new (pp.getPreprocessorAllocator()) UndefMacroDirective(pp.getMacroInfo(name)->getDefinitionLoc()));
  }
  HeaderSearch &headers = pp.getHeaderSearchInfo();
  for (auto &file : files) {
    HeaderFileInfo &info = headers.getFileInfo(file);
    info.isPragmaOnce = false;
    info.isImport = false;
  }
  sema.StdNamespace = stdNamespace;
  sema.StdBadAlloc = stdBadAlloc;
  sema.StdAlignValT = stdAlignVal;
  sema.StdInitializerList = stdInitializerList;
  sema.CXXTypeInfoDecl = typeInfo;
}

} // namespace rung
