// One definition: what makes every static, inline variable, lambda and vtable exist once, whichever module mentions it.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Module.h"
#include <functional>
#include <string>
#include <vector>

namespace rung {

class Linker;

struct Definitions {
  std::vector<std::string> symbols;  // what the module newly defines, by final name
  std::string init;                  // function that runs the static initialisers, or empty
  std::vector<std::string> bodies;   // plain names of raw functions whose bodies are `name$vN` in this module
};

// For modules of the owner. `versions`: raw functions (by symbol) that stay replaceable, with the version to give a new body.
Definitions unify(llvm::Module &, const Linker &, const llvm::StringMap<unsigned> &versions, const std::string &init);

// For modules that are optimised: only `exports` are defined; what the text itself keeps local stays local (`own` decides), all
// else is the owner's, with bodies taken along for inlining.
void refer(llvm::Module &, const std::vector<std::string> &exports, const std::function<bool(llvm::StringRef)> &own);

} // namespace rung
