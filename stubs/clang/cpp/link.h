// Objects into the process: LLJIT with JITLink, a symbol table of its own, stubs for functions that can be replaced.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ExecutionEngine/Orc/IndirectionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rung {

struct Missing {
  std::string symbol;
  std::string wantedBy;  // a symbol of the object that refers to it, where one is known
};

class Linker {
public:
  static std::unique_ptr<Linker> create(std::string &error);

  bool defined(llvm::StringRef symbol) const { return owner.count(symbol) || stubs.count(symbol) || absolute.count(symbol); }
  uint64_t inProcess(llvm::StringRef symbol) const;
  // In the C++ standard library that the process has loaded: its own inline functions, compiled already.
  bool inStandardLibrary(llvm::StringRef symbol) const;
  bool replaceable(llvm::StringRef symbol) const { return stubs.count(symbol); }
  // A symbol nobody can provide, directly or through an object that waits.
  std::vector<Missing> missing(llvm::StringRef symbol);

  // Takes an object in. It is linked when something of it is asked for. Fails only when it is no object.
  bool add(llvm::StringRef object, llvm::StringRef name, const std::vector<std::string> &symbols,
           const std::vector<std::string> &bodies, const llvm::StringMap<unsigned> &versions, std::string &error);
  // Binds a symbol to an address; a symbol bound before to another address is an error.
  bool bind(llvm::StringRef symbol, uint64_t address, std::string &error);
  // Links what is needed for `symbol`; 0 with what is missing, or an error text.
  uint64_t address(llvm::StringRef symbol, std::vector<Missing> &lacking, std::string &error);
  // Makes a stub for a replaceable function, so that others can refer to it.
  bool declareStub(llvm::StringRef symbol, std::string &error);
  // Links an object that nobody else's symbols refer to, with bindings of its own, and gives the addresses of `exports`.
  bool linkApart(llvm::StringRef object, llvm::StringRef name, const std::vector<std::pair<std::string, uint64_t>> &bindings,
                 const std::vector<std::string> &exports, std::vector<uint64_t> &addresses, std::vector<Missing> &lacking,
                 std::string &error);
  // Undefined symbols of an object that is not taken in.
  static std::vector<std::string> imports(llvm::StringRef object);
  uint64_t linkedBytes = 0;

private:
  struct Object {
    std::string name, bytes;
    std::vector<std::string> defines, needs, bodies;
    bool linked = false;
    bool broken = false;
  };
  bool lookFor(llvm::StringRef symbol, llvm::StringRef wantedBy, std::vector<size_t> &group, llvm::DenseSet<size_t> &seen,
               std::vector<Missing> &lacking);
  bool link(const std::vector<size_t> &group, std::string &error);
  // What the linker said first, rather than which symbols a failure took along.
  std::string reason(llvm::Error error);

  std::string why;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::unique_ptr<llvm::orc::IndirectStubsManager> stubPages;
  std::vector<Object> objects;
  llvm::StringMap<size_t> owner;                  // symbol → object
  llvm::StringMap<size_t> stubs;                  // replaceable symbol → object with its newest body (or none yet)
  llvm::StringMap<std::string> newest;            // replaceable symbol → name of its newest body
  llvm::StringMap<uint64_t> absolute;
  mutable llvm::StringMap<uint64_t> process;
  unsigned apart = 0;
};

} // namespace rung
