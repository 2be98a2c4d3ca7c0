// Tier 2: C++ text, which sees all that the session has declared, to an object at -O2; and objects back into the process.
//
// The text is parsed once, by the session. A second code generator over the same declarations makes the module that is optimised:
// it may look into every body and defines nothing but the exports. What an object imports and the owner has not emitted yet, the
// owner emits from the same declarations before the object is linked. The text travels inside the object, so a later process can
// do the same.
#include "balance.h"
#include "library.h"
#include "clang/AST/GlobalDecl.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"
#include "llvm/Support/FileSystem.h"

using namespace clang;
namespace json = llvm::json;

namespace rung {

namespace {

constexpr const char *sourceSection = ".rung.source";

// `name|export|export…\n` and the text.
std::string packed(const HeldObject &o) {
  std::string out = o.name;
  for (auto &e : o.exports) out += "|" + e;
  return out + "\n" + o.text;
}

bool unpack(llvm::StringRef all, HeldObject &o) {
  auto [head, text] = all.split('\n');
  llvm::SmallVector<llvm::StringRef, 4> parts;
  head.split(parts, '|');
  if (parts.empty()) return false;
  o.name = parts[0].str();
  for (size_t i = 1; i < parts.size(); ++i) o.exports.push_back(parts[i].str());
  o.text = text.str();
  return true;
}

// A symbol that belongs to the text alone: a local function or variable of it, or a static of one of its functions.
bool isOwn(CodeGenerator &generator, const HeldObject &o, llvm::StringRef symbol) {
  if (symbol.starts_with("_ZZ") || symbol.starts_with("_ZGVZ"))
    for (auto &e : o.exports) {
      std::string inner = std::to_string(e.size()) + e + "E";
      if (symbol.starts_with("_ZZ" + inner) || symbol.starts_with("_ZGVZ" + inner)) return true;
    }
  const Decl *d = generator.GetDeclForMangledName(symbol);
  auto *named = dyn_cast_or_null<NamedDecl>(d);
  // What a precompiled header brings out late stands in the unit that is read then.
  if (!named || named->isFromASTFile() || named->getFormalLinkage() != Linkage::Internal) return false;
  return named->getTranslationUnitDecl() == o.unit;
}

} // namespace

bool Library::readText(HeldObject &o, json::Array &errors) {
  Transaction t;
  bool good = session->parse(o.text, Place{o.name, 1}, t);
  auto problems = session->collector.take();
  if (!good) {
    errors = errorsOf(problems, "cpp/raw");
    if (errors.empty()) errors.push_back(diagnostic("cpp/raw", "Clang refuses the compiled text"));
    return false;
  }
  t.conceal(session->sema());
  o.unit = t.unit;
  o.generation = generation;
  // Instantiations belong to the session; the rest is this text's.
  Transaction shared;
  for (auto &e : t.events) {
    bool own = true;
    if (e.kind == Event::TopLevel)
      for (Decl *d : DeclGroupRef::getFromOpaquePtr(e.what))
        if (auto *f = dyn_cast<FunctionDecl>(d); f && f->isTemplateInstantiation()) own = false;
    // What comes out of a precompiled header is announced once, to whoever listens.
    if (e.kind == Event::StaticMember || e.kind == Event::VTable || e.kind == Event::Interesting) own = false;
    (own ? o.events : shared.events).push_back(e);
  }
  session->keep(shared);
  return true;
}

json::Value Library::compile(const Object &request) {
  HeldObject o;
  o.name = request.getString("name").value_or("tier2").str();
  o.text = request.getString("text").value_or("").str();
  if (auto *list = request.getArray("exports"))
    for (auto &e : *list) o.exports.push_back(e.getAsString().value_or("").str());
  if (auto wrong = imbalance(o.text)) return failed(wrong->code, wrong->message);
  json::Array errors;
  double t0 = threadUs();
  if (!readText(o, errors)) return failed(std::move(errors));
  double t1 = threadUs();
  std::unique_ptr<llvm::Module> module = session->emitForOptimizer(o.events);
  auto problems = session->collector.take();
  if (!module) {
    errors = errorsOf(problems, "cpp/raw");
    if (errors.empty()) errors.push_back(diagnostic("cpp/raw", "no code can be made for the compiled text"));
    return failed(std::move(errors));
  }
  module->setModuleIdentifier(o.name);
  module->setSourceFileName(o.name);
  json::Array uses;
  for (auto *f : session->rawFunctions) {
    std::string symbol = session->owner().GetMangledName(GlobalDecl(f)).str();
    auto *there = module->getFunction(symbol);
    if (!there || there->isDeclaration()) continue;
    auto version = functionVersions.find(symbol);
    uses.push_back(json::Array{clean(f->getQualifiedNameAsString()), version == functionVersions.end() ? 0 : version->second});
  }
  refer(*module, o.exports, [&](llvm::StringRef s) { return isOwn(session->optimizer(), o, s); });
  for (auto &e : o.exports) {
    auto *f = module->getFunction(e);
    if (!f || f->isDeclaration()) return failed("cpp/raw", "the compiled text does not define " + e);
  }
  std::string source = packed(o);
  llvm::embedBufferInModule(*module, llvm::MemoryBufferRef(source, "source"), sourceSection);
  double t2 = threadUs();
  if (!optimising) optimising = std::make_unique<Backend>(true);
  auto &bytes = optimising->compile(*module);
  o.bytes.assign(bytes.data(), bytes.size());
  json::Array imports;
  for (auto &s : Linker::imports(o.bytes)) imports.push_back(s);
  json::Array phases{json::Array{"parse", t1 - t0}, json::Array{"ir", t2 - t1}, json::Array{"passes", optimising->passesUs},
                     json::Array{"codegen", optimising->codeUs}};
  uint64_t number = nextHeld++;
  uint64_t size = o.bytes.size();
  held.emplace(number, std::move(o));
  return json::Object{{"answer", "compiled"},          {"object", json::Object{{"held", number}}},
                      {"bytes", size},                 {"imports", std::move(imports)},
                      {"phases_us", std::move(phases)}, {"uses", std::move(uses)}};
}

bool Library::supply(HeldObject &o, std::vector<uint64_t> &inits, json::Array &errors) {
  if (o.generation != generation || !o.unit) {
    o.events.clear();
    if (!readText(o, errors)) return false;
  }
  Transaction t;
  t.events = o.events;
  std::unique_ptr<llvm::Module> module = session->emit(t, /*logging=*/false);
  auto problems = session->collector.take();
  if (!module) {
    errors = errorsOf(problems, "cpp/raw");
    return false;
  }
  // The function itself is in the object.
  std::vector<llvm::GlobalObject *> drop;
  for (llvm::GlobalObject &g : module->global_objects())
    if (!g.isDeclaration() && (std::find(o.exports.begin(), o.exports.end(), g.getName()) != o.exports.end() ||
                               isOwn(session->owner(), o, g.getName())))
      drop.push_back(&g);
  for (auto *g : drop) {
    g->setComdat(nullptr);
    if (auto *f = dyn_cast<llvm::Function>(g)) f->deleteBody(), f->setPersonalityFn(nullptr);
    else cast<llvm::GlobalVariable>(g)->setInitializer(nullptr);
    g->setLinkage(llvm::GlobalValue::ExternalLinkage);
  }
  llvm::StringMap<unsigned> none;
  Definitions definitions = unify(*module, *linker, none, "__rung_init" + std::to_string(++counter));
  std::string error;
  if (!finish(std::move(module), none, definitions, error)) {
    errors.push_back(diagnostic("cpp/link", error));
    return false;
  }
  std::vector<Missing> lacking;
  if (!definitions.init.empty())
    if (uint64_t at = linker->address(definitions.init, lacking, error)) inits.push_back(at);
  return true;
}

json::Value Library::load(const Object &request) {
  HeldObject fromFile;
  HeldObject *o = nullptr;
  auto *blob = request.getObject("object");
  if (blob && blob->get("held")) {
    auto number = blob->get("held")->getAsUINT64();
    auto it = number ? held.find(*number) : held.end();
    if (it == held.end()) return failed("cpp/link", "no such object is held");
    o = &it->second;
  } else if (blob && blob->getString("file")) {
    auto file = llvm::MemoryBuffer::getFile(*blob->getString("file"), false, false);
    if (!file) return failed("cpp/link", "the object " + *blob->getString("file") + " cannot be read: " + file.getError().message());
    fromFile.bytes = (*file)->getBuffer().str();
    auto object = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(fromFile.bytes, "object"));
    if (!object) return failed("cpp/link", "a damaged object: " + toString(object.takeError()));
    bool described = false;
    for (auto &section : (*object)->sections()) {
      auto name = section.getName();
      auto contents = section.getContents();
      if (name && contents && *name == sourceSection) described = unpack(*contents, fromFile);
      if (!name) llvm::consumeError(name.takeError());
      if (!contents) llvm::consumeError(contents.takeError());
    }
    if (!described) return failed("cpp/link", "an object that Rung did not make");
    o = &fromFile;
  } else {
    return failed("cpp/link", "load wants an object");
  }
  std::vector<std::pair<std::string, uint64_t>> bindings;
  if (auto *symbols = request.getArray("symbols"))
    for (auto &s : *symbols)
      if (auto *pair = s.getAsArray(); pair && pair->size() == 2)
        bindings.push_back({(*pair)[0].getAsString().value_or("").str(), (*pair)[1].getAsUINT64().value_or(0)});
  std::vector<std::string> exports;
  if (auto *list = request.getArray("exports"))
    for (auto &e : *list) exports.push_back(e.getAsString().value_or("").str());

  auto lackingNow = [&] {
    std::vector<Missing> out;
    for (auto &symbol : Linker::imports(o->bytes)) {
      bool bound = false;
      for (auto &b : bindings) bound |= b.first == symbol;
      if (bound) continue;
      auto more = linker->missing(symbol);
      out.insert(out.end(), more.begin(), more.end());
    }
    return out;
  };
  std::vector<uint64_t> inits = std::move(owed);
  owed.clear();
  std::vector<Missing> lacking = lackingNow();
  json::Array errors;
  if (!lacking.empty()) {
    if (!supply(*o, inits, errors)) {
      owed = std::move(inits);
      return failed(std::move(errors));
    }
    lacking = lackingNow();
  }
  std::vector<uint64_t> addresses;
  std::string error;
  if (!lacking.empty() || !linker->linkApart(o->bytes, o->name, bindings, exports, addresses, lacking, error)) {
    owed = std::move(inits);
    for (auto &m : lacking) errors.push_back(undefinedSymbol(m));
    if (errors.empty()) errors.push_back(diagnostic("cpp/link", error));
    return failed(std::move(errors));
  }
  json::Array out, run;
  for (uint64_t a : addresses) out.push_back(a);
  for (uint64_t a : inits) run.push_back(a);
  return json::Object{{"answer", "loaded"}, {"addresses", std::move(out)}, {"inits", std::move(run)}, {"code_bytes", o->bytes.size()}};
}

json::Value Library::save(const Object &request) {
  auto *blob = request.getObject("object");
  auto number = blob && blob->get("held") ? blob->get("held")->getAsUINT64() : std::nullopt;
  auto it = number ? held.find(*number) : held.end();
  auto path = request.getString("path");
  if (it == held.end() || !path) return failed("cpp/link", "save wants a held object and a path");
  auto part = llvm::sys::fs::TempFile::create(*path + ".%%%%%%");
  if (!part) return failed("cpp/link", "the object cannot be written: " + toString(part.takeError()));
  {
    llvm::raw_fd_ostream out(part->FD, /*shouldClose=*/false);
    out << it->second.bytes;
    out.flush();
    if (out.has_error()) {
      std::string why = out.error().message();
      out.clear_error();
      llvm::consumeError(part->discard());
      return failed("cpp/link", "the object cannot be written: " + why);
    }
  }
  if (auto e = part->keep(*path)) return failed("cpp/link", "the object cannot be written: " + toString(std::move(e)));
  return json::Object{{"answer", "saved"}, {"bytes", it->second.bytes.size()}};
}

} // namespace rung
