// Between the two halves of the optimiser's pipeline: everything that LLVM inlines is inlined, and the bodies that were only
// there to be looked into are still there.
#include "inline.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace rung {

namespace {

// Instructions of copied bodies that an object may have; what lies beyond runs as the session compiled it.
constexpr unsigned copiedAtMost = 20000;
// A function that calls itself may grow to so many instructions, in so many rounds.
constexpr unsigned grownAtMost = 1000;
constexpr unsigned roundsAtMost = 2;

SmallVector<CallBase *, 16> callsOf(Function &callee, Function *within) {
  SmallVector<CallBase *, 16> out;
  for (Use &use : callee.uses())
    if (auto *call = dyn_cast<CallBase>(use.getUser()))
      if (call->isCallee(&use) && call->getFunctionType() == callee.getFunctionType() &&
          (!within || call->getFunction() == within))
        out.push_back(call);
  return out;
}

Function *moved(Function &f) {
  Function *own = Function::Create(f.getFunctionType(), GlobalValue::InternalLinkage, f.getAddressSpace(), f.getName() + ".own",
                                   f.getParent());
  own->copyAttributesFrom(&f);
  own->setLinkage(GlobalValue::InternalLinkage);
  own->setVisibility(GlobalValue::DefaultVisibility);
  own->setDSOLocal(true);
  own->setComdat(nullptr);
  own->splice(own->begin(), &f);
  for (auto [from, to] : zip(f.args(), own->args())) {
    from.replaceAllUsesWith(&to);
    to.takeName(&from);
  }
  f.deleteBody();
  f.setPersonalityFn(nullptr);
  return own;
}

} // namespace

void keepCalled(Module &m) {
  SmallVector<Function *, 16> work;
  for (Function &f : m)
    if (!f.isDeclaration() && !f.hasAvailableExternallyLinkage()) work.push_back(&f);
  unsigned copied = 0;
  while (!work.empty()) {
    Function *f = work.pop_back_val();
    SmallVector<Function *, 8> called;
    for (Instruction &i : instructions(*f))
      if (auto *call = dyn_cast<CallBase>(&i))
        if (Function *callee = call->getCalledFunction();
            callee && callee->hasAvailableExternallyLinkage() && callee->hasFnAttribute(ofSession))
          called.push_back(callee);
    for (Function *callee : called) {
      // Another call of it may have come first.
      if (callee->isDeclaration()) continue;
      copied += callee->getInstructionCount();
      if (copied > copiedAtMost) return;
      auto calls = callsOf(*callee, nullptr);
      Function *own = moved(*callee);
      for (CallBase *call : calls) call->setCalledFunction(own);
      work.push_back(own);
    }
  }
}

std::vector<Function *> unrollRecursion(Module &m) {
  std::vector<Function *> out;
  SmallVector<Function *, 8> all;
  for (Function &f : m)
    if (!f.isDeclaration() && !f.hasAvailableExternallyLinkage() && !f.hasFnAttribute(Attribute::NoInline) &&
        !f.hasFnAttribute(Attribute::Cold) && !f.isVarArg())
      all.push_back(&f);
  for (Function *f : all) {
    unsigned size = f->getInstructionCount();
    auto calls = callsOf(*f, f);
    if (calls.empty() || f->getInstructionCount() + calls.size() * size > grownAtMost) continue;
    ValueToValueMapTy map;
    Function *once = CloneFunction(f, map);
    once->setLinkage(GlobalValue::InternalLinkage);
    for (unsigned round = 0; round < roundsAtMost; ++round) {
      calls = callsOf(*f, f);
      if (calls.empty() || f->getInstructionCount() + calls.size() * size > grownAtMost) break;
      for (CallBase *call : calls) {
        if (call->isMustTailCall() || call->isNoInline()) continue;
        call->setCalledFunction(once);
        InlineFunctionInfo info;
        if (!InlineFunction(*call, info).isSuccess()) call->setCalledFunction(f);
      }
    }
    once->eraseFromParent();
    out.push_back(f);
  }
  return out;
}

} // namespace rung
