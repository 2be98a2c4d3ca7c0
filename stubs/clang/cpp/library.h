// The whole: a session, a linker that outlives it, and the requests.
#pragma once

#include "ask.h"
#include "codegen.h"
#include "definitions.h"
#include "link.h"
#include "llvm/Support/JSON.h"
#include <atomic>
#include <map>
#include <mutex>

namespace rung {

// A text that was read, for replaying into a new session.
struct Input {
  std::string text;
  Place place;
  bool precompiled = false;  // part of the session's precompiled header
};

struct HeldObject {
  std::string bytes, name;
  std::string text;  // its C++ text, from which the owner emits what the object imports and nobody has defined
  std::vector<std::string> exports;
  std::vector<Event> events;  // the text as this session parsed it
  clang::TranslationUnitDecl *unit = nullptr;
  unsigned generation = 0;  // of the session; another one parses the text again
};

class Library {
public:
  // Answers a request; contains crashes.
  std::string request(llvm::StringRef json);
  // Nothing is asked for: precompiles the headers that were read, for the next process.
  void idle();
  // The process ends: starts the builder, where one is configured and the headers are not precompiled. From any thread.
  void finish();
  // Objects made elsewhere: compiled recipes, by inkwell.
  bool linkObject(llvm::StringRef bytes, llvm::StringRef name, const std::vector<std::string> &symbols,
                  std::vector<uint64_t> &addresses, std::string &error);

private:
  using Object = llvm::json::Object;
  llvm::json::Value dispatch(const Object &);
  llvm::json::Value open(const Object &);
  llvm::json::Value raw(const Object &);
  std::string ask(const Object &);
  llvm::json::Value trampolines(const Object &);
  llvm::json::Value compile(const Object &);
  llvm::json::Value load(const Object &);
  llvm::json::Value lookup(const Object &);
  llvm::json::Value provide(const Object &);
  // What nobody waits for: emits the inline functions that raw code defined.
  llvm::json::Value later();
  llvm::json::Value prepare();
  // Emits definitions that the session has, as far as they can be linked.
  void define(llvm::ArrayRef<clang::GlobalDecl>, std::vector<uint64_t> &inits);
  llvm::json::Value bind(const Object &);
  llvm::json::Value complete(const Object &);
  llvm::json::Value save(const Object &);

  // Reads `lines` (all #include) from a precompiled header, if nothing but headers was read so far and there is one.
  bool fromPch(const std::vector<Input> &lines);
  bool onlyHeaders() const;
  bool start(std::string &error);
  // Opens the session that `open` only announced: the first headers may come precompiled.
  bool begin();
  // The headers at the start of the history.
  std::vector<std::string> leading() const;
  static Config configFrom(const Object &);
  // Keeps for `finish` what the builder would have to do.
  void plan();
  llvm::json::Value precompile(const Object &);
  llvm::json::Value search(const Object &);
  void replayInputs();

  // One text as one input, with redefinition: in redefine.cpp.
  struct Outcome {
    bool good = false;
    llvm::json::Array errors;
    std::vector<uint64_t> inits;
    llvm::json::Array redefined, warnings;
  };
  Outcome input(llvm::StringRef text, const Place &, bool replaying);
  struct Hidden {
    clang::NamedDecl *decl;
    bool definition;  // only the definition of a member was unlinked
  };
  bool hidePrevious(const std::vector<Problem> &, std::vector<Hidden> &);
  void hideUnnamed(clang::DeclContext *, std::vector<Hidden> &);
  void restore(const std::vector<Hidden> &);
  void noteDeclarations(clang::DeclContext *, llvm::StringMap<unsigned> &versions, const std::vector<Hidden> &,
                        std::vector<clang::FunctionDecl *> &superseded, llvm::json::Array &redefined);

  // Module → object → linker. `tramps` names functions that may fail alone.
  bool finish(std::unique_ptr<llvm::Module>, const llvm::StringMap<unsigned> &versions, Definitions &, std::string &error);
  // `own`: symbols that the module provides itself through stubs.
  std::vector<Missing> missingIn(llvm::Module &, const std::vector<std::string> &own,
                                 llvm::DenseMap<llvm::Function *, Missing> *tainted);
  // Takes out of the module what cannot run because a symbol is missing: names, and the symbols they lack.
  std::vector<std::pair<std::string, Missing>> dropUnlinkable(llvm::Module &, Definitions &);
  Object undefinedSymbol(const Missing &);
  llvm::json::Value failed(llvm::json::Array errors);
  llvm::json::Value failed(llvm::StringRef code, const llvm::Twine &message);

  // Parses tier-2 text and takes its names out of lookup again.
  bool readText(HeldObject &, llvm::json::Array &errors);
  // The owner defines what `object` imports and nobody has.
  bool supply(HeldObject &, std::vector<uint64_t> &inits, llvm::json::Array &errors);

  Config config;
  std::unique_ptr<Linker> linker;
  std::unique_ptr<Session> session;
  std::unique_ptr<Types> types;
  std::unique_ptr<Backend> plain, optimising;
  std::vector<Input> history;
  llvm::DenseMap<unsigned, clang::NamedDecl *> rawDeclarations;    // by raw source location
  llvm::StringMap<unsigned> functionVersions;                      // replaceable functions, newest version
  std::map<uint64_t, HeldObject> held;
  uint64_t nextHeld = 1;
  unsigned counter = 0;    // names of initialisers and trampolines; never reused
  unsigned tags = 0;       // ABI tags given in this session
  std::vector<clang::GlobalDecl> waiting;  // inline functions of raw code, not emitted yet
  std::vector<clang::QualType> newTypes;   // that raw code's functions take and give
  Series series;           // of the questions that are being asked
  std::vector<uint64_t> owed;  // initialisers of inputs whose reply could not name them
  unsigned generation = 0;  // of the session
  bool dead = false;
  bool announced = false;  // opened, but no session yet
  std::string refusal;     // why the session could not be opened
  std::mutex planGate;
  std::string planned, plannedFile, plannedFor;  // a request to the builder, the file it makes, the builder
  size_t plannedLines = 0;
  std::atomic<int> building{0};  // the builder's process
};

} // namespace rung
