// Modules to objects in memory.
#pragma once

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace rung {

// One level of optimisation: its pipeline, target machine, and a legacy pass manager that is used again for each module.
class Backend {
public:
  Backend(bool optimise);
  llvm::SmallVectorImpl<char> &compile(llvm::Module &);
  double passesUs = 0, codeUs = 0;  // of the last module, thread CPU

private:
  bool optimise;
  std::unique_ptr<llvm::TargetMachine> machine;
  llvm::SmallVector<char, 0> object;
  std::unique_ptr<llvm::raw_svector_ostream> stream;
  std::unique_ptr<llvm::legacy::PassManager> emitter;
};

double threadUs();  // CPU time of this thread

} // namespace rung
