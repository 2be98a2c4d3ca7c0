// Trampolines `void stub(void* self, void** args, void* ret)`: the tree is built through Sema, all sites of a request are one
// module, and nothing is caught inside; a site that is wrong or cannot be linked fails alone.
#include "balance.h"
#include "library.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/Stmt.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

using namespace clang;
namespace json = llvm::json;

namespace rung {

namespace {

// `*(T*)ret`
Expr *slot(Calls &calls, FunctionDecl *f, QualType t) {
  Sema &sema = calls.session.sema();
  auto *ret = f->getParamDecl(2);
  Expr *base = sema.BuildDeclRefExpr(ret, ret->getType(), VK_LValue, calls.session.nowhere());
  Expr *pointer = calls.cast(base, calls.session.ast().getPointerType(t));
  if (!pointer) return nullptr;
  ExprResult object = sema.CreateBuiltinUnaryOp(calls.session.nowhere(), UO_Deref, pointer);
  return object.isInvalid() ? nullptr : object.get();
}

// Puts the result where the caller wants it: a scalar assigned, a glvalue's address, an object constructed in place.
Expr *store(Calls &calls, FunctionDecl *f, Expr *e) {
  Session &session = calls.session;
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  SourceLocation here = session.nowhere();
  QualType t = e->getType();
  if (t->isVoidType()) return e;
  if (e->hasPlaceholderType()) return nullptr;
  bool temporary = e->isXValue() && isa<MaterializeTemporaryExpr>(e);
  if (e->isGLValue() && e->getObjectKind() == OK_Ordinary && !temporary) {
    if (e->isXValue()) e = ImplicitCastExpr::Create(ast, t, CK_NoOp, e, nullptr, VK_LValue, FPOptionsOverride());
    ExprResult address = sema.CreateBuiltinUnaryOp(here, UO_AddrOf, e);
    if (address.isInvalid()) return nullptr;
    Expr *pointer = calls.cast(address.get(), ast.VoidPtrTy);
    Expr *to = slot(calls, f, ast.VoidPtrTy);
    if (!pointer || !to) return nullptr;
    ExprResult made = sema.BuildBinOp(nullptr, here, BO_Assign, to, pointer);
    return made.isInvalid() ? nullptr : made.get();
  }
  t = t.getUnqualifiedType();
  if (t->isArrayType()) {
    // An array is constructed by the list in its cast; one that needs destructors would want room for their number.
    QualType base = ast.getBaseElementType(t);
    Expr *bare = e->IgnoreImplicit();
    while (auto *cast = dyn_cast<ExplicitCastExpr>(bare)) bare = cast->getSubExpr()->IgnoreImplicit();
    auto *list = dyn_cast<InitListExpr>(bare);
    if (!list || base.isDestructedType() != QualType::DK_none) {
      calls.own = diagnostic("cpp/new", "an array of '" + calls.types.display(base) + "' cannot be a local: make it with cpp/new");
      return nullptr;
    }
    if (auto *written = list->getSyntacticForm()) list = written;
    e = list;
  }
  if (t->isRecordType() || t->isArrayType()) {
    auto *ret = f->getParamDecl(2);
    Expr *place = sema.BuildDeclRefExpr(ret, ret->getType(), VK_LValue, here);
    Named tag = calls.find("__rung_place");
    if (tag.kind != Named::Type) return nullptr;
    ExprResult mark = sema.BuildCXXTypeConstructExpr(ast.getTrivialTypeSourceInfo(tag.type, here), here, {}, here, false);
    if (mark.isInvalid()) return nullptr;
    Expr *placement[] = {place, mark.get()};
    ExprResult made = sema.BuildCXXNew(SourceRange(here, here), /*UseGlobal=*/true, here, placement, here, SourceRange(), t,
                                       ast.getTrivialTypeSourceInfo(t, here), std::nullopt,
                                       t->isArrayType() ? SourceRange() : SourceRange(here, here), e);
    return made.isInvalid() ? nullptr : made.get();
  }
  Expr *to = slot(calls, f, t);
  if (!to) return nullptr;
  if (t->isNullPtrType()) {
    to = slot(calls, f, ast.VoidPtrTy);
    if (!to) return nullptr;
  }
  ExprResult made = sema.BuildBinOp(nullptr, here, BO_Assign, to, e);
  return made.isInvalid() ? nullptr : made.get();
}

bool fill(Calls &calls, FunctionDecl *f, Site site) {
  Session &session = calls.session;
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  SourceLocation here = session.nowhere();
  Body body(session, f);
  std::vector<Operand> operands = calls.operandsOf(site, f, /*real=*/true);
  if (operands.size() != site.args.size()) return false;
  for (auto &a : site.args)
    if (a.kind != Arg::Native) {
      calls.own = diagnostic("cpp/call", "a trampoline wants the type of every argument");
      return false;
    }
  Expr *e = calls.build(site.callee, operands);
  if (!e) return false;
  if (e->hasPlaceholderType()) {
    calls.own = diagnostic("cpp/ambiguous", "this names overloaded functions, not a value");
    return false;
  }
  Expr *stored = store(calls, f, e);
  if (!stored) return false;
  ExprResult full = sema.ActOnFinishFullExpr(stored, here, /*DiscardedValue=*/false);
  if (full.isInvalid()) return false;
  SmallVector<Stmt *, 4> statements(calls.prelude.begin(), calls.prelude.end());
  statements.push_back(full.get());
  f->setBody(CompoundStmt::Create(ast, statements, FPOptionsOverride(), here, here));
  f->markUsed(ast);
  return true;
}

// Marks what cannot run because `g` is missing: functions that mention it, through other functions and tables.
void taint(llvm::GlobalValue *g, const Missing &lacking, llvm::DenseMap<llvm::Function *, Missing> &out,
           llvm::SmallPtrSetImpl<llvm::Value *> &seen) {
  llvm::SmallVector<llvm::Value *, 16> work = {g};
  while (!work.empty()) {
    llvm::Value *v = work.pop_back_val();
    for (llvm::User *user : v->users()) {
      if (!seen.insert(user).second) continue;
      if (auto *i = llvm::dyn_cast<llvm::Instruction>(user)) {
        llvm::Function *f = i->getFunction();
        out.try_emplace(f, lacking);
        if (seen.insert(f).second) work.push_back(f);
      } else {
        work.push_back(user);  // constants, and variables that hold them
      }
    }
  }
}

} // namespace

std::vector<Missing> Library::missingIn(llvm::Module &m, const std::vector<std::string> &own,
                                        llvm::DenseMap<llvm::Function *, Missing> *tainted) {
  std::vector<Missing> out;
  for (llvm::GlobalValue &g : m.global_values()) {
    if (!g.isDeclaration() || g.getName().starts_with("llvm.") || g.use_empty() || g.hasExternalWeakLinkage()) continue;
    if (g.isThreadLocal() || std::find(own.begin(), own.end(), g.getName()) != own.end()) continue;
    auto lacking = linker->missing(g.getName());
    if (lacking.empty()) continue;
    out.insert(out.end(), lacking.begin(), lacking.end());
    if (tainted) {
      llvm::SmallPtrSet<llvm::Value *, 32> seen;
      taint(&g, lacking.front(), *tainted, seen);
    }
  }
  return out;
}

std::vector<std::pair<std::string, Missing>> Library::dropUnlinkable(llvm::Module &module, Definitions &definitions) {
  llvm::DenseMap<llvm::Function *, Missing> tainted;
  missingIn(module, {}, &tainted);
  std::vector<std::pair<std::string, Missing>> dropped;
  for (auto &[f, lacking] : tainted) {
    dropped.push_back({f->getName().str(), lacking});
    f->deleteBody();
    f->setPersonalityFn(nullptr);
    f->setLinkage(llvm::GlobalValue::ExternalLinkage);
  }
  auto gone = [&](const std::string &s) {
    return std::any_of(dropped.begin(), dropped.end(), [&](auto &d) { return d.first == s; });
  };
  definitions.symbols.erase(std::remove_if(definitions.symbols.begin(), definitions.symbols.end(), gone), definitions.symbols.end());
  if (gone(definitions.init)) definitions.init.clear();
  return dropped;
}

json::Object Library::undefinedSymbol(const Missing &m) {
  std::string readable = llvm::demangle(m.symbol);
  json::Object out = diagnostic("cpp/link", "undefined symbol: " + readable);
  json::Array notes;
  if (readable != m.symbol) notes.push_back(json::Object{{"text", "its symbol is " + m.symbol}});
  if (!m.wantedBy.empty() && m.wantedBy != m.symbol)
    notes.push_back(json::Object{{"text", "wanted by " + llvm::demangle(m.wantedBy)}});
  if (session)
    if (auto *d = session->owner().GetDeclForMangledName(m.symbol)) {
      json::Object span = spanAt(*session, d->getLocation());
      if (auto *named = dyn_cast<NamedDecl>(d))
        notes.push_back(json::Object{{"text", "declared here: " + clean(named->getQualifiedNameAsString())}, {"span", json::Object(span)}});
      span["label"] = "declared, and defined nowhere";
      out["spans"] = json::Array{std::move(span)};
    }
  out["notes"] = std::move(notes);
  out["help"] = "define it with cpp/raw, or load the library that has it (-l NAME, or :link)";
  return out;
}

json::Value Library::trampolines(const Object &request) {
  auto *list = request.getArray("sites");
  if (!list) return failed("cpp/call", "trampolines without sites");
  struct Made {
    FunctionDecl *function = nullptr;
    std::string name;
    json::Value result = nullptr;
    Transaction transaction;
  };
  std::vector<Made> made(list->size());
  auto err = [](json::Object d) { return json::Object{{"Err", std::move(d)}}; };
  for (size_t i = 0; i < list->size(); ++i) {
    Made &m = made[i];
    std::string error;
    auto *object = (*list)[i].getAsObject();
    auto site = object ? siteFrom(*object, error) : std::nullopt;
    if (!site) {
      m.result = err(diagnostic("cpp/call", error));
      continue;
    }
    if (auto wrong = imbalance(site->callee.text)) {
      m.result = err(diagnostic(wrong->code, wrong->message));
      continue;
    }
    Calls calls(*session, *types);
    m.name = "__rung_t" + std::to_string(++counter);
    bool good = session->attempt(m.transaction, [&] {
      m.function = calls.function(m.name);
      return fill(calls, m.function, *site);
    });
    auto problems = session->collector.take();
    if (good) {
      m.transaction.events.push_back({Event::TopLevel, DeclGroupRef(m.function).getAsOpaquePtr()});
      continue;
    }
    m.function = nullptr;
    json::Array errors = errorsOf(problems, "cpp/call");
    if (calls.own) m.result = err(std::move(*calls.own));
    else if (!errors.empty()) m.result = err(std::move(*errors[0].getAsObject()));
    else m.result = err(diagnostic("cpp/call", "Clang cannot build this call"));
  }

  std::vector<uint64_t> inits;
  auto emitThese = [&](llvm::ArrayRef<Made *> group) -> bool {
    Transaction all;
    for (Made *m : group) all.events.insert(all.events.end(), m->transaction.events.begin(), m->transaction.events.end());
    std::unique_ptr<llvm::Module> module = session->emit(all);
    auto problems = session->collector.take();
    if (!module) {
      if (group.size() == 1) {
        json::Array errors = errorsOf(problems, "cpp/call");
        group[0]->result = err(errors.empty() ? diagnostic("cpp/call", "no code can be made for this call")
                                              : std::move(*errors[0].getAsObject()));
      }
      return false;
    }
    llvm::StringMap<unsigned> none;
    Definitions definitions = unify(*module, *linker, none, "__rung_init" + std::to_string(++counter));
    for (auto &[name, wanted] : dropUnlinkable(*module, definitions))
      for (Made *m : group)
        if (name == m->name) {
          m->result = err(undefinedSymbol(wanted));
          m->function = nullptr;
        }
    std::string error;
    auto &bytes = plain->compile(*module);
    std::vector<Missing> lacking;
    if (!linker->add(llvm::StringRef(bytes.data(), bytes.size()), module->getName(), definitions.symbols, {}, none, error)) {
      for (Made *m : group)
        if (m->function) m->result = err(diagnostic("cpp/link", error)), m->function = nullptr;
      return true;
    }
    if (!definitions.init.empty())
      if (uint64_t at = linker->address(definitions.init, lacking, error)) inits.push_back(at);
    for (Made *m : group) {
      if (!m->function) continue;
      lacking.clear();
      uint64_t at = linker->address(m->name, lacking, error);
      if (at) m->result = json::Object{{"Ok", json::Object{{"address", at}}}};
      else if (!lacking.empty()) m->result = err(undefinedSymbol(lacking.front()));
      else m->result = err(diagnostic("cpp/link", error));
    }
    return true;
  };
  std::vector<Made *> group;
  for (auto &m : made)
    if (m.function) group.push_back(&m);
  if (!group.empty() && !emitThese(group))
    for (Made *m : group)
      if (group.size() > 1) emitThese({m});
  json::Array out;
  for (auto &m : made) out.push_back(std::move(m.result));
  json::Array run;
  for (uint64_t at : owed) run.push_back(at);
  owed.clear();
  for (uint64_t at : inits) run.push_back(at);
  return json::Object{{"answer", "trampolines"}, {"trampolines", std::move(out)}, {"inits", std::move(run)}};
}

} // namespace rung
