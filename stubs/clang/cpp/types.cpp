// What the tiers need to know of a type: how it is held, copied, destroyed, and what to call it.
#include "types.h"
#include "fields.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/PrettyPrinter.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
namespace json = llvm::json;

namespace rung {

PrintingPolicy policyOf(ASTContext &ast, bool canonical) {
  PrintingPolicy policy(ast.getLangOpts());
  policy.Bool = true;
  policy.SuppressTagKeyword = true;
  policy.FullyQualifiedName = true;
  policy.PrintCanonicalTypes = canonical;
  policy.UsePreferredNames = !canonical;
  policy.AlwaysIncludeTypeForTemplateArgument = false;
  policy.NullptrTypeInNamespace = true;
  return policy;
}

json::Object spanAt(Session &session, SourceLocation where) { return spanOf(placeAt(session, where)); }

Problem placeAt(Session &session, SourceLocation where) {
  Problem p;
  SourceManager &sources = session.sources();
  SourceLocation loc = sources.getExpansionLoc(where);
  if (loc.isValid()) {
    FileID file = sources.getFileID(loc);
    p.line = p.endLine = sources.getExpansionLineNumber(loc);
    p.column = p.endColumn = sources.getExpansionColumnNumber(loc);
    if (auto *place = session.collector.placeOf(file)) {
      p.file = place->file;
      p.line = p.endLine = p.line + place->line - 1;
    } else if (auto presumed = sources.getPresumedLoc(loc); presumed.isValid()) {
      p.file = presumed.getFilename();
    }
    p.endColumn = p.column + Lexer::MeasureTokenLength(loc, sources, session.ast().getLangOpts());
  }
  return p;
}

QualType Types::resolve(llvm::StringRef text) {
  auto it = byName.find(text);
  if (it != byName.end()) return it->second;
  QualType found;
  session.snippet(text, [&] {
    TypeResult result = session.parser().ParseTypeName();
    if (result.isInvalid()) return false;
    TypeSourceInfo *info = nullptr;
    found = Sema::GetTypeFromParser(result.get(), &info);
    return !found.isNull();
  });
  if (session.collector.failed() || found.isNull()) return QualType();
  byName[text] = found;
  return found;
}

// Classes without a name, as `(lambda at raw_1:2:3)`.
namespace {
struct Unnamed {
  Session *session;
  std::string called;
  QualType type;
  TypedefDecl *alias;
};
std::vector<Unnamed> unnamed;

bool namesNone(llvm::StringRef text) {
  for (const char *part : {"(lambda at ", "(unnamed struct at ", "(unnamed class at ", "(unnamed union at ", "(unnamed enum at "})
    if (text.contains(part)) return true;
  return false;
}

void rememberUnnamed(Session &session, llvm::StringRef called, QualType type) {
  for (auto &u : unnamed)
    if (u.session == &session && u.called == called) {
      if (u.type != type) u.type = type, u.alias = nullptr;
      return;
    }
  unnamed.push_back({&session, called.str(), type, nullptr});
  // The longest first: one may be part of another.
  std::stable_sort(unnamed.begin(), unnamed.end(), [](auto &a, auto &b) { return a.called.size() > b.called.size(); });
}
} // namespace

// Another session may be where an earlier one was.
void forgetAliases(Session &session) {
  llvm::erase_if(unnamed, [&](auto &u) { return u.session == &session; });
}

std::string withAliases(Session &session, llvm::StringRef text) {
  std::string out = text.str();
  if (!namesNone(text)) return out;
  ASTContext &ast = session.ast();
  static unsigned made = 0;
  for (auto &u : unnamed) {
    if (u.session != &session || !llvm::StringRef(out).contains(u.called)) continue;
    TranslationUnitDecl *unit = ast.getTranslationUnitDecl();
    if (!u.alias) {
      auto &name = ast.Idents.get("rung_unnamed_" + std::to_string(++made));
      auto here = session.nowhere();
      u.alias = TypedefDecl::Create(ast, unit, here, here, &name, ast.getTrivialTypeSourceInfo(u.type, here));
    }
    // A text that was taken back may have taken it along.
    if (unit->lookup(u.alias->getDeclName()).empty()) unit->addDecl(u.alias);
    std::string alias = u.alias->getNameAsString();
    for (size_t at = 0; (at = out.find(u.called, at)) != std::string::npos; at += alias.size())
      out.replace(at, u.called.size(), alias);
  }
  return out;
}

std::string Types::name(QualType t) {
  QualType canonical = session.ast().getCanonicalType(t);
  std::string out = clean(canonical.getAsString(policyOf(session.ast(), true)));
  if (namesNone(out)) rememberUnnamed(session, out, canonical);
  byName.try_emplace(out, canonical);
  return out;
}

std::string Types::display(QualType t) {
  std::string &kept = shown[t.getAsOpaquePtr()];
  if (kept.empty()) kept = clean(t.getAsString(policyOf(session.ast(), false)));
  return kept;
}

void Types::openTable() {
  mentioned.clear();
  table.clear();
}

unsigned Types::mention(QualType t) {
  auto [it, fresh] = mentioned.try_emplace(t.getAsOpaquePtr(), table.size());
  unsigned number = it->second;
  if (fresh) {
    auto known = complete.find(t.getAsOpaquePtr());
    if (known != complete.end()) {
      table.push_back(known->second);
    } else {
      table.emplace_back();  // describing may mention nothing, but the number is taken
      bool whole = true;
      table[number] = describe(t, whole);
      if (whole) complete[t.getAsOpaquePtr()] = table[number];
    }
  }
  return number;
}

void Types::prepare(QualType t) {
  auto *key = t.getAsOpaquePtr();
  if (complete.count(key)) return;
  bool whole = true;
  std::string said = describe(t, whole);
  if (whole) complete[key] = std::move(said);
}

std::vector<std::string> Types::takeTable() { return std::move(table); }

// The newest of what the type is made of: pointees, elements, template arguments.
unsigned Types::versionOf(QualType t) const {
  if (versions.empty()) return 0;
  for (;;) {
    if (QualType to = t->getPointeeType(); !to.isNull()) t = to;
    else if (auto *array = t->getAsArrayTypeUnsafe()) t = array->getElementType();
    else break;
  }
  auto *tag = t->getAsTagDecl();
  if (!tag) return 0;
  auto it = versions.find(tag->getCanonicalDecl());
  unsigned newest = it == versions.end() ? 0 : it->second;
  auto *made = dyn_cast<ClassTemplateSpecializationDecl>(tag);
  if (!made) return newest;
  auto from = versions.find(made->getSpecializedTemplate()->getTemplatedDecl()->getCanonicalDecl());
  if (from != versions.end()) newest = std::max(newest, from->second);
  auto look = [&](auto &self, llvm::ArrayRef<TemplateArgument> all) -> void {
    for (auto &a : all) {
      if (a.getKind() == TemplateArgument::Type) newest = std::max(newest, versionOf(a.getAsType()));
      if (a.getKind() == TemplateArgument::Pack) self(self, a.getPackAsArray());
    }
  };
  look(look, made->getTemplateArgs().asArray());
  return newest;
}

static const char *kindOf(QualType t) {
  if (t->isVoidType()) return "void";
  if (t->isBooleanType()) return "bool";
  if (t->isEnumeralType()) return "enum";
  if (t->isAnyCharacterType()) return "char";
  if (t->isIntegerType() && !t->isBitIntType()) return "integer";
  if (t->isRealFloatingType()) return "float";
  if (t->isNullPtrType()) return "null_ptr";
  if (t->isFunctionPointerType()) return "function_pointer";
  if (t->isPointerType()) return "pointer";
  if (t->isMemberPointerType()) return "member_pointer";
  if (t->isReferenceType()) return "reference";
  if (t->isUnionType()) return "union";
  if (t->isRecordType()) return "class";
  if (t->isArrayType()) return "array";
  if (t->isFunctionType()) return "function";
  return "other";
}

static const char *reprOf(ASTContext &ast, QualType t) {
  if (t->isVoidType()) return "void";
  if (t->isBooleanType()) return "bool";
  if (t->isReferenceType() || t->isFunctionType()) return "reference";
  if (t->isAnyPointerType() || t->isNullPtrType()) return "pointer";
  if (auto *e = t->getAs<EnumType>()) {
    if (!e->getDecl()->isComplete()) return "i32";
    t = e->getDecl()->getIntegerType();
    if (t.isNull()) return "i32";
    if (t->isBooleanType()) return "bool";
  }
  if (t->isIntegerType() && !t->isBitIntType()) {
    bool sign = t->isSignedIntegerType();
    switch (ast.getTypeSize(t)) {
    case 8: return sign ? "i8" : "u8";
    case 16: return sign ? "i16" : "u16";
    case 32: return sign ? "i32" : "u32";
    case 64: return sign ? "i64" : "u64";
    }
    return "memory";
  }
  if (t->isSpecificBuiltinType(BuiltinType::Float)) return "f32";
  if (t->isSpecificBuiltinType(BuiltinType::Double)) return "f64";
  return "memory";
}

std::string Types::describe(QualType t, bool &whole) {
  ASTContext &ast = session.ast();
  Sema &sema = session.sema();
  QualType c = ast.getCanonicalType(t);
  QualType object = c.getNonReferenceType();
  if (object->isRecordType() || object->isEnumeralType()) sema.isCompleteType(session.nowhere(), object);
  bool complete = !object->isIncompleteType() && !object->isFunctionType() && !object->isVoidType();
  QualType sized = c->isReferenceType() ? ast.VoidPtrTy : c;
  bool hasSize = !sized->isIncompleteType() && !sized->isFunctionType() && !sized->isVoidType() && !sized->isDependentType();
  whole = complete || c->isReferenceType();
  Fields out(640);
  out.string("name", name(c)).string("display", display(t)).string("kind", kindOf(c)).string("repr", reprOf(ast, c));
  out.number("size", hasSize ? ast.getTypeSizeInChars(sized).getQuantity() : 0);
  out.number("align", hasSize ? ast.getTypeAlignInChars(sized).getQuantity() : 0);
  auto flag = [&](const char *key, bool value) {
    if (value) out.flag(key, true);  // left out is false
  };
  flag("is_const", object.isConstQualified());
  flag("incomplete", !whole);
  flag("signed", c->isSignedIntegerOrEnumerationType());
  if (unsigned version = versionOf(object)) out.number("version", version);
  QualType target;
  if (c->isReferenceType()) target = c.getNonReferenceType();
  else if (c->isAnyPointerType()) target = c->getPointeeType();
  else if (auto *array = ast.getAsArrayType(c)) target = array->getElementType();
  if (!target.isNull()) out.string("target", name(target));
  bool trivialCopy = true, trivialDestroy = true, copyable = true, movable = true, plain = true, aggregate = false;
  if (c->isReferenceType() || c->isFunctionType() || c->isVoidType()) {
    plain = false;
  } else if (!complete) {
    trivialCopy = trivialDestroy = copyable = movable = plain = false;
  } else if (auto *record = ast.getBaseElementType(c)->getAsCXXRecordDecl()) {
    auto usable = [](const CXXMethodDecl *m) { return m && !m->isDeleted() && m->getAccess() == AS_public; };
    QualType bare = c.getUnqualifiedType();
    trivialCopy = bare.isTriviallyCopyableType(ast);
    trivialDestroy = record->hasTrivialDestructor();
    bool destroys = usable(sema.LookupDestructor(record));
    bool abstract = record->isAbstract();
    copyable = !abstract && destroys && usable(sema.LookupCopyingConstructor(record, Qualifiers::Const));
    movable = !abstract && destroys && usable(sema.LookupMovingConstructor(record, 0));
    plain = !abstract && destroys && usable(sema.LookupDefaultConstructor(record));
    aggregate = record->isAggregate();
  }
  if (c->isArrayType()) copyable = movable = false, aggregate = true;
  flag("trivially_copyable", trivialCopy);
  flag("trivially_destructible", trivialDestroy);
  flag("copyable", copyable);
  flag("movable", movable);
  flag("default_constructible", plain);
  flag("aggregate", aggregate);
  return out.done();
}

} // namespace rung
