// Boxed Clojure values in a call: they take the types of the parameters of the one candidate that fits by arity and by the
// native arguments; more than one is an ambiguity, told with the casts that would choose.
#include "call.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Sema/Initialization.h"
#include "clang/Sema/Lookup.h"

using namespace clang;
using llvm::StringRef;

namespace rung {

namespace {

bool callable(ASTContext &ast, QualType t) {
  t = t.getNonReferenceType();
  if (t->isFunctionPointerType() || t->isFunctionType() || t->isBlockPointerType()) return true;
  auto *record = t->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition()) return false;
  // Any value, and so a function too.
  if (record->getQualifiedNameAsString() == "rung::root") return true;
  return !record->lookup(ast.DeclarationNames.getCXXOperatorName(OO_Call)).empty();
}

// What braces make, and no value is.
bool list(QualType t) {
  auto *record = t.getNonReferenceType()->getAsCXXRecordDecl();
  return record && record->isInStdNamespace() && record->getIdentifier() && record->getName() == "initializer_list";
}

struct Candidate {
  std::string signature;
  SourceLocation where;
  std::vector<QualType> params;  // of the arguments given, in order; null for extras
  bool copies = false;           // a copy or move constructor
};

// The type by a name that means it everywhere: `value_type` means it in its class alone.
QualType outside(QualType t) {
  while (auto *alias = t->getAs<TypedefType>()) {
    if (!alias->getDecl()->getDeclContext()->isRecord()) break;
    t = alias->desugar();
  }
  return t;
}

std::string printed(ASTContext &ast, const FunctionDecl *f) {
  PrintingPolicy policy = policyOf(ast, false);
  policy.TerseOutput = true;
  policy.PolishForDeclaration = true;
  std::string out;
  llvm::raw_string_ostream stream(out);
  f->print(stream, policy);
  return clean(stream.str());
}

} // namespace

// The function that a name with explicit template arguments stands for, where it is one.
const FunctionDecl *Calls::specialised(const std::string &text) {
  std::vector<Operand> none;
  Expr *e = parsed(text, none);
  if (auto *address = dyn_cast_or_null<UnaryOperator>(e)) e = address->getSubExpr();
  auto *named = e ? dyn_cast<OverloadExpr>(e->IgnoreParens()) : nullptr;
  return named ? session.sema().ResolveSingleFunctionTemplateSpecialization(const_cast<OverloadExpr *>(named)) : nullptr;
}

bool Calls::settle(Site &site, std::vector<Operand> &operands) {
  bool any = false;
  for (auto &a : site.args) any |= a.kind != Arg::Native;
  if (!any) return true;
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  size_t first = 0;  // the first argument that has a parameter
  std::vector<const FunctionDecl *> functions;
  auto take = [&](NamedDecl *d) {
    d = d->getUnderlyingDecl();
    if (auto *f = dyn_cast<FunctionDecl>(d)) functions.push_back(f);
    else if (auto *t = dyn_cast<FunctionTemplateDecl>(d)) functions.push_back(t->getTemplatedDecl());
  };
  auto give = [&](size_t i, QualType t) {
    QualType bare = t.getNonReferenceType();
    // A view of any length of objects that it may not change is made of a vector that lives as long as the call. One of
    // numbers sees memory: rung::convert<std::span> shares or copies it.
    if (auto *view = dyn_cast_or_null<ClassTemplateSpecializationDecl>(bare->getAsCXXRecordDecl()))
      if (view->isInStdNamespace() && view->getName() == "span" && view->getTemplateArgs()[1].getAsIntegral().isAllOnes()) {
        QualType item = view->getTemplateArgs()[0].getAsType();
        QualType row = item.isConstQualified() && !item->isArithmeticType() && find("std::vector").kind == Named::ClassTemplate ? types.resolve("std::vector<" + types.name(item.getUnqualifiedType()) + ">") : QualType();
        if (!row.isNull()) t = bare = row;
      }
    bool lvalue = t->isLValueReferenceType() && !bare.isConstQualified();
    bare = bare.getUnqualifiedType();
    site.args[i].kind = Arg::Native;
    site.args[i].type = types.name(bare);
    site.args[i].category = lvalue ? Category::Lvalue : Category::Prvalue;
    operands[i].type = bare;
    operands[i].category = site.args[i].category;
  };
  auto constructors = [&](QualType t) {
    auto *record = t.isNull() ? nullptr : t->getAsCXXRecordDecl();
    if (!record || !sema.isCompleteType(here(), t)) return false;
    for (NamedDecl *d : sema.LookupConstructors(record)) take(d);
    return true;
  };
  auto refuse = [&](const llvm::Twine &message, StringRef help) {
    fail("cpp/conversion", message);
    if (own) (*own)["help"] = help;
    return false;
  };
  auto one = [&](QualType t) {  // a single parameter of a type that is known
    for (size_t i = 0; i < site.args.size(); ++i)
      if (site.args[i].kind != Arg::Native) give(i, t);
    return true;
  };

  std::string what = site.callee.text;
  // The boxed fields of an aggregate take the fields' types.
  auto aggregate = [&](QualType t) {
    auto *record = t->getAsCXXRecordDecl();
    if (!record || !record->isAggregate() || site.args.empty()) return false;
    size_t i = 0;
    auto next = [&](QualType type) {
      if (i < site.args.size() && site.args[i].kind != Arg::Native) give(i, type);
      ++i;
    };
    for (auto &base : record->bases()) next(base.getType());
    for (auto *field : record->fields())
      if (!field->isUnnamedBitField()) next(field->getType());
    return true;
  };
  switch (site.callee.kind) {
  case Callee::Name: {
    Named n = find(site.callee.text);
    if (n.kind == Named::Type) {
      if (n.type->isScalarType()) return one(n.type);
      if (auto *array = ast.getAsArrayType(n.type)) return one(array->getElementType());
      if (!constructors(n.type)) return true;
      if (aggregate(n.type)) return true;
    } else if (n.kind == Named::Functions) {
      // With all its template arguments written out it is one function.
      if (auto *chosen = n.needsText ? specialised(site.callee.text) : nullptr) functions.push_back(chosen);
      else
        for (NamedDecl *d : n.all) take(d);
    } else if (n.kind == Named::Variable) {
      auto *v = dyn_cast<ValueDecl>(n.decl);
      if (auto *record = v ? v->getType().getNonReferenceType()->getAsCXXRecordDecl() : nullptr)
        for (NamedDecl *d : record->lookup(ast.DeclarationNames.getCXXOperatorName(OO_Call))) take(d);
    } else if (n.kind == Named::Nothing) {
      fail("cpp/unresolved", "there is no C++ name '" + llvm::Twine(what) + "'");
      return false;
    }
    break;
  }
  case Callee::Construct:
  case Callee::New: {
    QualType t = types.resolve(site.callee.text);
    if (t.isNull()) return false;
    if (t->isScalarType()) return one(t);
    if (auto *array = ast.getAsArrayType(t)) return one(array->getElementType());
    if (!constructors(t)) return true;
    if (aggregate(t)) return true;
    break;
  }
  case Callee::Method: {
    if (site.args.empty() || site.args[0].kind != Arg::Native)
      return refuse("a method of a boxed value: its C++ type is not known here", "unbox it first: (cpp/unbox (:* T) x)");
    QualType t = operands[0].type;
    if (t->isPointerType()) t = t->getPointeeType();
    auto *record = t->getAsCXXRecordDecl();
    if (!record || !sema.isCompleteType(here(), t)) return true;
    StringRef name = StringRef(what).take_until([](char c) { return c == '<'; });
    LookupResult r(sema, &ast.Idents.get(name), here(), Sema::LookupMemberName);
    r.suppressDiagnostics();
    sema.LookupQualifiedName(r, record);
    first = 1;
    // With all its template arguments written out it is one function.
    if (name.size() < what.size() && !name.starts_with("operator"))
      if (auto *chosen = specialised("&" + types.name(ast.getTypeDeclType(record)) + "::" + what)) {
        functions.push_back(chosen);
        break;
      }
    for (NamedDecl *d : r) take(d);
    break;
  }
  case Callee::Invoke: {
    if (site.args.empty() || site.args[0].kind != Arg::Native)
      return refuse("a call of a boxed value as a C++ callable: its type is not known here", "unbox it first");
    QualType t = operands[0].type;
    first = 1;
    if (t->isPointerType()) t = t->getPointeeType();
    if (auto *proto = t->getAs<FunctionProtoType>()) {
      for (size_t i = 1; i < site.args.size(); ++i)
        if (site.args[i].kind != Arg::Native) {
          if (i - 1 >= proto->getNumParams()) return refuse("a boxed value where C++ declares no parameter", "give it a type with cpp/cast");
          give(i, proto->getParamType(i - 1));
        }
      return true;
    }
    if (auto *record = t->getAsCXXRecordDecl(); record && sema.isCompleteType(here(), t))
      for (NamedDecl *d : record->lookup(ast.DeclarationNames.getCXXOperatorName(OO_Call))) take(d);
    what = types.display(operands[0].type);
    break;
  }
  case Callee::Operator: {
    // A boxed operand takes the other one's type, as C++'s own conversions would end there.
    QualType t;
    if (StringRef(what) == "[]" && !operands.empty() && operands[0].type.isNull())
      return refuse("an element of a boxed value: its C++ type is not known here", "unbox it first: (cpp/unbox (:* T) x)");
    for (auto &o : operands)
      if (!o.type.isNull()) t = o.type;
    if (t.isNull() || !(t->isArithmeticType() || t->isEnumeralType() || t->isRecordType()))
      return refuse("the operator '" + llvm::Twine(what) + "' on boxed values: their C++ types are not known here",
                    "give one of them a type: (cpp/cast cpp/int x)");
    if (StringRef(what) == "[]") t = ast.LongTy;
    return one(t);
  }
  case Callee::Cast: {
    QualType t = types.resolve(site.callee.text);
    return t.isNull() ? false : one(t);
  }
  case Callee::Copy:
  case Callee::Move:
  case Callee::Destroy: {
    QualType t = types.resolve(site.callee.text);
    return t.isNull() ? false : one(t);
  }
  default:
    return refuse("a boxed value where a C++ object is wanted", "unbox it first: (cpp/unbox (:* T) x)");
  }

  size_t given = site.args.size() - std::min(first, site.args.size());
  std::vector<Candidate> fitting;
  for (auto *f : functions) {
    if (f->isDeleted()) continue;
    bool variadic = f->isVariadic();
    if (given < f->getMinRequiredArguments() || (!variadic && given > f->getNumParams())) continue;
    Candidate c{printed(ast, f), f->getLocation(), {}, false};
    if (auto *ctor = dyn_cast<CXXConstructorDecl>(f)) c.copies = ctor->isCopyOrMoveConstructor();
    bool good = true;
    for (size_t i = first; i < site.args.size() && good; ++i) {
      size_t p = i - first;
      QualType t = p < f->getNumParams() ? f->getParamDecl(p)->getType() : QualType();
      c.params.push_back(t);
      if (site.args[i].kind == Arg::Native) {
        if (t.isNull() || t->isDependentType()) continue;
        Expr *e = value(operands[i]);
        InitializedEntity entity = InitializedEntity::InitializeParameter(ast, t, false);
        good = e && sema.CanPerformCopyInitialization(entity, e);
      } else if (t.isNull() || t->isDependentType() || list(t)) {
        good = false;
      } else if (site.args[i].kind == Arg::Callback) {
        good = callable(ast, t);
      }
    }
    if (good) fitting.push_back(std::move(c));
  }
  auto narrow = [&](auto keep) {
    std::vector<Candidate> left;
    for (auto &c : fitting)
      if (keep(c)) left.push_back(c);
    if (!left.empty()) fitting = std::move(left);
  };
  if (fitting.size() > 1) narrow([](const Candidate &c) { return !c.copies; });
  if (fitting.size() > 1)
    narrow([&](const Candidate &c) {  // exact on what is native
      for (size_t i = first; i < site.args.size(); ++i) {
        QualType t = c.params[i - first];
        if (site.args[i].kind == Arg::Native && !t.isNull() &&
            !ast.hasSameUnqualifiedType(t.getNonReferenceType(), operands[i].type))
          return false;
      }
      return true;
    });
  if (fitting.size() > 1)
    narrow([&](const Candidate &c) {  // what C++ may change cannot be made of a value
      for (size_t i = first; i < site.args.size(); ++i) {
        QualType t = c.params[i - first];
        if (site.args[i].kind != Arg::Native && !t.isNull() && t->isLValueReferenceType() && !t.getNonReferenceType().isConstQualified()) return false;
      }
      return true;
    });
  if (fitting.size() > 1)
    narrow([&](const Candidate &c) {  // of the same types, however they are passed, C++ chooses by itself: const T &, T &&
      return &c == &fitting.front() || !std::equal(c.params.begin(), c.params.end(), fitting.front().params.begin(), [&](QualType a, QualType b) {
        return !a.isNull() && !b.isNull() && ast.hasSameUnqualifiedType(a.getNonReferenceType(), b.getNonReferenceType());
      });
    });
  if (fitting.size() == 1) {
    for (size_t i = first; i < site.args.size(); ++i)
      if (site.args[i].kind != Arg::Native) give(i, fitting[0].params[i - first]);
    return true;
  }
  // In the order of their declarations: a precompiled header gives them back to front.
  auto earlier = [&](SourceLocation a, SourceLocation b) { return session.sources().isBeforeInTranslationUnit(a, b); };
  llvm::stable_sort(functions, [&](auto *a, auto *b) { return earlier(a->getLocation(), b->getLocation()); });
  llvm::stable_sort(fitting, [&](auto &a, auto &b) { return earlier(a.where, b.where); });
  llvm::json::Array candidates;
  if (fitting.empty()) {
    for (auto *f : functions)
      candidates.push_back(llvm::json::Object{{"text", printed(ast, f)}, {"span", spanAt(session, f->getLocation())}});
    fail("cpp/no-matching-overload", "no overload of '" + llvm::Twine(what) + "' takes these " + llvm::Twine(given) + " arguments");
    (*own)["help"] = "a boxed value needs a parameter whose type is declared; give it a type with cpp/cast";
  } else {
    for (auto &c : fitting) {
      std::string casts;
      for (size_t i = first; i < site.args.size(); ++i)
        if (site.args[i].kind != Arg::Native)
          casts += (casts.empty() ? "" : ", ") + std::string("argument ") + std::to_string(i - first + 1) + " as (cpp/cast \"" +
                   types.display(outside(c.params[i - first].getNonReferenceType()).getUnqualifiedType()) + "\" x)";
      candidates.push_back(llvm::json::Object{{"text", c.signature + ": chosen by " + casts}, {"span", spanAt(session, c.where)}});
    }
    fail("cpp/ambiguous", "more than one overload of '" + llvm::Twine(what) + "' takes " + llvm::Twine(given) +
                              " arguments, and boxed values do not choose between them");
    (*own)["help"] = "cast a boxed argument to the type that is meant";
  }
  (*own)["candidates"] = std::move(candidates);
  return false;
}

} // namespace rung
