// Linking. An object whose imports cannot all be found waits, so that a failed link never poisons symbols and C++ may call
// what a later input defines.
//
// Nothing that is linked may count on lying within 2 GiB of anything else: calls and data go through the object's own PLT
// and GOT, which JITLink makes, and each object keeps its own reference to the personality routine for its unwind data.
#include "link.h"
#include "limits.h"
#include "llvm/ExecutionEngine/JITLink/EHFrameSupport.h"
#include "llvm/ExecutionEngine/Orc/ObjectFileInterface.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FormatVariadic.h"
#include <dlfcn.h>
#include <stdlib.h>

// GCC takes the unused room of LLVM's unique_function for something that is read.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

using namespace llvm;
using namespace llvm::orc;

extern "C" void *__emutls_get_address(void *);
extern "C" void __register_frame(void *);

namespace rung {

static constexpr size_t none = ~size_t(0);

static std::string take(Error error) { return toString(std::move(error)); }

// References of unwind data to the personality routine and to types: weak and shared by name, which would tie an object to
// the place of the first one that had it.
static bool indirect(StringRef symbol) { return symbol.starts_with("DW.ref."); }

// What emulated thread-locals are reached through; the layout is libgcc's.
namespace {
struct ThreadLocal {
  size_t size, align;
  void *where, *initial;
};
// A thread-local of a shared library, which the system's loader keeps: found by name, once a thread.
struct Foreign : ThreadLocal {
  explicit Foreign(std::string name) : ThreadLocal{0, 0, nullptr, &mark}, name(std::move(name)) {}
  std::string name;
  static char mark;
};
char Foreign::mark;
} // namespace

static void *threadLocal(void *control) {
  if (LLVM_LIKELY(static_cast<ThreadLocal *>(control)->initial != &Foreign::mark)) return __emutls_get_address(control);
  static thread_local DenseMap<void *, void *> found;
  void *&at = found[control];
  if (!at) at = dlsym(RTLD_DEFAULT, static_cast<Foreign *>(control)->name.c_str());
  return at;
}

namespace {
struct KeepIndirectReferences : ObjectLinkingLayer::Plugin {
  void modifyPassConfig(MaterializationResponsibility &, jitlink::LinkGraph &, jitlink::PassConfiguration &config) override {
    config.PrePrunePasses.push_back([](jitlink::LinkGraph &graph) {
      for (auto *symbol : graph.defined_symbols())
        if (symbol->hasName() && indirect(symbol->getName())) {
          symbol->setLinkage(jitlink::Linkage::Strong);
          symbol->setScope(jitlink::Scope::Local);
        }
      return Error::success();
    });
    // Before the layer's own pass, which claims weak symbols.
    std::rotate(config.PrePrunePasses.begin(), config.PrePrunePasses.end() - 1, config.PrePrunePasses.end());
  }
  Error notifyFailed(MaterializationResponsibility &) override { return Error::success(); }
  Error notifyRemovingResources(JITDylib &, ResourceKey) override { return Error::success(); }
  void notifyTransferringResources(JITDylib &, ResourceKey, ResourceKey) override {}
};
} // namespace

// Adds an object whose interface leaves out what is its own.
static Error addObject(LLJIT &jit, ResourceTrackerSP tracker, std::unique_ptr<MemoryBuffer> bytes) {
  auto interface = getObjectFileInterface(jit.getExecutionSession(), bytes->getMemBufferRef());
  if (!interface) return interface.takeError();
  for (auto it = interface->SymbolFlags.begin(); it != interface->SymbolFlags.end();) {
    auto symbol = it++;
    if (indirect(*symbol->first)) interface->SymbolFlags.erase(symbol);
  }
  return jit.getObjLinkingLayer().add(std::move(tracker), std::move(bytes), std::move(*interface));
}

std::unique_ptr<Linker> Linker::create(std::string &error) {
  // Code that is linked here sees what C++ programs link by default, even when nothing else in the process does.
  for (const char *library : {"libstdc++.so.6", "libm.so.6", "libgcc_s.so.1"}) dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  auto linker = std::make_unique<Linker>();
  auto made = LLJITBuilder()
                  .setPlatformSetUp(setUpInactivePlatform)
                  .setObjectLinkingLayerCreator([](ExecutionSession &es, const Triple &) -> Expected<std::unique_ptr<ObjectLayer>> {
                    auto layer = std::make_unique<ObjectLinkingLayer>(es);
                    layer->addPlugin(std::make_unique<EHFrameRegistrationPlugin>(
                        es, std::make_unique<jitlink::InProcessEHFrameRegistrar>()));
                    layer->addPlugin(std::make_unique<KeepIndirectReferences>());
                    layer->setOverrideObjectFlagsWithResponsibilityFlags(true);
                    return Expected<std::unique_ptr<ObjectLayer>>(std::move(layer));
                  })
                  .create();
  if (!made) {
    error = take(made.takeError());
    return nullptr;
  }
  linker->jit = std::move(*made);
  // Why a link failed is told here only; what `address` returns then names the symbols that are lost by it.
  linker->jit->getExecutionSession().setErrorReporter([why = &linker->why](Error e) {
    std::string text = take(std::move(e));
    if (why->empty()) *why = std::move(text);
  });
  auto builder = createLocalIndirectStubsManagerBuilder(linker->jit->getTargetTriple());
  linker->stubPages = builder();
  static char dso;
  bool good = linker->bind("__dso_handle", reinterpret_cast<uint64_t>(&dso), error) &&
              linker->bind("__emutls_get_address", reinterpret_cast<uint64_t>(&threadLocal), error) &&
              linker->bind("atexit", reinterpret_cast<uint64_t>(&atexit), error);
  return good ? std::move(linker) : nullptr;
}

std::string Linker::reason(Error error) {
  std::string text = take(std::move(error));
  return why.empty() ? text : std::exchange(why, "");
}

// As the JIT looks: what every part of the process sees. `RTLD_DEFAULT` would also find what this library alone sees, LLVM's
// own instantiations of templates among it.
static void *ofProcess(const std::string &symbol) {
  static void *process = dlopen(nullptr, RTLD_LAZY);
  return dlsym(process, symbol.c_str());
}

uint64_t Linker::inProcess(StringRef symbol) const {
  uint64_t &at = process[symbol];
  if (!at) at = reinterpret_cast<uint64_t>(ofProcess(symbol.str()));
  return at;
}

bool Linker::bind(StringRef symbol, uint64_t at, std::string &error) {
  Limits::Whole whole;
  auto it = absolute.find(symbol);
  if (it != absolute.end()) {
    if (it->second == at) return true;
    error = ("the symbol " + symbol + " is bound already").str();
    return false;
  }
  SymbolMap map;
  map[jit->mangleAndIntern(symbol)] = {ExecutorAddr(at), JITSymbolFlags::Exported};
  if (auto e = jit->getMainJITDylib().define(absoluteSymbols(std::move(map)))) {
    error = take(std::move(e));
    return false;
  }
  absolute[symbol] = at;
  return true;
}

bool Linker::declareStub(StringRef symbol, std::string &error) {
  Limits::Whole whole;
  if (stubs.count(symbol)) return true;
  if (auto e = stubPages->createStub(symbol, ExecutorAddr(0), JITSymbolFlags::Exported | JITSymbolFlags::Callable)) {
    error = take(std::move(e));
    return false;
  }
  auto def = stubPages->findStub(symbol, false);
  SymbolMap map;
  map[jit->mangleAndIntern(symbol)] = {def.getAddress(), JITSymbolFlags::Exported | JITSymbolFlags::Callable};
  if (auto e = jit->getMainJITDylib().define(absoluteSymbols(std::move(map)))) {
    error = take(std::move(e));
    return false;
  }
  stubs[symbol] = none;
  return true;
}

bool Linker::inStandardLibrary(StringRef symbol) const {
  // Only names of namespace std: what programs instantiate with their own types is not there.
  if (!symbol.starts_with("_ZNSt") && !symbol.starts_with("_ZNKSt") && !symbol.starts_with("_ZSt") && !symbol.starts_with("_ZNSa"))
    return false;
  static const void *library = [] {
    Dl_info info;
    void *inside = ofProcess("_ZSt9terminatev");
    return inside && dladdr(inside, &info) ? info.dli_fbase : nullptr;
  }();
  Dl_info info;
  void *at = ofProcess(symbol.str());
  return at && library && dladdr(at, &info) && info.dli_fbase == library;
}

// Names a symbol table holds: defined and global, or undefined and not weak.
static bool symbols(StringRef bytes, std::vector<std::string> *defined, std::vector<std::string> *undefined, std::string &error) {
  auto file = object::ObjectFile::createObjectFile(MemoryBufferRef(bytes, "object"));
  if (!file) {
    error = take(file.takeError());
    return false;
  }
  for (auto &symbol : (*file)->symbols()) {
    auto flags = symbol.getFlags();
    auto name = symbol.getName();
    if (!flags || !name) {
      if (!flags) consumeError(flags.takeError());
      if (!name) consumeError(name.takeError());
      continue;
    }
    if (name->empty() || indirect(*name) || (*flags & object::SymbolRef::SF_FormatSpecific)) continue;
    if (*flags & object::SymbolRef::SF_Undefined) {
      if (undefined && !(*flags & object::SymbolRef::SF_Weak) && *name != "_GLOBAL_OFFSET_TABLE_") undefined->push_back(name->str());
    } else if (defined && (*flags & object::SymbolRef::SF_Global)) {
      defined->push_back(name->str());
    }
  }
  return true;
}

std::vector<std::string> Linker::imports(StringRef object) {
  std::vector<std::string> out;
  std::string error;
  symbols(object, nullptr, &out, error);
  return out;
}

bool Linker::add(StringRef bytes, StringRef name, const std::vector<std::string> &irSymbols, const std::vector<std::string> &bodies,
                 const StringMap<unsigned> &versions, std::string &error) {
  Limits::Whole whole;
  Object o;
  o.name = name.str();
  o.bytes = bytes.str();
  o.bodies = bodies;
  if (!symbols(bytes, &o.defines, &o.needs, error)) return false;
  for (auto &s : o.defines)
    if (owner.count(s)) {
      error = "the symbol " + s + " is defined already";
      return false;
    }
  for (auto &plain : bodies)
    if (!declareStub(plain, error)) return false;
  size_t index = objects.size();
  for (auto &s : o.defines) owner[s] = index;
  for (auto &s : irSymbols) owner.try_emplace(s, index);  // thread variables have other names in the object
  for (auto &plain : bodies) {
    stubs[plain] = index;
    auto v = versions.find(plain);
    newest[plain] = plain + "$v" + std::to_string(v == versions.end() ? 0 : v->second);
  }
  objects.push_back(std::move(o));
  return true;
}

bool Linker::lookFor(StringRef symbol, StringRef wantedBy, std::vector<size_t> &group, DenseSet<size_t> &seen,
                     std::vector<Missing> &lacking) {
  size_t index;
  if (auto s = stubs.find(symbol); s != stubs.end()) {
    index = s->second;
    if (index == none) {
      lacking.push_back({symbol.str(), wantedBy.str()});
      return false;
    }
  } else if (auto o = owner.find(symbol); o != owner.end()) {
    index = o->second;
  } else {
    if (absolute.count(symbol) || inProcess(symbol)) return true;
    if (StringRef name = symbol; name.consume_front("__emutls_v.") && inProcess(name)) {
      std::string error;
      return bind(symbol, reinterpret_cast<uint64_t>(static_cast<ThreadLocal *>(new Foreign(name.str()))), error);
    }
    lacking.push_back({symbol.str(), wantedBy.str()});
    return false;
  }
  Object &object = objects[index];
  if (object.linked || !seen.insert(index).second) return true;
  bool good = true;
  StringRef asking = object.bodies.size() == 1 ? StringRef(object.bodies[0]) : symbol;
  for (auto &need : object.needs) good &= lookFor(need, asking, group, seen, lacking);
  group.push_back(index);
  return good;
}

std::vector<Missing> Linker::missing(StringRef symbol) {
  std::vector<size_t> group;
  DenseSet<size_t> seen;
  std::vector<Missing> lacking;
  lookFor(symbol, "", group, seen, lacking);
  return lacking;
}

bool Linker::link(const std::vector<size_t> &group, std::string &error) {
  Limits::Whole whole;
  auto &dylib = jit->getMainJITDylib();
  auto tracker = dylib.createResourceTracker();
  auto &es = jit->getExecutionSession();
  SymbolLookupSet wanted;
  for (size_t index : group) {
    Object &o = objects[index];
    if (o.defines.empty()) continue;
    if (auto e = addObject(*jit, tracker, MemoryBuffer::getMemBuffer(o.bytes, o.name, false))) {
      error = reason(std::move(e));
      consumeError(tracker->remove());
      return false;
    }
    wanted.add(es.intern(o.defines.front()));
  }
  if (wanted.empty()) return true;
  // One symbol of each object is enough to link all of it.
  auto found = es.lookup({{&dylib, JITDylibLookupFlags::MatchAllSymbols}}, std::move(wanted));
  if (!found) {
    error = reason(found.takeError());
    consumeError(tracker->remove());
    return false;
  }
  for (size_t index : group) {
    Object &o = objects[index];
    o.linked = true;
    linkedBytes += o.bytes.size();
    o.bytes.clear();
    o.bytes.shrink_to_fit();
  }
  for (size_t index : group)
    for (auto &plain : objects[index].bodies) {
      if (stubs[plain] != index) continue;  // replaced again before it was linked
      auto at = es.lookup({&dylib}, newest[plain]);
      if (!at) {
        error = reason(at.takeError());
        return false;
      }
      if (auto e = stubPages->updatePointer(plain, at->getAddress())) {
        error = reason(std::move(e));
        return false;
      }
    }
  return true;
}

uint64_t Linker::address(StringRef symbol, std::vector<Missing> &lacking, std::string &error) {
  Limits::Whole whole;
  std::vector<size_t> group;
  DenseSet<size_t> seen;
  if (!lookFor(symbol, "", group, seen, lacking)) return 0;
  if (!group.empty() && !link(group, error)) return 0;
  if (auto a = absolute.find(symbol); a != absolute.end()) return a->second;
  if (!owner.count(symbol) && !stubs.count(symbol))
    return inProcess(symbol);
  auto at = jit->lookup(symbol);
  if (!at) {
    error = reason(at.takeError());
    return 0;
  }
  return at->getValue();
}

bool Linker::linkApart(StringRef object, StringRef name, const std::vector<std::pair<std::string, uint64_t>> &bindings,
                       const std::vector<std::string> &exports, std::vector<uint64_t> &addresses, std::vector<Missing> &lacking,
                       std::string &error) {
  StringMap<uint64_t> bound;
  for (auto &[symbol, at] : bindings) bound[symbol] = at;
  for (auto &symbol : imports(object))
    if (!bound.count(symbol)) address(symbol, lacking, error);
  if (!lacking.empty() || !error.empty()) return false;
  auto &es = jit->getExecutionSession();
  auto &dylib = es.createBareJITDylib((name + "#" + Twine(++apart)).str());
  dylib.addToLinkOrder(jit->getMainJITDylib());
  if (auto process = jit->getProcessSymbolsJITDylib()) dylib.addToLinkOrder(*process);
  SymbolMap map;
  for (auto &[symbol, at] : bindings) map[es.intern(symbol)] = {ExecutorAddr(at), JITSymbolFlags::Exported};
  auto fail = [&](Error e) {
    error = reason(std::move(e));
    consumeError(es.removeJITDylib(dylib));
    return false;
  };
  if (!map.empty())
    if (auto e = dylib.define(absoluteSymbols(std::move(map)))) return fail(std::move(e));
  if (auto e = addObject(*jit, dylib.getDefaultResourceTracker(), MemoryBuffer::getMemBufferCopy(object, name))) return fail(std::move(e));
  for (auto &symbol : exports) {
    auto at = es.lookup({&dylib}, symbol);
    if (!at) return fail(at.takeError());
    addresses.push_back(at->getAddress().getValue());
  }
  linkedBytes += object.size();
  return true;
}

} // namespace rung
