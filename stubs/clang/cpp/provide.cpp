// Addresses of what recipes call and mention. What the session knows and nobody has emitted yet (inline functions, templates,
// variables of headers) is emitted here, all of a request in one module.
#include "library.h"
#include <stdlib.h>
#include <string.h>

using namespace clang;
namespace json = llvm::json;

namespace rung {

void Library::define(llvm::ArrayRef<GlobalDecl> wanted, std::vector<uint64_t> &inits) {
  Transaction all;
  llvm::SmallVector<GlobalDecl, 16> good;
  for (GlobalDecl d : wanted) {
    auto *decl = const_cast<ValueDecl *>(cast<ValueDecl>(d.getDecl()));
    Transaction t;
    bool fine = session->attempt(t, [&] {
      if (auto *f = dyn_cast<FunctionDecl>(decl)) session->sema().MarkFunctionReferenced(session->nowhere(), f);
      else if (auto *v = dyn_cast<VarDecl>(decl)) session->sema().MarkVariableReferenced(session->nowhere(), v);
      return true;
    });
    session->collector.take();
    if (!fine) continue;
    all.events.insert(all.events.end(), t.events.begin(), t.events.end());
    good.push_back(d);
  }
  if (good.empty()) return;
  std::unique_ptr<llvm::Module> module = session->emit(all, /*logging=*/true, good);
  session->collector.take();
  if (!module) return;
  llvm::StringMap<unsigned> none;
  std::string error;
  std::vector<Missing> lacking;
  Definitions definitions = unify(*module, *linker, none, "__rung_init" + std::to_string(++counter));
  dropUnlinkable(*module, definitions);
  if (finish(std::move(module), none, definitions, error) && !definitions.init.empty())
    if (uint64_t at = linker->address(definitions.init, lacking, error)) inits.push_back(at);
}

json::Value Library::provide(const Object &request) {
  auto *symbols = request.getArray("symbols");
  if (!symbols) return failed("cpp/call", "provide without symbols");
  std::vector<uint64_t> addresses, inits = std::move(owed);
  owed.clear();
  std::vector<GlobalDecl> wanted;
  std::vector<size_t> absent;
  auto find = [&](llvm::StringRef name) {
    std::string error;
    std::vector<Missing> lacking;
    return linker->address(name, lacking, error);
  };
  for (auto &s : *symbols) {
    llvm::StringRef name = s.getAsString().value_or("");
    addresses.push_back(find(name));
    auto known = session->named.find(name);
    // A definition that is there and cannot be linked stays so.
    if (addresses.back() || known == session->named.end() || linker->defined(name)) continue;
    wanted.push_back(known->second);
    absent.push_back(addresses.size() - 1);
  }
  define(wanted, inits);
  for (size_t i : absent) addresses[i] = find((*symbols)[i].getAsString().value_or(""));
  json::Array out, run;
  for (uint64_t at : addresses) out.push_back(at);
  for (uint64_t at : inits) run.push_back(at);
  return json::Object{{"answer", "provided"}, {"addresses", std::move(out)}, {"inits", std::move(run)}};
}

json::Value Library::prepare() {
  for (auto &symbol : session->mentioned) {
    std::string error;
    std::vector<Missing> lacking;
    linker->address(symbol, lacking, error);
  }
  session->mentioned.clear();
  return json::Object{{"answer", "opened"}};
}

json::Value Library::later() {
  std::vector<GlobalDecl> wanted;
  for (GlobalDecl d : waiting)
    if (!linker->defined(session->owner().GetMangledName(d))) wanted.push_back(d);
  waiting.clear();
  for (QualType t : std::exchange(newTypes, {})) {
    if (t->isDependentType() || t->getContainedDeducedType()) continue;
    Transaction transaction;
    bool good = session->attempt(transaction, [&] {
      types->prepare(t);
      return true;
    });
    session->collector.take();
    if (good) session->keep(transaction);
  }
  // Pages that the next form's questions will want.
  std::vector<void *> blocks;
  for (int i = 0; i < 64; ++i)
    if (void *p = malloc(48 << 10)) blocks.push_back(memset(p, 0, 48 << 10));
  for (void *p : blocks) free(p);
  // Their initialisers run before the next thing that is called.
  define(wanted, owed);
  return json::Object{{"answer", "opened"}};
}

} // namespace rung
