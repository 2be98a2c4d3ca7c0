// What the optimiser's pipelines leave undone for an object of tier 2.
#pragma once

#include "llvm/IR/Module.h"
#include <vector>

namespace rung {

// Marks a body that the session, and no library, defines.
constexpr const char *ofSession = "rung-of-session";

// Functions that are called and were not inlined: the session has code of its own for them, which is not optimised, so the
// module gets copies, as any object that C++ is compiled to has them. Addresses stay the session's.
void keepCalled(llvm::Module &);

// Small functions that call themselves become their own callees a few levels deep. Gives those that have changed.
std::vector<llvm::Function *> unrollRecursion(llvm::Module &);

} // namespace rung
