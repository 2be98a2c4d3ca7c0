// The pass over each released module, before any optimisation (clang-facts.md, 'One definition').
//
//   local `_Z…`            external under its mangled name: one session is one translation unit
//   defined before         a declaration
//   linkonce, weak         external here and now, since nobody else defines it; comdats and hidden visibility go
//   __cxx_global_var_init  emptied when it touches a repeated variable and no new one
//   llvm.global_ctors      a named function, run by the caller
#include "definitions.h"
#include "inline.h"
#include "link.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include <algorithm>

using namespace llvm;

namespace rung {

namespace {

bool staysLocal(StringRef name) {
  return name.empty() || name.starts_with(".") || name.starts_with("__cxx_global") || name.starts_with("_GLOBAL__") ||
         name.starts_with("__const.") || name.starts_with("switch.table") || name.starts_with("__tls_init") ||
         name.starts_with("__tls_guard") || name.starts_with("llvm.") || name.starts_with("constinit") ||
         name.starts_with("anon.") || name.starts_with("str");
}

bool isCallTerminate(StringRef name) { return name == "__clang_call_terminate"; }

void undefine(GlobalObject &g) {
  g.setComdat(nullptr);
  if (auto *f = dyn_cast<Function>(&g)) {
    f->deleteBody();
    f->setPersonalityFn(nullptr);
  } else {
    cast<GlobalVariable>(g).setInitializer(nullptr);
  }
  g.setLinkage(GlobalValue::ExternalLinkage);
  g.setVisibility(GlobalValue::DefaultVisibility);
  g.setDSOLocal(false);
}

// Aliases of things defined elsewhere become declarations of the same type.
void undefineAlias(GlobalAlias &a) {
  Module &m = *a.getParent();
  std::string name = a.getName().str();
  a.setName("");
  GlobalValue *declared;
  if (auto *type = dyn_cast<FunctionType>(a.getValueType()))
    declared = Function::Create(type, GlobalValue::ExternalLinkage, name, &m);
  else
    declared = new GlobalVariable(m, a.getValueType(), false, GlobalValue::ExternalLinkage, nullptr, name);
  a.replaceAllUsesWith(declared);
  a.eraseFromParent();
}

void variablesOf(const User *user, SmallPtrSetImpl<const GlobalVariable *> &out, SmallPtrSetImpl<const Value *> &seen) {
  for (const Value *operand : user->operands()) {
    if (!seen.insert(operand).second) continue;
    if (auto *v = dyn_cast<GlobalVariable>(operand))
      out.insert(v);
    else if (auto *c = dyn_cast<Constant>(operand); c && !isa<GlobalValue>(c))
      variablesOf(c, out, seen);
  }
}

// An initialiser that only serves variables which another module owns has run already.
bool onlyRepeated(Function &f, const SmallPtrSetImpl<const GlobalVariable *> &repeated) {
  SmallPtrSet<const GlobalVariable *, 8> touched;
  SmallPtrSet<const Value *, 32> seen;
  for (Instruction &i : instructions(f)) variablesOf(&i, touched, seen);
  bool old = false;
  for (auto *v : touched) {
    if (repeated.count(v)) old = true;
    else if (!v->isDeclaration() && !v->isConstant() && !staysLocal(v->getName())) return false;
  }
  return old;
}

std::vector<std::pair<uint64_t, Function *>> constructors(Module &m) {
  std::vector<std::pair<uint64_t, Function *>> out;
  GlobalVariable *list = m.getNamedGlobal("llvm.global_ctors");
  if (!list || !list->hasInitializer()) return out;
  if (auto *entries = dyn_cast<ConstantArray>(list->getInitializer()))
    for (auto &entry : entries->operands()) {
      auto *e = dyn_cast<ConstantStruct>(entry);
      if (!e) continue;
      auto *f = dyn_cast<Function>(e->getOperand(1)->stripPointerCasts());
      if (f) out.push_back({cast<ConstantInt>(e->getOperand(0))->getZExtValue(), f});
    }
  std::stable_sort(out.begin(), out.end(), [](auto &a, auto &b) { return a.first < b.first; });
  list->eraseFromParent();
  return out;
}

void dropLists(Module &m) {
  for (const char *name : {"llvm.used", "llvm.compiler.used", "llvm.global_dtors"})
    if (auto *list = m.getNamedGlobal(name)) list->eraseFromParent();
}

void declarationsAreElsewhere(Module &m) {
  for (GlobalObject &g : m.global_objects())
    if (g.isDeclaration()) g.setDSOLocal(false);
}

} // namespace

static void callees(Function &f, SmallVectorImpl<Function *> &out) {
  for (Instruction &i : instructions(f))
    for (Value *operand : i.operands())
      if (auto *callee = dyn_cast<Function>(operand->stripPointerCasts()); callee && callee != &f) out.push_back(callee);
}

// Inline functions that only the bodies called which are elsewhere.
static void prune(SmallVectorImpl<Function *> &candidates) {
  SmallPtrSet<Function *, 32> gone;
  while (!candidates.empty()) {
    Function *f = candidates.pop_back_val();
    if (gone.count(f) || f->isDeclaration() || !f->use_empty() || !f->hasLinkOnceLinkage()) continue;
    gone.insert(f);
    callees(*f, candidates);
    undefine(*f);
  }
}

Definitions unify(Module &m, const Linker &linker, const StringMap<unsigned> &versions, const std::string &init) {
  Definitions out;
  SmallPtrSet<const GlobalVariable *, 16> repeated;
  std::vector<GlobalAlias *> aliases;
  dropLists(m);
  auto ctors = constructors(m);
  SmallVector<Function *, 32> orphans;
  for (Function &f : m.functions())
    if (!f.isDeclaration() && f.hasLinkOnceLinkage() && linker.inStandardLibrary(f.getName())) {
      callees(f, orphans);
      undefine(f);
    }
  prune(orphans);
  for (GlobalObject &g : m.global_objects()) {
    if (g.isDeclaration()) {
      // A weak reference to a thread variable's initialiser that is there by now is a plain one.
      if (g.hasExternalWeakLinkage() && linker.defined(g.getName())) g.setLinkage(GlobalValue::ExternalLinkage);
      continue;
    }
    if (isCallTerminate(g.getName())) {
      g.setComdat(nullptr);
      g.setVisibility(GlobalValue::DefaultVisibility);
      g.setLinkage(GlobalValue::InternalLinkage);
      continue;
    }
    if (g.hasAvailableExternallyLinkage() || g.hasAppendingLinkage()) continue;
    bool local = g.hasLocalLinkage();
    if (local && staysLocal(g.getName())) continue;
    bool shared = g.hasLinkOnceLinkage() || g.hasWeakLinkage();
    auto *variable = dyn_cast<GlobalVariable>(&g);
    bool elsewhere = linker.defined(g.getName()) ||
                     (shared && variable && !variable->isConstant() && linker.inProcess(g.getName()));
    if (elsewhere && !versions.count(g.getName())) {
      if (variable) repeated.insert(variable);
      undefine(g);
      continue;
    }
    g.setComdat(nullptr);
    g.setVisibility(GlobalValue::DefaultVisibility);
    g.setLinkage(GlobalValue::ExternalLinkage);
  }
  for (GlobalAlias &a : m.aliases()) {
    if (linker.defined(a.getName())) aliases.push_back(&a);
    else if (!a.hasLocalLinkage() || !staysLocal(a.getName()))
      a.setLinkage(GlobalValue::ExternalLinkage), a.setVisibility(GlobalValue::DefaultVisibility);
  }
  for (auto *a : aliases) undefineAlias(*a);

  std::vector<Function *> run;
  for (auto &[priority, f] : ctors) run.push_back(f);
  for (Function &f : m)
    if (!f.isDeclaration() && f.getName().starts_with("__cxx_global_var_init") && onlyRepeated(f, repeated)) {
      Type *type = f.getReturnType();
      f.deleteBody();
      f.setLinkage(GlobalValue::InternalLinkage);
      f.setComdat(nullptr);
      f.setPersonalityFn(nullptr);
      IRBuilder<> b(BasicBlock::Create(m.getContext(), "", &f));
      type->isVoidTy() ? b.CreateRetVoid() : b.CreateRet(Constant::getNullValue(type));
    }
  // The same for initialisers that Clang lists directly and for those that its `_GLOBAL__sub_I` calls.
  auto idle = [](Function *f) {
    return f->isDeclaration() || (f->size() == 1 && f->front().size() == 1 && isa<ReturnInst>(f->front().front()));
  };
  for (Function &f : m)
    if (f.getName().starts_with("_GLOBAL__sub_I"))
      for (Instruction &i : make_early_inc_range(instructions(f)))
        if (auto *call = dyn_cast<CallInst>(&i))
          if (auto *callee = call->getCalledFunction(); callee && idle(callee)) call->eraseFromParent();
  run.erase(std::remove_if(run.begin(), run.end(), idle), run.end());
  if (!run.empty()) {
    auto *type = FunctionType::get(Type::getVoidTy(m.getContext()), false);
    auto *f = Function::Create(type, GlobalValue::ExternalLinkage, init, &m);
    f->setUWTableKind(UWTableKind::Default);
    IRBuilder<> b(BasicBlock::Create(m.getContext(), "", f));
    for (Function *step : run) b.CreateCall(step->getFunctionType(), step);
    b.CreateRetVoid();
    out.init = init;
  }

  // Replaceable functions: the body under a versioned name, everybody goes through the stub that owns the plain one.
  for (Function &f : make_early_inc_range(m.functions())) {
    if (f.isDeclaration()) continue;
    auto it = versions.find(f.getName());
    if (it == versions.end()) continue;
    std::string plain = f.getName().str();
    f.setName(plain + "$v" + std::to_string(it->second));
    auto *declared = Function::Create(f.getFunctionType(), GlobalValue::ExternalLinkage, plain, &m);
    declared->copyAttributesFrom(&f);
    declared->setPersonalityFn(nullptr);
    declared->setDSOLocal(false);
    f.replaceAllUsesWith(declared);
    out.bodies.push_back(plain);
  }
  for (GlobalValue &g : m.global_values())
    if (!g.isDeclaration() && !g.hasLocalLinkage() && !g.hasAvailableExternallyLinkage() && !g.getName().starts_with("llvm."))
      out.symbols.push_back(g.getName().str());
  declarationsAreElsewhere(m);
  return out;
}

void refer(Module &m, const std::vector<std::string> &exports, const std::function<bool(StringRef)> &own) {
  dropLists(m);
  constructors(m);
  auto wanted = [&](StringRef name) { return std::find(exports.begin(), exports.end(), name) != exports.end(); };
  std::vector<GlobalAlias *> aliases;
  for (GlobalAlias &a : m.aliases()) aliases.push_back(&a);
  for (auto *a : aliases) undefineAlias(*a);
  for (GlobalObject &g : m.global_objects()) {
    if (g.isDeclaration()) continue;
    if (isCallTerminate(g.getName())) {
      g.setComdat(nullptr);
      g.setVisibility(GlobalValue::DefaultVisibility);
      g.setLinkage(GlobalValue::InternalLinkage);
      continue;
    }
    auto *variable = dyn_cast<GlobalVariable>(&g);
    if (g.hasLocalLinkage() && staysLocal(g.getName()) && (!variable || variable->isConstant())) continue;
    if (own(g.getName())) {
      g.setComdat(nullptr);
      g.setLinkage(GlobalValue::InternalLinkage);
      continue;
    }
    g.setComdat(nullptr);
    g.setVisibility(GlobalValue::DefaultVisibility);
    if (wanted(g.getName())) {
      g.setLinkage(GlobalValue::ExternalLinkage);
      g.setDSOLocal(true);
      continue;
    }
    // Thread wrappers come from the module that defines the variable; other variables are declarations.
    bool body = variable ? variable->isConstant() && !variable->isThreadLocal() : !g.getName().starts_with("_ZTW");
    if (body) {
      auto *f = dyn_cast<Function>(&g);
      if (f && !f->hasAvailableExternallyLinkage()) f->addFnAttr(ofSession);
      g.setLinkage(GlobalValue::AvailableExternallyLinkage), g.setDSOLocal(false);
    } else
      undefine(g);
  }
  declarationsAreElsewhere(m);
}

} // namespace rung
