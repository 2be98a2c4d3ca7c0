// The pipelines. At least the O0 one always runs: libstdc++'s always_inline members are undefined symbols otherwise.
#include "codegen.h"
#include "inline.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include <time.h>

using namespace llvm;

namespace rung {

double threadUs() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

Backend::Backend(bool optimise) : optimise(optimise) {
  static bool ready = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)ready;
  std::string error, triple = sys::getDefaultTargetTriple();
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  TargetOptions options;
  options.EmulatedTLS = true;
  options.AllowFPOpFusion = FPOpFusion::Strict;
  options.ExceptionModel = ExceptionHandling::DwarfCFI;
  machine.reset(target->createTargetMachine(triple, "x86-64", "", options, Reloc::PIC_, CodeModel::Small,
                                            optimise ? CodeGenOptLevel::Default : CodeGenOptLevel::None, /*JIT=*/true));
}

SmallVectorImpl<char> &Backend::compile(Module &m) {
  double t0 = threadUs();
  m.setDataLayout(machine->createDataLayout());
  {
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager graph;
    ModuleAnalysisManager modules;
    PassBuilder builder(machine.get());
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graph);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graph, modules);
    if (optimise) {
      // `buildPerModuleDefaultPipeline` in its two halves: the second forgets the bodies that others define.
      builder.buildModuleSimplificationPipeline(OptimizationLevel::O2, ThinOrFullLTOPhase::None).run(m, modules);
      keepCalled(m);
      std::vector<Function *> grown = unrollRecursion(m);
      modules.invalidate(m, PreservedAnalyses::none());
      FunctionPassManager again = builder.buildFunctionSimplificationPipeline(OptimizationLevel::O2, ThinOrFullLTOPhase::None);
      for (Function *f : grown) functions.invalidate(*f, again.run(*f, functions));
      builder.buildModuleOptimizationPipeline(OptimizationLevel::O2, ThinOrFullLTOPhase::None).run(m, modules);
    } else {
      builder.buildO0DefaultPipeline(OptimizationLevel::O0).run(m, modules);
    }
  }
  double t1 = threadUs();
  if (!emitter) {
    stream = std::make_unique<raw_svector_ostream>(object);
    emitter = std::make_unique<legacy::PassManager>();
    machine->addPassesToEmitFile(*emitter, *stream, nullptr, CodeGenFileType::ObjectFile);
  }
  object.clear();
  emitter->run(m);
  passesUs = t1 - t0;
  codeUs = threadUs() - t1;
  return object;
}

} // namespace rung
