// Reading one text, and redefinition: what the text defines again hides its predecessor.
//
// Clang refuses a second definition. The refusal says where the first one stands; if that is raw code, the first one is taken out
// of lookup and the text is read again. A function whose canonical type is unchanged keeps its symbol, which is a stub; anything
// else gets an ABI tag and with it new symbols, so that code and objects of the old kind keep their own.
#include "balance.h"
#include "library.h"
#include "clang/AST/Attr.h"
#include "clang/AST/GlobalDecl.h"
#include "clang/AST/Mangle.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/DiagnosticSema.h"

using namespace clang;
namespace json = llvm::json;

namespace rung {

namespace {

bool conflicts(unsigned id) {
  switch (id) {
  case diag::err_redefinition:
  case diag::err_redefinition_different_type:
  case diag::err_redefinition_different_kind:
  case diag::err_redefinition_different_typedef:
  case diag::err_redefinition_different_namespace_alias:
  case diag::err_redefinition_of_enumerator:
  case diag::err_redefinition_of_label:
  case diag::err_ovl_diff_return_type:
  case diag::err_conflicting_types:
  case diag::err_static_non_static:
  case diag::err_non_static_static:
  case diag::err_use_with_wrong_tag:
  case diag::err_mismatched_exception_spec:
  case diag::err_redefinition_extern_inline:
  case diag::err_enum_redeclare_scoped_mismatch:
  case diag::err_enum_redeclare_type_mismatch:
  case diag::err_using_decl_conflict:
  case diag::err_template_param_different_kind:
  case diag::err_template_param_list_different_arity:
  case diag::err_constexpr_redecl_mismatch:
  case diag::err_missing_exception_specification:
  case diag::err_tag_definition_of_typedef:
  case diag::err_redefinition_different_concept:
  case diag::err_param_default_argument_redefinition:
  case diag::err_template_param_default_arg_redefinition:
    return true;
  }
  return false;
}

void walk(DeclContext *context, const std::function<void(NamedDecl *)> &visit) {
  for (Decl *d : context->decls()) {
    if (isa<NamespaceDecl>(d) || isa<LinkageSpecDecl>(d) || isa<ExportDecl>(d)) {
      walk(cast<DeclContext>(d), visit);
      continue;
    }
    if (auto *n = dyn_cast<NamedDecl>(d)) visit(n);
    if (auto *e = dyn_cast<EnumDecl>(d))
      for (auto *c : e->enumerators()) visit(c);
  }
}

bool replaceable(const FunctionDecl *f) {
  return f->isThisDeclarationADefinition() && !f->isInlined() && !f->isTemplated() && !f->isTemplateInstantiation() &&
         !f->isConstexpr() && !f->isDefaulted() && !f->isDeleted() && !isa<CXXConstructorDecl>(f) && !isa<CXXDestructorDecl>(f) &&
         f->getFormalLinkage() == Linkage::External && f->isExternallyVisible() && !f->isMain();
}

// The function's symbol as it is now: the code generator would remember it, and a tag may follow.
std::string symbolOf(ASTContext &ast, FunctionDecl *f) {
  std::unique_ptr<MangleContext> mangler(ast.createMangleContext());
  if (!mangler->shouldMangleDeclName(f)) return f->getNameAsString();
  std::string out;
  llvm::raw_string_ostream stream(out);
  mangler->mangleName(GlobalDecl(f), stream);
  return out;
}

bool hasDefaults(const FunctionDecl *f) {
  return std::any_of(f->param_begin(), f->param_end(), [](auto *p) { return p->hasDefaultArg(); });
}

bool sameParameters(ASTContext &ast, const FunctionDecl *a, const FunctionDecl *b) {
  return a->getNumParams() == b->getNumParams() &&
         std::equal(a->param_begin(), a->param_end(), b->param_begin(),
                    [&](auto *x, auto *y) { return ast.hasSameUnqualifiedType(x->getType(), y->getType()); });
}

NamedDecl *tagged(NamedDecl *d) {
  if (auto *t = dyn_cast<RedeclarableTemplateDecl>(d)) return t->getTemplatedDecl();
  return d;
}

// Undoes what `hide` did to a declaration's identifier namespace.
struct Sighted : Decl {
  static void give(Decl *d) { static_cast<Sighted *>(d)->IdentifierNamespace = getIdentifierNamespaceForKind(d->getKind()); }
};

struct MemberLink : Redeclarable<FunctionDecl> {
  static auto link() { return &MemberLink::RedeclLink; }
};

void setLatest(FunctionDecl *first, FunctionDecl *latest) {
  (static_cast<Redeclarable<FunctionDecl> *>(first)->*MemberLink::link()).setLatest(latest);
}

} // namespace

bool Library::hidePrevious(const std::vector<Problem> &problems, std::vector<Hidden> &hidden) {
  bool any = false;
  SourceManager &sources = session->sources();
  for (auto &p : problems) {
    if (p.level < DiagnosticsEngine::Error || !conflicts(p.id)) continue;
    std::vector<NamedDecl *> previous;
    for (auto &note : p.notes) {
      auto it = rawDeclarations.find(note.location.getRawEncoding());
      if (it != rawDeclarations.end()) {
        previous.push_back(it->second);
        continue;
      }
      // A note about a part, as a default argument: the declaration that it stands in.
      for (auto &[at, d] : rawDeclarations) {
        SourceRange range = d->getSourceRange();
        if (range.getBegin() <= note.location && note.location <= range.getEnd()) {
          previous.push_back(d);
          break;
        }
      }
    }
    if (previous.empty() && p.location.isValid()) {
      // Two texts without files and the same offset are one header read twice to Clang, which then names no place: the newest
      // declaration of that name at that offset is meant.
      llvm::StringRef name = llvm::StringRef(p.text).split('\'').second.split('\'').first;
      unsigned offset = sources.getDecomposedLoc(p.location).second, newest = 0;
      NamedDecl *found = nullptr;
      for (auto &[at, d] : rawDeclarations)
        if (at >= newest && d->getNameAsString() == name &&
            sources.getDecomposedLoc(SourceLocation::getFromRawEncoding(at)).second == offset)
          newest = at, found = d;
      if (found) previous.push_back(found);
    }
    for (NamedDecl *old : previous) {
      bool known = false;
      for (auto &h : hidden) known |= h.decl == old;
      if (known) continue;
      if (auto *c = dyn_cast<EnumConstantDecl>(old)) old = cast<EnumDecl>(c->getDeclContext());
      auto *f = dyn_cast<FunctionDecl>(old);
      if (f && f->isOutOfLine() && isa<CXXRecordDecl>(f->getDeclContext())) {
        if (f->getFirstDecl() == f || !f->getPreviousDecl()) continue;
        setLatest(f->getFirstDecl(), f->getPreviousDecl());
        hidden.push_back({old, true});
      } else {
        hide(session->sema(), old);
        hidden.push_back({old, false});
      }
      any = true;
    }
  }
  return any;
}

// Each text has a nameless namespace of its own to Clang, so that it refuses no second definition in it.
void Library::hideUnnamed(DeclContext *unit, std::vector<Hidden> &hidden) {
  SourceManager &sources = session->sources();
  walk(unit, [&](NamedDecl *d) {
    if (!d->isInAnonymousNamespace() || !d->getDeclName() || isa<EnumConstantDecl>(d)) return;
    SourceLocation at = sources.getExpansionLoc(d->getLocation());
    if (!at.isValid() || !session->collector.placeOf(sources.getFileID(at))) return;
    auto *f = dyn_cast<FunctionDecl>(d);
    std::string name = d->getQualifiedNameAsString();
    for (auto &[place, old] : rawDeclarations) {
      if (old == d || old->getDeclName() != d->getDeclName() || !old->isInAnonymousNamespace() || old->getQualifiedNameAsString() != name)
        continue;
      if (old->getTranslationUnitDecl() == d->getTranslationUnitDecl()) continue;
      auto *oldFunction = dyn_cast<FunctionDecl>(old);
      if (f && oldFunction && !sameParameters(session->ast(), f, oldFunction)) continue;
      if (std::any_of(hidden.begin(), hidden.end(), [&](auto &h) { return h.decl == old; })) continue;
      hide(session->sema(), old);
      hidden.push_back({old, false});
    }
  });
}

void Library::restore(const std::vector<Hidden> &hidden) {
  for (auto &h : hidden) {
    if (h.definition) {
      auto *f = cast<FunctionDecl>(h.decl);
      setLatest(f->getFirstDecl(), f);
      continue;
    }
    for (auto *d : h.decl->redecls()) Sighted::give(d);
    auto show = [&](NamedDecl *d) {
      Sighted::give(d);
      d->getDeclContext()->getRedeclContext()->makeDeclVisibleInContext(d);
      auto *f = dyn_cast<FunctionDecl>(d);
      if (f && f->isExternC()) session->ast().getExternCContextDecl()->makeDeclVisibleInContext(f);
    };
    show(cast<NamedDecl>(h.decl->getMostRecentDecl()));
    if (auto *e = dyn_cast<EnumDecl>(h.decl))
      if (!e->isScoped())
        for (auto *c : e->enumerators()) show(c);
  }
}

void Library::noteDeclarations(DeclContext *unit, llvm::StringMap<unsigned> &versions, const std::vector<Hidden> &hidden,
                               std::vector<FunctionDecl *> &superseded, json::Array &redefined) {
  SourceManager &sources = session->sources();
  ASTContext &ast = session->ast();
  std::vector<NamedDecl *> all;
  walk(unit, [&](NamedDecl *d) {
    SourceLocation at = sources.getExpansionLoc(d->getLocation());
    if (at.isValid() && session->collector.placeOf(sources.getFileID(at))) all.push_back(d);
  });
  // Pair each hidden declaration with what replaced it.
  for (auto &h : hidden) {
    NamedDecl *old = h.decl;
    auto *oldFunction = dyn_cast<FunctionDecl>(old);
    for (NamedDecl *d : all) {
      if (d->getDeclName() != old->getDeclName() || !d->getDeclName()) continue;
      if (!d->getDeclContext()->getRedeclContext()->Equals(old->getDeclContext()->getRedeclContext()) &&
          d->getQualifiedNameAsString() != old->getQualifiedNameAsString())
        continue;
      auto *f = dyn_cast<FunctionDecl>(d);
      if (f && oldFunction && !ast.hasSameType(f->getType()->castAs<FunctionProtoType>()->desugar(), oldFunction->getType()) &&
          !sameParameters(ast, f, oldFunction))
        continue;  // another overload
      std::string symbol;
      bool swap = f && oldFunction && replaceable(f) && ast.hasSameType(f->getType(), oldFunction->getType());
      if (swap) {
        symbol = symbolOf(ast, f);
        swap = functionVersions.count(symbol) && linker->replaceable(symbol);
      }
      unsigned version;
      if (swap) {
        version = ++functionVersions[symbol];
        versions[symbol] = version;
        if (oldFunction->doesThisDeclarationHaveABody()) superseded.push_back(oldFunction);
      } else {
        version = ++tags;
        NamedDecl *target = tagged(d);
        if (f && f->isExternC()) {
          f->addAttr(AsmLabelAttr::CreateImplicit(ast, (f->getName() + "$c" + llvm::Twine(version)).str(), /*IsLiteralLabel=*/true));
        } else if (isa<TagDecl>(target) || isa<FunctionDecl>(target) || isa<VarDecl>(target)) {
          llvm::SmallString<16> *kept = new llvm::SmallString<16>("v");
          *kept += std::to_string(version);
          StringRef tag = kept->str();
          if (!target->hasAttr<AbiTagAttr>()) target->addAttr(AbiTagAttr::CreateImplicit(ast, &tag, 1));
          delete kept;
        }
        types->versions[target->getCanonicalDecl()] = version;
      }
      types->versions[tagged(d)->getCanonicalDecl()] = version;
      std::string named = clean(d->getQualifiedNameAsString()), nameless = "(anonymous namespace)::";
      for (size_t at; (at = named.find(nameless)) != std::string::npos;) named.erase(at, nameless.size());
      redefined.push_back(json::Object{{"name", named}, {"version", version},
                                       // Default arguments are the callers'.
                                       {"changed_type", !swap || hasDefaults(f) || hasDefaults(oldFunction)}});
      break;
    }
  }
  for (NamedDecl *d : all) {
    rawDeclarations[sources.getExpansionLoc(d->getLocation()).getRawEncoding()] = d;
    auto *f = dyn_cast<FunctionDecl>(d);
    if (f && !f->isDependentContext()) {
      newTypes.push_back(f->getReturnType().getNonReferenceType());
      for (auto *p : f->parameters()) newTypes.push_back(p->getType().getNonReferenceType());
    }
    if (f && f->isInlined() && f->isThisDeclarationADefinition() && !f->isDeleted() && !f->isConsteval() && !isa<CXXMethodDecl>(f) &&
        f->getTemplatedKind() == FunctionDecl::TK_NonTemplate && f->isExternallyVisible())
      waiting.push_back(GlobalDecl(f));
    if (auto *v = dyn_cast<VarDecl>(d); v && v->isInline() && v->isThisDeclarationADefinition() && !v->isInvalidDecl() &&
                                       !v->isTemplated() && !isa<VarTemplateSpecializationDecl>(v))
      waiting.push_back(GlobalDecl(v));
    if (!f || !replaceable(f)) continue;
    session->rawFunctions.insert(f);
    std::string symbol = session->owner().GetMangledName(GlobalDecl(f)).str();
    if (versions.count(symbol)) continue;
    auto known = functionVersions.try_emplace(symbol, 0);
    versions[symbol] = known.first->second;
  }
  if (!hidden.empty()) types->forget();
}

Library::Outcome Library::input(llvm::StringRef text, const Place &place, bool replaying) {
  Outcome out;
  std::vector<Hidden> hidden;
  Transaction t;
  bool good = false;
  std::vector<Problem> problems;
  for (int round = 0; round < 64 && !good; ++round) {
    t = Transaction();
    good = session->parse(text, place, t);
    problems = session->collector.take();
    if (!good && !hidePrevious(problems, hidden)) break;
  }
  out.warnings = warningsOf(problems);
  if (!good) {
    restore(hidden);
    out.errors = errorsOf(problems, "cpp/raw");
    if (out.errors.empty()) out.errors.push_back(diagnostic("cpp/raw", "Clang refuses this text"));
    return out;
  }
  llvm::StringMap<unsigned> versions;
  hideUnnamed(t.unit, hidden);
  std::vector<FunctionDecl *> superseded;
  noteDeclarations(t.unit, versions, hidden, superseded, out.redefined);
  std::unique_ptr<llvm::Module> module = session->emit(t);
  problems = session->collector.take();
  if (!module) {
    t.rollback(session->sema());
    restore(hidden);
    out.errors = errorsOf(problems, "cpp/raw");
    if (out.errors.empty()) out.errors.push_back(diagnostic("cpp/raw", "no code can be made for this text"));
    return out;
  }
  if (replaying) {  // its definitions are linked already
    session->supersede(superseded);
    out.good = true;
    return out;
  }
  Definitions definitions = unify(*module, *linker, versions, "__rung_init" + std::to_string(++counter));
  if (!definitions.init.empty()) {
    // Initialisers run now, so what they need must be there now.
    llvm::DenseMap<llvm::Function *, Missing> tainted;
    missingIn(*module, definitions.bodies, &tainted);
    auto *init = module->getFunction(definitions.init);
    auto it = tainted.find(init);
    if (it != tainted.end()) {
      t.rollback(session->sema());
      session->resetErrors();
      restore(hidden);
      out.errors.push_back(undefinedSymbol(it->second));
      return out;
    }
  }
  session->supersede(superseded);
  std::string error;
  std::vector<Missing> lacking;
  if (!finish(std::move(module), versions, definitions, error)) {
    t.rollback(session->sema());
    session->resetErrors();
    restore(hidden);
    out.errors.push_back(diagnostic("cpp/raw", error));
    return out;
  }
  if (!definitions.init.empty()) {
    if (uint64_t at = linker->address(definitions.init, lacking, error)) {
      out.inits.push_back(at);
    } else {
      for (auto &m : lacking) out.errors.push_back(undefinedSymbol(m));
      if (lacking.empty()) out.errors.push_back(diagnostic("cpp/link", error));
      return out;
    }
  }
  // A new body is linked at once where it can be: callers go through the stub and ask for nothing.
  for (auto &plainName : definitions.bodies) linker->address(plainName, lacking, error);
  out.good = true;
  return out;
}

json::Value Library::raw(const Object &request) {
  std::string text = request.getString("text").value_or("").str();
  Place place{request.getString("file").value_or("").str(), static_cast<unsigned>(request.getInteger("line").value_or(1))};
  if (place.file.empty()) place.file = "cpp/raw";
  if (auto wrong = imbalance(text)) {
    json::Object d = diagnostic(wrong->code, wrong->message);
    Problem p;
    p.file = place.file;
    p.line = p.endLine = wrong->line + place.line - 1;
    p.column = wrong->column;
    p.endColumn = wrong->column + 1;
    d["spans"] = json::Array{spanOf(p)};
    return failed(json::Array{std::move(d)});
  }
  json::Array inits, redefined, warnings;
  auto absorb = [&](Outcome &o) {
    owed.insert(owed.end(), o.inits.begin(), o.inits.end());
    for (auto &r : o.redefined) redefined.push_back(std::move(r));
    for (auto &w : o.warnings) warnings.push_back(std::move(w));
  };
  size_t split = leadingIncludes(text);
  llvm::StringRef head = llvm::StringRef(text).take_front(split), rest = llvm::StringRef(text).drop_front(split);
  Place at = place;
  std::vector<Input> lines;
  while (!head.empty()) {
    auto [line, tail] = head.split('\n');
    if (line.ltrim().starts_with("#")) lines.push_back({line.trim().str(), at});
    if (place.line) at.line++;  // none: no text of the user's
    head = tail;
  }
  if (!fromPch(lines)) {
    if (!begin()) return failed("cpp/raw", "no C++ session: " + refusal);
    for (auto &line : lines) {
      Outcome o = input(line.text, line.place, false);
      if (!o.good) return failed(std::move(o.errors));
      history.push_back(line);
      absorb(o);
    }
  }
  plan();
  if (!rest.trim().empty()) {
    Outcome o = input(rest, at, false);
    if (!o.good) return failed(std::move(o.errors));
    history.push_back({rest.str(), at});
    absorb(o);
  }
  for (uint64_t at : owed) inits.push_back(at);
  owed.clear();
  return json::Object{{"answer", "raw"}, {"inits", std::move(inits)}, {"redefined", std::move(redefined)}, {"warnings", std::move(warnings)}};
}

} // namespace rung
