// The persistent compiler. Clang's own IncrementalParser is not installed, and is not robust after failed inputs; here every
// input runs in a transaction, and the code generator hears of it only when it has succeeded.
#include "session.h"
#include "limits.h"
#include "pch.h"
#include "types.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/TargetInfo.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Frontend/Utils.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "clang/Sema/TemplateInstCallback.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/Support/VirtualFileSystem.h"
#include "llvm/TargetParser/Host.h"

using namespace clang;

namespace rung {

namespace {

class Action : public ASTFrontendAction {
public:
  Recorder *recorder = nullptr;
  TranslationUnitKind getTranslationUnitKind() override { return TU_Incremental; }
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &, llvm::StringRef) override {
    auto made = std::make_unique<Recorder>();
    recorder = made.get();
    return made;
  }
  void ExecuteAction() override {
    CompilerInstance &ci = getCompilerInstance();
    ci.getPreprocessor().EnterMainSourceFile();
    if (!ci.hasSema()) ci.createSema(getTranslationUnitKind(), nullptr);
  }
  void EndSourceFile() override {}  // the source never ends
};

// Flags that make C++ mean the same on every tier (design.md, 'Same answers') and keep one definition (emulated TLS).
const char *const fixedFlags[] = {
    "--driver-mode=g++", "-c", "-xc++", "-std=c++20", "-ffp-contract=off", "-fno-strict-aliasing", "-fwrapv",
    "-fno-delete-null-pointer-checks", "-femulated-tls", "-Xclang", "-fincremental-extensions", "-ferror-limit=0",
    "-fmacro-backtrace-limit=4", "-ftemplate-backtrace-limit=8",
};

std::unique_ptr<CompilerInvocation> invocation(const Config &config, DiagnosticsEngine &diags) {
  std::vector<std::string> args = {RUNG_LLVM_PREFIX "/bin/clang++"};
  args.insert(args.end(), std::begin(fixedFlags), std::end(fixedFlags));
  for (auto &dir : config.includeDirs) args.push_back("-I" + dir);
  args.insert(args.end(), config.flags.begin(), config.flags.end());
  args.push_back("rung.cpp");
  std::vector<const char *> pointers;
  for (auto &a : args) pointers.push_back(a.c_str());
  CreateInvocationOptions options;
  options.Diags = &diags;
  return createInvocation(pointers, options);
}

// Clang numbers lambdas of internal linkage by first use, which differs between processes; a number made from the place does not.
class LambdaNamer : public RecursiveASTVisitor<LambdaNamer> {
public:
  explicit LambdaNamer(SourceManager &sources) : sources(sources) {}
  // System headers hold none at namespace scope, and much else.
  void name(Decl *d) {
    if (!sources.isInSystemHeader(sources.getExpansionLoc(d->getLocation()))) TraverseDecl(d);
  }
  bool VisitLambdaExpr(LambdaExpr *e) {
    CXXRecordDecl *record = e->getLambdaClass();
    if (!record || record->isDependentContext()) return true;
    auto numbering = record->getLambdaNumbering();
    if (numbering.ManglingNumber) return true;
    auto [file, offset] = sources.getDecomposedExpansionLoc(e->getBeginLoc());
    size_t hash = llvm::xxh3_64bits(sources.getBufferData(file)) ^ (offset * 0x9E3779B97F4A7C15ull);
    numbering.ManglingNumber = static_cast<unsigned>(hash % 0x7ffffff0u) + 1;
    numbering.HasKnownInternalLinkage = true;
    record->setLambdaNumbering(numbering);
    return true;
  }

private:
  SourceManager &sources;
};

} // namespace

// The parser of this thread, while it reads.
static thread_local Parser *reading = nullptr;

// Clang's parser loops on the end of an incremental input inside whatever is still open, complaining each time. At the first
// complaint there the end becomes the end of a file, which every loop knows.
void endsHere() {
  if (reading && reading->getCurToken().is(tok::annot_repl_input_end))
    const_cast<Token &>(reading->getCurToken()).setKind(tok::eof);
}

namespace {
struct Reading {
  explicit Reading(Parser *p) { reading = p; }
  ~Reading() { reading = nullptr; }
};
} // namespace

Session::~Session() = default;

namespace {
// Where a request that takes too long may be left.
struct Instantiations : TemplateInstantiationCallback {
  void initialize(const Sema &) override {}
  void finalize(const Sema &) override {}
  void atTemplateBegin(const Sema &, const Sema::CodeSynthesisContext &) override { Limits::check(); }
  void atTemplateEnd(const Sema &, const Sema::CodeSynthesisContext &) override {}
};

struct Expansions : PPCallbacks {
  void MacroExpands(const Token &, const MacroDefinition &, SourceRange, const MacroArgs *) override { Limits::check(); }
};
} // namespace

// Without somebody to tell, LLVM ends the process.
static void told(const llvm::DiagnosticInfo *info, void *errors) {
  if (info->getSeverity() != llvm::DS_Error) return;
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::DiagnosticPrinterRawOStream printer(stream);
  info->print(printer);
  static_cast<std::vector<std::string> *>(errors)->push_back(clean(stream.str()));
}

std::unique_ptr<Session> Session::open(const Config &config, std::string &error) {
  auto session = std::make_unique<Session>();
  forgetAliases(*session);
  IntrusiveRefCntPtr<DiagnosticsEngine> early =
      CompilerInstance::createDiagnostics(new DiagnosticOptions(), &session->collector, /*ShouldOwnClient=*/false);
  auto made = invocation(config, *early);
  if (!made) {
    error = "Clang refuses the flags";
    return nullptr;
  }
  session->ci = std::make_unique<CompilerInstance>();
  CompilerInstance &ci = *session->ci;
  ci.setInvocation(std::move(made));
  ci.createDiagnostics(&session->collector, /*ShouldOwnClient=*/false);
  ci.getPreprocessorOpts().addRemappedFile("rung.cpp", llvm::MemoryBuffer::getMemBuffer("").release());
  ci.getPreprocessorOpts().RetainRemappedFileBuffers = false;
  if (!config.pch.empty()) {
    ci.getPreprocessorOpts().ImplicitPCHInclude = config.pch;
    ci.getHeaderSearchOpts().ValidateASTInputFilesContent = true;
  }
  ci.getFrontendOpts().DisableFree = false;
  ci.getDiagnosticOpts().ShowCarets = false;  // no counts of errors on stderr
  ci.getDiagnostics().setFatalsAsError(true);
  CodeGenOptions &code = ci.getCodeGenOpts();
  code.DisableFree = false;
  code.ClearASTBeforeBackend = false;
  code.CXXCtorDtorAliases = 0;  // C1 constructors exist as functions
  code.EmulatedTLS = true;
  auto action = std::make_unique<Action>();
  if (!ci.ExecuteAction(*action) || !action->recorder || !ci.hasSema() || session->collector.failed()) {
    error = "Clang could not start";
    for (auto &p : session->collector.problems) error += ": " + p.text;
    return nullptr;
  }
  session->recorder = action->recorder;
  session->action = std::move(action);
  session->owner_.reset(CreateLLVMCodeGen(ci.getDiagnostics(), "rung", &ci.getVirtualFileSystem(), ci.getHeaderSearchOpts(),
                                          ci.getPreprocessorOpts(), ci.getCodeGenOpts(), session->context));
  session->owner_->Initialize(ci.getASTContext());
  ci.getPreprocessor().addPPCallbacks(std::make_unique<Watcher>(*session->recorder, ci.getSourceManager()));
  if (ExternalASTSource *external = ci.getASTContext().getExternalSource()) external->StartTranslationUnit(session->recorder);
  ci.getPreprocessor().addPPCallbacks(std::make_unique<Expansions>());
  ci.getSema().TemplateInstCallbacks.push_back(std::make_unique<Instantiations>());
  session->context.setDiagnosticHandlerCallBack(told, &session->backendErrors);
  session->optimizerContext.setDiagnosticHandlerCallBack(told, &session->backendErrors);
  session->parse_ = std::make_unique<Parser>(ci.getPreprocessor(), ci.getSema(), /*SkipFunctionBodies=*/false);
  session->parse_->Initialize();
  return session;
}

// Numbers lambdas where the precompiled header is built: whoever reads it cannot any more.
class PrecompileAction : public GeneratePCHAction {
  class Namer : public ASTConsumer {
  public:
    explicit Namer(SourceManager &sources) : namer(sources) {}
    bool HandleTopLevelDecl(DeclGroupRef group) override {
      for (Decl *d : group) namer.name(d);
      return true;
    }

  private:
    LambdaNamer namer;
  };
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &ci, llvm::StringRef file) override {
    auto writer = GeneratePCHAction::CreateASTConsumer(ci, file);
    if (!writer) return nullptr;
    std::vector<std::unique_ptr<ASTConsumer>> both;
    both.push_back(std::make_unique<Namer>(ci.getSourceManager()));
    both.push_back(std::move(writer));
    return std::make_unique<MultiplexConsumer>(std::move(both));
  }
};

bool precompile(const Config &config, const std::string &source, const std::string &path, std::string &error) {
  Collector collector;
  IntrusiveRefCntPtr<DiagnosticsEngine> early =
      CompilerInstance::createDiagnostics(new DiagnosticOptions(), &collector, /*ShouldOwnClient=*/false);
  auto made = invocation(config, *early);
  if (!made) return false;
  CompilerInstance ci;
  ci.setInvocation(std::move(made));
  ci.createDiagnostics(&collector, /*ShouldOwnClient=*/false);
  FrontendOptions &front = ci.getFrontendOpts();
  front.ProgramAction = frontend::GeneratePCH;
  front.Inputs.clear();
  front.Inputs.push_back(FrontendInputFile(source, InputKind(Language::CXX)));
  front.OutputFile = path;
  front.DisableFree = false;
  ci.getDiagnosticOpts().ShowCarets = false;
  ci.getHeaderSearchOpts().ValidateASTInputFilesContent = true;
  // What the headers' inline functions need is instantiated once, here, and not at the start of each process that reads it.
  ci.getLangOpts().PCHInstantiateTemplates = true;
  CodeGenOptions &code = ci.getCodeGenOpts();
  code.CXXCtorDtorAliases = 0;
  code.EmulatedTLS = true;
  PrecompileAction action;
  bool good = ci.ExecuteAction(action) && !collector.failed();
  for (auto &p : collector.problems)
    if (p.level >= DiagnosticsEngine::Error) error += p.text + "; ";
  return good;
}

SourceLocation Session::nowhere() { return sources().getLocForStartOfFile(sources().getMainFileID()); }

void Session::resetErrors() { ci->getDiagnostics().Reset(/*soft=*/true); }

void Session::enter(llvm::StringRef said, const Place &place, const char *name) {
  std::string text = withAliases(*this, said);
  auto buffer = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(text.size() + 1, std::string(name) + std::to_string(inputs++));
  memcpy(buffer->getBufferStart(), text.data(), text.size());
  buffer->getBufferStart()[text.size()] = '\n';
  FileID id = sources().createFileID(std::move(buffer), SrcMgr::C_User, 0, 0, nowhere());
  collector.remember(id, place);
  pp().EnterSourceFile(id, nullptr, nowhere());
}

bool Session::attempt(Transaction &t, const std::function<bool()> &body) {
  Sema &s = sema();
  t.begin(s);
  resetErrors();
  Recorder &r = *recorder;
  Transaction *outer = r.open;
  r.open = &t;
  // What an earlier question left is not about this one.
  if (!outer) collector.take();
  bool good;
  {
    Sema::GlobalEagerInstantiationScope global(s, true);
    Sema::LocalEagerInstantiationScope local(s);
    good = body() && !collector.failed();
    if (good) {
      local.perform();
      global.perform();
      good = !collector.failed();
    }
    if (!good) {
      t.rollback(s);
      // What came out of a PCH on the way is announced only once.
      for (auto &e : t.events)
        if (e.kind == Event::Interesting) r.early.push_back(e);
      t.events.clear();
    }
  }
  r.open = outer;
  resetErrors();
  return good;
}

bool Session::parse(llvm::StringRef text, const Place &place, Transaction &t) {
  return attempt(t, [&] {
    Sema &s = sema();
    enter(text, place, "raw_");
    ast().addTranslationUnitDecl();
    t.unit = ast().getTranslationUnitDecl();
    if (parse_->getCurToken().isOneOf(tok::annot_repl_input_end, tok::eof)) {
      parse_->ConsumeAnyToken();
      parse_->ExitScope();
      s.CurContext = nullptr;
      parse_->EnterScope(Scope::DeclScope);
      s.ActOnTranslationUnitScope(parse_->getCurScope());
    }
    Parser::DeclGroupPtrTy group;
    Sema::ModuleImportState imports;
    {
      Reading now(parse_.get());
      // The end of a file would end the translation unit for good, so the parser must not meet it between declarations.
      // Lambdas have their numbers before anybody asks for the symbol of a function that returns one.
      LambdaNamer namer(sources());
      for (bool end = parse_->ParseFirstTopLevelDecl(group, imports); !end;) {
        if (group) {
          for (Decl *d : group.get()) namer.name(d);
          recorder->HandleTopLevelDecl(group.get());
        }
        end = parse_->getCurToken().is(tok::eof) || parse_->ParseTopLevelDecl(group, imports);
      }
    }
    for (Decl *d : s.WeakTopLevelDecls()) recorder->HandleTopLevelDecl(DeclGroupRef(d));
    while (!parse_->getCurToken().isOneOf(tok::annot_repl_input_end, tok::eof)) parse_->ConsumeAnyToken();
    return true;
  });
}

bool Session::snippet(llvm::StringRef text, const std::function<bool()> &body) {
  // The semicolon keeps the parser from looking beyond the end.
  enter((text + "\n;").str(), Place{}, "text_");
  parse_->ConsumeAnyToken();
  Reading now(parse_.get());
  bool good = body();
  if (good && !parse_->getCurToken().is(tok::semi)) {
    auto &diags = ci->getDiagnostics();
    diags.Report(parse_->getCurToken().getLocation(), diag::err_expected_after) << "expression" << "end";
    good = false;
  }
  while (!parse_->getCurToken().isOneOf(tok::annot_repl_input_end, tok::eof)) parse_->ConsumeAnyToken();
  return good && !collector.failed();
}

std::unique_ptr<llvm::Module> Session::emit(Transaction &t, bool logging, llvm::ArrayRef<GlobalDecl> wanted) {
  recorder->sink = owner_.get();
  auto early = std::exchange(recorder->early, {});
  for (auto &e : early) replay(e, *owner_), log.push_back(e);
  LambdaNamer namer(sources());
  for (auto &e : t.events)
    if (e.kind == Event::TopLevel)
      for (Decl *d : DeclGroupRef::getFromOpaquePtr(e.what))
        namer.name(d);
  for (auto &e : t.events) replay(e, *owner_);
  for (GlobalDecl d : wanted) owner_->GetAddrOfGlobal(d, /*isForDefinition=*/false);
  owner_->HandleTranslationUnit(ast());
  recorder->sink = nullptr;
  log.insert(log.end(), recorder->sunk.begin(), recorder->sunk.end());
  recorder->sunk.clear();
  std::unique_ptr<llvm::Module> module(owner_->ReleaseModule());
  owner_->StartModule("rung_" + std::to_string(++modules), context);
  if (collector.failed() || ci->getDiagnostics().hasErrorOccurred()) {
    resetErrors();
    return nullptr;
  }
  if (logging) log.insert(log.end(), t.events.begin(), t.events.end());
  return module;
}

void Session::keep(Transaction &t) {
  for (auto &e : t.events) replay(e, *owner_), log.push_back(e);
  t.events.clear();
}

void Session::supersede(llvm::ArrayRef<FunctionDecl *> old) {
  for (auto *f : old) {
    rawFunctions.erase(f);
    superseded.push_back(f);
  }
}

CodeGenerator &Session::optimizer() {
  if (!optimizer_) {
    CodeGenOptions &options = *new CodeGenOptions(ci->getCodeGenOpts());  // the generator refers to it
    options.OptimizationLevel = 2;
    options.setInlining(CodeGenOptions::NormalInlining);
    optimizer_.reset(CreateLLVMCodeGen(ci->getDiagnostics(), "rung_o", &ci->getVirtualFileSystem(), ci->getHeaderSearchOpts(),
                                       ci->getPreprocessorOpts(), options, optimizerContext));
    optimizer_->Initialize(ast());
  }
  return *optimizer_;
}

std::unique_ptr<llvm::Module> Session::emitForOptimizer(llvm::ArrayRef<Event> own) {
  CodeGenerator &generator = optimizer();
  // A function of raw code counts as inline here, so that its body is at hand where it is called.
  for (auto *f : rawFunctions) const_cast<FunctionDecl *>(f)->setImplicitlyInline(true);
  recorder->sink = &generator;
  // A body that was replaced before this generator met it would be a second definition of its symbol here.
  std::vector<std::pair<FunctionDecl *, Stmt *>> bodies;
  for (auto *f : superseded) {
    bodies.push_back({f, f->getBody()});
    f->setBody(nullptr);
  }
  for (; fed < log.size(); ++fed) replay(log[fed], generator);
  for (auto [f, body] : bodies) f->setBody(body);
  superseded.clear();
  for (auto &e : own) replay(e, generator);
  generator.HandleTranslationUnit(ast());
  recorder->sink = nullptr;
  recorder->early.insert(recorder->early.end(), recorder->sunk.begin(), recorder->sunk.end());
  recorder->sunk.clear();
  std::unique_ptr<llvm::Module> module(generator.ReleaseModule());
  generator.StartModule("rung_o" + std::to_string(++modules), optimizerContext);
  for (auto *f : rawFunctions) const_cast<FunctionDecl *>(f)->setImplicitlyInline(false);
  if (collector.failed() || ci->getDiagnostics().hasErrorOccurred()) {
    resetErrors();
    return nullptr;
  }
  return module;
}

} // namespace rung
