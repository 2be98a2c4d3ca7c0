// Building calls through Sema without text, except where the parser knows better (explicit template arguments, macros).
#include "call.h"
#include "fields.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Initialization.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Overload.h"
#include "clang/Sema/Template.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;
namespace json = llvm::json;
using llvm::StringRef;
using llvm::Twine;

namespace rung {

namespace {

struct Pair {
  const char *name;
  Callee::Kind kind;
  const char *field;
};
const Pair kinds[] = {
    {"name", Callee::Name, "name"},         {"method", Callee::Method, "name"},     {"field", Callee::Field, "name"},
    {"construct", Callee::Construct, "ty"}, {"new", Callee::New, "ty"},             {"delete", Callee::Delete, nullptr},
    {"destroy", Callee::Destroy, "ty"},     {"operator", Callee::Operator, "token"}, {"invoke", Callee::Invoke, nullptr},
    {"cast", Callee::Cast, "ty"},           {"variable", Callee::Variable, "name"}, {"expression", Callee::Expression, "text"},
    {"copy", Callee::Copy, "ty"},           {"move", Callee::Move, "ty"},
};

// Splits `a::b<c::d>::e` before its last part.
std::pair<StringRef, StringRef> splitLast(StringRef name) {
  int depth = 0;
  for (size_t i = name.size(); i-- > 1;) {
    char c = name[i];
    if (c == '>' && !name.take_front(i).ends_with("operator") && !name.take_front(i).ends_with("-")) ++depth;
    else if (c == '<' && !name.take_front(i).ends_with("operator")) --depth;
    else if (c == ')' || c == ']') ++depth;
    else if (c == '(' || c == '[') --depth;
    else if (c == ':' && name[i - 1] == ':' && depth == 0) return {name.take_front(i - 1), name.drop_front(i + 1)};
  }
  return {StringRef(), name};
}

std::optional<OverloadedOperatorKind> operatorKind(StringRef token) {
  if (token == "()") return OO_Call;
  if (token == "[]") return OO_Subscript;
#define OVERLOADED_OPERATOR_MULTI(Name, Spelling, Unary, Binary, MemberOnly)
#define OVERLOADED_OPERATOR(Name, Spelling, Token, Unary, Binary, MemberOnly)                                           \
  if (token == Spelling) return OO_##Name;
#include "clang/Basic/OperatorKinds.def"
  return std::nullopt;
}

bool isIdentifier(StringRef s) {
  if (s.empty() || isdigit(static_cast<unsigned char>(s[0]))) return false;
  for (unsigned char c : s)
    if (!isalnum(c) && c != '_' && c != '$' && c < 0x80) return false;
  return true;
}

} // namespace

std::optional<Site> siteFrom(const json::Object &o, std::string &error) {
  Site site;
  auto *callee = o.getObject("callee");
  auto *args = o.getArray("args");
  auto tag = callee ? callee->getString("callee") : std::nullopt;
  if (!callee || !args || !tag) {
    error = "a call without callee or args";
    return std::nullopt;
  }
  bool known = false;
  for (auto &k : kinds)
    if (*tag == k.name) {
      known = true;
      site.callee.kind = k.kind;
      if (k.field) site.callee.text = callee->getString(k.field).value_or("").str();
    }
  if (!known) {
    error = ("unknown callee " + *tag).str();
    return std::nullopt;
  }
  site.callee.unchecked = callee->getBoolean("unchecked").value_or(false);
  for (auto &item : *args) {
    auto *a = item.getAsObject();
    auto kind = a ? a->getString("arg") : std::nullopt;
    if (!kind) {
      error = "an argument without kind";
      return std::nullopt;
    }
    Arg arg;
    if (*kind == "boxed") arg.kind = Arg::Boxed;
    else if (*kind == "callback") arg.kind = Arg::Callback;
    else if (*kind == "literal") arg.literal = a->getString("text").value_or("").str();
    arg.type = a->getString("ty").value_or("").str();
    auto category = a->getString("category").value_or("prvalue");
    arg.category = category == "lvalue" ? Category::Lvalue : category == "xvalue" ? Category::Xvalue : Category::Prvalue;
    site.args.push_back(std::move(arg));
  }
  site.version = o.getInteger("version").value_or(0);
  return site;
}

std::optional<Site> siteFrom(const json::Array &a, std::string &error) {
  Site site;
  auto tag = a.size() >= 3 ? a[0].getAsString() : std::nullopt;
  bool known = false;
  for (auto &k : kinds)
    if (tag && *tag == k.name) known = true, site.callee.kind = k.kind;
  if (!known || a.size() % 2 == 0) {
    error = "a call without callee or args";
    return std::nullopt;
  }
  site.callee.text = a[1].getAsString().value_or("").str();
  site.callee.unchecked = a[2].getAsBoolean().value_or(false);
  for (size_t i = 3; i < a.size(); i += 2) {
    Arg arg;
    auto category = a[i + 1].getAsString().value_or("p");
    if (category == "b") arg.kind = Arg::Boxed;
    else if (category == "c") arg.kind = Arg::Callback;
    else if (category == "r" || category == "v") arg.kind = Arg::Of, arg.local = category == "v";
    else if (category.starts_with("=")) arg.literal = category.drop_front().str();
    arg.category = category == "l" ? Category::Lvalue : category == "x" ? Category::Xvalue : Category::Prvalue;
    arg.type = a[i].getAsString().value_or("").str();
    site.args.push_back(std::move(arg));
  }
  return site;
}

Expr *Calls::fail(StringRef code, const Twine &message) {
  if (!own) own = diagnostic(code, message.str());
  return nullptr;
}

DeclContext *Calls::contextOf(StringRef qualifier) {
  if (qualifier.empty()) return session.ast().getTranslationUnitDecl();
  Named n = find(qualifier);
  if (n.kind == Named::Namespace) {
    if (auto *alias = dyn_cast<NamespaceAliasDecl>(n.decl)) return alias->getNamespace();
    return llvm::cast<NamespaceDecl>(n.decl);
  }
  if (n.kind == Named::Type) {
    session.sema().isCompleteType(here(), n.type);
    if (auto *tag = n.type->getAsTagDecl()) {
      if (auto *definition = tag->getDefinition()) return definition;
      return tag;
    }
  }
  return nullptr;
}

Named Calls::find(StringRef name) {
  Named out;
  name = name.trim();
  bool global = name.consume_front("::");
  auto [qualifier, last] = splitLast(name);
  ASTContext &ast = session.ast();
  Sema &sema = session.sema();
  StringRef plain = last;
  bool isOperator = last.starts_with("operator") && !isIdentifier(last);
  if (!isOperator) {
    if (size_t angle = last.find('<'); angle != StringRef::npos && last.ends_with(">")) {
      plain = last.take_front(angle).rtrim();
      out.needsText = true;
    }
  }
  auto asType = [&] {
    out.type = types.resolve(name);
    if (!out.type.isNull()) out.kind = Named::Type;
    return out;
  };
  DeclarationName key;
  if (isOperator) {
    auto kind = operatorKind(last.drop_front(8).trim());
    if (!kind) return out;
    key = ast.DeclarationNames.getCXXOperatorName(*kind);
  } else {
    if (!isIdentifier(plain)) return asType();
    IdentifierInfo &id = session.pp().getIdentifierTable().get(plain);
    if (id.getTokenID() != tok::identifier) return asType();
    key = &id;
  }
  DeclContext *context = qualifier.empty() ? nullptr : contextOf(qualifier);
  if (!qualifier.empty() && !context) return out;
  LookupResult r(sema, key, here(), Sema::LookupOrdinaryName);
  r.suppressDiagnostics();
  if (context) sema.LookupQualifiedName(r, context);
  else sema.LookupName(r, sema.TUScope, /*AllowBuiltinCreation=*/!global);
  if (r.isAmbiguous() || r.empty()) {
    LookupResult spaces(sema, key, here(), Sema::LookupNamespaceName);
    spaces.suppressDiagnostics();
    if (context) sema.LookupQualifiedName(spaces, context);
    else sema.LookupName(spaces, sema.TUScope);
    if (spaces.isSingleResult()) {
      out.kind = Named::Namespace;
      out.decl = spaces.getFoundDecl();
      return out;
    }
    if (qualifier.empty() && !isOperator)
      if (MacroInfo *macro = session.pp().getMacroInfo(key.getAsIdentifierInfo())) {
        out.kind = Named::Macro;
        out.functionMacro = macro->isFunctionLike();
        return out;
      }
    return out;
  }
  for (NamedDecl *d : r) out.all.push_back(d);
  NamedDecl *d = (*r.begin())->getUnderlyingDecl();
  out.decl = d;
  if (isa<NamespaceDecl>(d) || isa<NamespaceAliasDecl>(d)) out.kind = Named::Namespace;
  else if (isa<ClassTemplateDecl>(d) || isa<TypeAliasTemplateDecl>(d)) {
    if (out.needsText) return asType();
    out.kind = Named::ClassTemplate;
  } else if (auto *type = dyn_cast<TypeDecl>(d)) {
    out.kind = Named::Type;
    out.type = ast.getTypeDeclType(type);
  } else if (isa<FunctionDecl>(d) || isa<FunctionTemplateDecl>(d)) out.kind = Named::Functions;
  else if (isa<EnumConstantDecl>(d)) out.kind = Named::EnumConstant;
  else if (isa<ValueDecl>(d) || isa<VarTemplateDecl>(d)) out.kind = Named::Variable;
  // A macro of the same name wins where C++ text would see it: `#define f g`.
  if (qualifier.empty() && !isOperator && out.kind == Named::Functions)
    if (MacroInfo *macro = session.pp().getMacroInfo(key.getAsIdentifierInfo())) {
      out.functionMacro = macro->isFunctionLike();
      out.needsText = true;
    }
  return out;
}

FunctionDecl *Calls::function(StringRef name) {
  ASTContext &ast = session.ast();
  DeclContext *unit = ast.getTranslationUnitDecl();
  auto *linkage = LinkageSpecDecl::Create(ast, unit, here(), here(), LinkageSpecLanguageIDs::C, /*HasBraces=*/true);
  QualType pointer = ast.VoidPtrTy, array = ast.getPointerType(pointer);
  FunctionProtoType::ExtProtoInfo info;
  QualType type = ast.getFunctionType(ast.VoidTy, {pointer, array, pointer}, info);
  auto *f = FunctionDecl::Create(ast, linkage, here(), here(), DeclarationName(&ast.Idents.get(name)), type,
                                 ast.getTrivialTypeSourceInfo(type, here()), SC_None);
  f->setImplicit();
  SmallVector<ParmVarDecl *, 3> params;
  for (auto [n, t] : {std::pair<const char *, QualType>{"self", pointer}, {"args", array}, {"ret", pointer}}) {
    auto *p = ParmVarDecl::Create(ast, f, here(), here(), &ast.Idents.get(n), t, ast.getTrivialTypeSourceInfo(t, here()),
                                  SC_None, nullptr);
    p->setScopeInfo(0, params.size());
    p->setIsUsed();
    params.push_back(p);
  }
  f->setParams(params);
  linkage->addHiddenDecl(f);
  return f;
}

Expr *Calls::cast(Expr *e, QualType t) {
  auto *info = session.ast().getTrivialTypeSourceInfo(t, here());
  ExprResult made = session.sema().BuildCStyleCastExpr(here(), info, here(), e);
  return made.isInvalid() ? nullptr : made.get();
}

std::vector<Operand> Calls::operandsOf(const Site &site, FunctionDecl *f, bool real) {
  ASTContext &ast = session.ast();
  Sema &sema = session.sema();
  std::vector<Operand> out;
  for (size_t i = 0; i < site.args.size(); ++i) {
    Operand operand{QualType(), site.args[i].category, nullptr, static_cast<unsigned>(i), {}};
    if (site.args[i].kind == Arg::Native) {
      QualType t = types.resolve(site.args[i].type);
      if (t.isNull()) return {};
      if (t->isReferenceType()) {
        if (operand.category == Category::Prvalue) operand.category = Category::Lvalue;
        t = t.getNonReferenceType();
      }
      operand.type = t;
      operand.literal = site.args[i].literal;
      if (real && operand.literal.empty()) {
        auto *args = f->getParamDecl(1);
        Expr *base = sema.BuildDeclRefExpr(args, args->getType(), VK_LValue, here());
        auto *index = IntegerLiteral::Create(ast, llvm::APInt(32, i), ast.IntTy, here());
        ExprResult slot = sema.CreateBuiltinArraySubscriptExpr(base, here(), index, here());
        if (slot.isInvalid()) return {};
        Expr *pointer = cast(slot.get(), ast.getPointerType(t));
        if (!pointer) return {};
        ExprResult object = sema.CreateBuiltinUnaryOp(here(), UO_Deref, pointer);
        if (object.isInvalid()) return {};
        operand.memory = object.get();
      }
    }
    out.push_back(operand);
  }
  return out;
}

// The argument as an expression of its type and category. An object is handed over as an xvalue: the caller owns and destroys it.
Expr *Calls::value(const Operand &o) {
  ASTContext &ast = session.ast();
  Sema &sema = session.sema();
  if (!o.literal.empty()) {
    std::vector<Operand> none;
    return parsed(o.literal, none);
  }
  // An element of an array, say: no parameter has told its type.
  if (o.type.isNull()) return fail("cpp/conversion", "a Clojure value has no C++ type here; give it one with cpp/cast");
  bool object = o.type->isRecordType() || o.type->isArrayType() || o.type->isFunctionType();
  if (!o.memory) {
    ExprValueKind kind = o.category == Category::Lvalue || o.type->isFunctionType() ? VK_LValue
                         : o.category == Category::Xvalue || object                ? VK_XValue
                                                                                   : VK_PRValue;
    QualType t = kind == VK_PRValue ? o.type.getUnqualifiedType() : o.type;
    auto *placeholder = new (ast) OpaqueValueExpr(here(), t, kind);
    given[placeholder] = o.index;
    return placeholder;
  }
  if (o.category == Category::Lvalue || o.type->isFunctionType()) return o.memory;
  if (o.category == Category::Xvalue || object) {
    auto *info = ast.getTrivialTypeSourceInfo(ast.getRValueReferenceType(o.type), here());
    ExprResult made = sema.BuildCXXNamedCast(here(), tok::kw_static_cast, info, o.memory, SourceRange(), SourceRange());
    return made.isInvalid() ? nullptr : made.get();
  }
  ExprResult loaded = sema.DefaultLvalueConversion(o.memory);
  return loaded.isInvalid() ? nullptr : loaded.get();
}

std::string Calls::argsText(const std::vector<Operand> &operands, size_t from) {
  std::string out;
  for (size_t i = from; i < operands.size(); ++i) {
    if (i > from) out += ", ";
    const Operand &o = operands[i];
    if (!o.literal.empty()) {
      out += o.literal;
      continue;
    }
    std::string name = "$" + std::to_string(i);
    bool object = o.type->isRecordType() || o.type->isArrayType();
    if (o.category == Category::Lvalue || o.type->isFunctionType()) out += name;
    else if (o.category == Category::Xvalue || object) out += "static_cast<__rung::bare<decltype(" + name + ")>&&>(" + name + ")";
    else out += "static_cast<__rung::bare<decltype(" + name + ")>>(" + name + ")";
  }
  return out;
}

Expr *Calls::parsed(const std::string &text, std::vector<Operand> &operands) {
  ASTContext &ast = session.ast();
  Sema &sema = session.sema();
  Parser &parser = session.parser();
  parser.EnterScope(Scope::DeclScope);
  for (size_t i = 0; i < operands.size(); ++i) {
    std::string name = "$" + std::to_string(i);
    if (text.find(name) == std::string::npos) continue;
    QualType t = ast.getLValueReferenceType(operands[i].type);
    auto *v = VarDecl::Create(ast, sema.CurContext, here(), here(), &ast.Idents.get(name), t,
                              ast.getTrivialTypeSourceInfo(t, here()), SC_None);
    v->setImplicit();
    v->setIsUsed();
    givenNames[v] = operands[i].index;
    if (operands[i].memory) {
      sema.AddInitializerToDecl(v, operands[i].memory, /*DirectInit=*/false);
      prelude.push_back(new (ast) DeclStmt(DeclGroupRef(v), here(), here()));
    }
    sema.PushOnScopeChains(v, parser.getCurScope(), /*AddToContext=*/false);
  }
  Expr *made = nullptr;
  bool good = session.snippet(text, [&] {
    ExprResult result = parser.ParseExpression();
    if (result.isInvalid()) return false;
    made = result.get();
    return true;
  });
  parser.ExitScope();
  if (!good || !made) return nullptr;
  if (made->containsErrors()) return nullptr;
  // What failed to be instantiated before fails in silence when it is named again.
  if (auto *named = dyn_cast<DeclRefExpr>(made->IgnoreParens()); named && named->getDecl()->isInvalidDecl())
    return fail("cpp/template", "'" + Twine(text) + "' cannot be instantiated");
  return made;
}

Expr *Calls::reference(const Named &n) {
  Sema &sema = session.sema();
  auto *d = dyn_cast<ValueDecl>(n.decl);
  if (!d) return nullptr;
  CXXScopeSpec none;
  LookupResult r(sema, d->getDeclName(), here(), Sema::LookupOrdinaryName);
  r.suppressDiagnostics();
  for (NamedDecl *one : n.all) r.addDecl(one);
  r.resolveKind();
  if (auto *record = dyn_cast<CXXRecordDecl>(d->getDeclContext())) {
    r.setNamingClass(record);
    if (r.isSingleResult()) sema.CheckLookupAccess(r);
  }
  ExprResult made = sema.BuildDeclarationNameExpr(none, r, /*NeedsADL=*/false);
  return made.isInvalid() ? nullptr : made.get();
}

Expr *Calls::nameCall(StringRef name, std::vector<Operand> &operands) {
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  Named n = find(name);
  if (session.collector.failed()) return nullptr;
  StringRef bare = name;
  bare.consume_front("::");
  auto [qualifier, last] = splitLast(bare);
  SmallVector<Expr *, 8> args;
  auto values = [&] {
    for (auto &o : operands) {
      Expr *v = value(o);
      if (!v) return false;
      args.push_back(v);
    }
    return true;
  };
  switch (n.kind) {
  case Named::Type:
    return construct(n.type, operands, 0);
  case Named::ClassTemplate: {
    auto *t = dyn_cast<TemplateDecl>(n.decl);
    return construct(ast.getDeducedTemplateSpecializationType(TemplateName(t), QualType(), false), operands, 0);
  }
  case Named::Macro:
    return parsed((name + "(" + argsText(operands, 0) + ")").str(), operands);
  case Named::Namespace:
    return fail("cpp/call", "'" + name + "' is a namespace, not a function");
  case Named::EnumConstant:
    return fail("cpp/call", "'" + name + "' is an enum constant, not a function");
  case Named::Nothing: {
    bool adl = qualifier.empty() && isIdentifier(last) && !name.starts_with("::");
    bool any = false;
    for (auto &o : operands) any |= !o.type.isNull() && (o.type->isRecordType() || o.type->isEnumeralType());
    if (adl && any) {
      CXXScopeSpec none;
      LookupResult r(sema, &ast.Idents.get(last), here(), Sema::LookupOrdinaryName);
      r.suppressDiagnostics();
      auto *fn = UnresolvedLookupExpr::Create(ast, nullptr, NestedNameSpecifierLoc(), r.getLookupNameInfo(), true, r.begin(),
                                              r.end(), false, false);
      if (!values()) return nullptr;
      ExprResult made = sema.BuildCallExpr(scope(), fn, here(), args, here());
      return made.isInvalid() ? nullptr : made.get();
    }
    return fail("cpp/unresolved", "there is no C++ name '" + name + "'");
  }
  case Named::Variable:
    if (!n.needsText) {
      Expr *fn = reference(n);
      if (!fn || !values()) return nullptr;
      ExprResult made = sema.BuildCallExpr(scope(), fn, here(), args, here());
      return made.isInvalid() ? nullptr : made.get();
    }
    break;
  case Named::Functions:
    if (!n.needsText) {
      CXXScopeSpec none;
      LookupResult r(sema, n.decl->getDeclName(), here(), Sema::LookupOrdinaryName);
      r.suppressDiagnostics();
      for (NamedDecl *one : n.all) r.addDecl(one);
      r.resolveKind();
      ExprResult fn;
      if (auto *record = dyn_cast<CXXRecordDecl>(n.all.front()->getDeclContext())) {
        r.setNamingClass(record);
        if (r.isSingleResult()) sema.CheckLookupAccess(r);
        fn = sema.BuildPossibleImplicitMemberExpr(none, SourceLocation(), r, nullptr, scope());
      } else {
        bool adl = qualifier.empty() && !name.starts_with("::") && sema.UseArgumentDependentLookup(none, r, true);
        fn = sema.BuildDeclarationNameExpr(none, r, adl);
      }
      if (fn.isInvalid() || !values()) return nullptr;
      ExprResult made = sema.BuildCallExpr(scope(), fn.get(), here(), args, here());
      return made.isInvalid() ? nullptr : made.get();
    }
    break;
  }
  return parsed((name + "(" + argsText(operands, 0) + ")").str(), operands);
}

Expr *Calls::construct(QualType t, std::vector<Operand> &operands, size_t from) {
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  SmallVector<Expr *, 8> args;
  for (size_t i = from; i < operands.size(); ++i) {
    Expr *v = value(operands[i]);
    if (!v) return nullptr;
    args.push_back(v);
  }
  auto *info = ast.getTrivialTypeSourceInfo(t, here());
  if (args.size() == 1 && t->isScalarType()) {
    ExprResult made = sema.BuildCXXNamedCast(here(), tok::kw_static_cast, info, args[0], SourceRange(), SourceRange());
    return made.isInvalid() ? nullptr : made.get();
  }
  // Braces where parentheses fit no constructor: nested aggregates, arrays.
  bool braces = t->isArrayType();
  if (auto *record = t->getAsCXXRecordDecl(); record && sema.isCompleteType(here(), t))
    braces = record->isAggregate() && args.size() != 1;
  if (braces) {
    ExprResult list = sema.ActOnInitList(here(), args, here());
    if (list.isInvalid()) return nullptr;
    Expr *one = list.get();
    ExprResult made = sema.BuildCXXTypeConstructExpr(info, here(), one, here(), /*ListInitialization=*/true);
    return made.isInvalid() ? nullptr : made.get();
  }
  ExprResult made = sema.BuildCXXTypeConstructExpr(info, here(), args, here(), /*ListInitialization=*/false);
  return made.isInvalid() ? nullptr : made.get();
}

Expr *Calls::member(StringRef name, const Operand &object) {
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  Expr *base = value(object);
  if (!base) return nullptr;
  UnqualifiedId id;
  if (name.starts_with("operator") && !isIdentifier(name)) {
    auto kind = operatorKind(name.drop_front(8).trim());
    if (!kind) return fail("cpp/member", "'" + name + "' is no operator");
    SourceLocation where[3] = {here(), here(), here()};
    id.setOperatorFunctionId(here(), *kind, where);
  } else if (isIdentifier(name)) {
    id.setIdentifier(&ast.Idents.get(name), here());
  } else {
    return fail("cpp/member", "'" + name + "' cannot name a member");
  }
  CXXScopeSpec none;
  bool arrow = object.type->isPointerType();
  ExprResult made = sema.ActOnMemberAccessExpr(scope(), base, here(), arrow ? tok::arrow : tok::period, none, SourceLocation(),
                                               id, nullptr);
  return made.isInvalid() ? nullptr : made.get();
}

Expr *Calls::operation(StringRef token, std::vector<Operand> &operands) {
  Sema &sema = session.sema();
  SmallVector<Expr *, 4> args;
  for (auto &o : operands) {
    Expr *v = value(o);
    if (!v) return nullptr;
    args.push_back(v);
  }
  ExprResult made = ExprError();
  if (token == "[]") {
    if (args.size() < 2) return fail("cpp/operator", "'[]' wants an object and an index");
    SmallVector<Expr *, 2> index(args.begin() + 1, args.end());
    made = sema.ActOnArraySubscriptExpr(scope(), args[0], here(), index, here());
  } else if (token == "()") {
    if (args.empty()) return fail("cpp/operator", "'()' wants an object");
    SmallVector<Expr *, 4> rest(args.begin() + 1, args.end());
    made = sema.BuildCallExpr(scope(), args[0], here(), rest, here());
  } else if (args.size() == 1) {
    int op = llvm::StringSwitch<int>(token)
                 .Case("+", UO_Plus).Case("-", UO_Minus).Case("*", UO_Deref).Case("&", UO_AddrOf).Case("~", UO_Not)
                 .Case("!", UO_LNot).Case("++", UO_PreInc).Case("--", UO_PreDec).Default(-1);
    if (op < 0) return fail("cpp/operator", "'" + token + "' does not take one operand");
    made = sema.BuildUnaryOp(scope(), here(), static_cast<UnaryOperatorKind>(op), args[0]);
  } else if (args.size() == 2) {
    int op = -1;
#define BINARY_OPERATION(Name, Spelling)                                                                               \
  if (token == Spelling) op = BO_##Name;
#include "clang/AST/OperationKinds.def"
    if ((token == "++" || token == "--") && operands[1].type->isIntegerType())
      made = sema.BuildUnaryOp(scope(), here(), token == "++" ? UO_PostInc : UO_PostDec, args[0]);
    else if (op < 0)
      return fail("cpp/operator", "'" + token + "' does not take two operands");
    else
      made = sema.BuildBinOp(scope(), here(), static_cast<BinaryOperatorKind>(op), args[0], args[1]);
  } else {
    return fail("cpp/operator", "'" + token + "' does not take " + Twine(args.size()) + " operands");
  }
  return made.isInvalid() ? nullptr : made.get();
}

Expr *Calls::build(const Callee &callee, std::vector<Operand> &operands) {
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  auto typed = [&]() -> QualType {
    Named n = find(callee.text);
    if (n.kind == Named::Type) return n.type;
    if (n.kind == Named::ClassTemplate)
      if (auto *t = dyn_cast<TemplateDecl>(n.decl))
        return ast.getDeducedTemplateSpecializationType(TemplateName(t), QualType(), false);
    if (session.collector.failed()) return QualType();
    return types.resolve(callee.text);
  };
  auto need = [&](size_t n) {
    if (operands.size() >= n) return true;
    fail("cpp/call", "too few arguments");
    return false;
  };
  auto got = [](ExprResult r) -> Expr * { return r.isInvalid() ? nullptr : r.get(); };
  switch (callee.kind) {
  case Callee::Name:
    return nameCall(callee.text, operands);
  case Callee::Method: {
    if (!need(1)) return nullptr;
    if (StringRef(callee.text).contains('<') && !StringRef(callee.text).starts_with("operator")) {
      const char *dot = operands[0].type->isPointerType() ? "->" : ".";
      std::vector<Operand> first(operands.begin(), operands.begin() + 1);
      return parsed("(" + argsText(first, 0) + ")" + dot + callee.text + "(" + argsText(operands, 1) + ")", operands);
    }
    Expr *fn = member(callee.text, operands[0]);
    if (!fn) return nullptr;
    SmallVector<Expr *, 8> args;
    for (size_t i = 1; i < operands.size(); ++i) {
      Expr *v = value(operands[i]);
      if (!v) return nullptr;
      args.push_back(v);
    }
    return got(sema.BuildCallExpr(scope(), fn, here(), args, here()));
  }
  case Callee::Field: {
    if (!need(1)) return nullptr;
    Expr *e = member(callee.text, operands[0]);
    if (e && (e->getType()->isSpecificPlaceholderType(BuiltinType::BoundMember) ||
              e->getType()->isSpecificPlaceholderType(BuiltinType::Overload)))
      return fail("cpp/member", "'" + Twine(callee.text) + "' is a method, not a field");
    return e;
  }
  case Callee::Construct: {
    QualType t = typed();
    return t.isNull() ? nullptr : construct(t, operands, 0);
  }
  case Callee::New: {
    QualType t = typed();
    if (t.isNull()) return nullptr;
    SmallVector<Expr *, 8> args;
    for (auto &o : operands) {
      Expr *v = value(o);
      if (!v) return nullptr;
      args.push_back(v);
    }
    auto *info = ast.getTrivialTypeSourceInfo(t, here());
    Expr *init = ParenListExpr::Create(ast, here(), args, here());
    auto *record = t->getAsCXXRecordDecl();
    if (record && sema.isCompleteType(here(), t) && record->isAggregate() && args.size() != 1)
      init = got(sema.ActOnInitList(here(), args, here()));
    if (!init) return nullptr;
    return got(sema.BuildCXXNew(SourceRange(here(), here()), false, SourceLocation(), {}, SourceLocation(), SourceRange(), t,
                                info, std::nullopt, SourceRange(here(), here()), init));
  }
  case Callee::Delete: {
    if (!need(1)) return nullptr;
    Expr *v = value(operands[0]);
    return v ? got(sema.ActOnCXXDelete(here(), false, false, v)) : nullptr;
  }
  case Callee::Destroy: {
    if (!need(1)) return nullptr;
    QualType t = types.resolve(callee.text);
    if (t.isNull()) return nullptr;
    operands[0].category = Category::Lvalue;
    Expr *object = value(operands[0]);
    auto *record = t->getAsCXXRecordDecl();
    if (!record) {
      // Nothing to destroy in a scalar.
      ExprResult nothing = sema.BuildCStyleCastExpr(here(), ast.getTrivialTypeSourceInfo(ast.VoidTy, here()), here(), object);
      return got(nothing);
    }
    if (!sema.isCompleteType(here(), t)) return fail("cpp/type", "'" + Twine(callee.text) + "' is incomplete");
    QualType canonical = ast.getCanonicalType(t).getUnqualifiedType();
    DeclarationNameInfo name(ast.DeclarationNames.getCXXDestructorName(CanQualType::CreateUnsafe(canonical)), here());
    name.setNamedTypeInfo(ast.getTrivialTypeSourceInfo(canonical, here()));
    CXXScopeSpec none;
    ExprResult member = sema.BuildMemberReferenceExpr(object, object->getType(), here(), false, none, SourceLocation(), nullptr,
                                                      name, nullptr, scope());
    if (member.isInvalid()) return nullptr;
    return got(sema.BuildCallExpr(scope(), member.get(), here(), {}, here()));
  }
  case Callee::Operator:
    return operation(callee.text, operands);
  case Callee::Invoke: {
    if (!need(1)) return nullptr;
    SmallVector<Expr *, 8> args;
    for (auto &o : operands) {
      Expr *v = value(o);
      if (!v) return nullptr;
      args.push_back(v);
    }
    Expr *fn = args[0];
    size_t from = 1;
    if (operands[0].type->isMemberPointerType()) {
      if (!need(2)) return fail("cpp/call", "a pointer to member wants an object");
      bool arrow = operands[1].type->isPointerType();
      ExprResult bound = sema.BuildBinOp(scope(), here(), arrow ? BO_PtrMemI : BO_PtrMemD, args[1], args[0]);
      if (bound.isInvalid()) return nullptr;
      if (!operands[0].type->isMemberFunctionPointerType()) return bound.get();
      fn = bound.get();
      from = 2;
      // `.*` binds less than a call.
      fn = new (ast) ParenExpr(here(), here(), fn);
    }
    SmallVector<Expr *, 8> rest(args.begin() + from, args.end());
    return got(sema.BuildCallExpr(scope(), fn, here(), rest, here()));
  }
  case Callee::Cast: {
    if (!need(1)) return nullptr;
    QualType t = types.resolve(callee.text);
    Expr *v = t.isNull() ? nullptr : value(operands[0]);
    if (!v) return nullptr;
    auto *info = ast.getTrivialTypeSourceInfo(t, here());
    if (callee.unchecked) return got(sema.BuildCStyleCastExpr(here(), info, here(), v));
    return got(sema.BuildCXXNamedCast(here(), tok::kw_static_cast, info, v, SourceRange(), SourceRange()));
  }
  case Callee::Variable: {
    Named n = find(callee.text);
    if (n.kind == Named::Nothing && !session.collector.failed())
      return fail("cpp/unresolved", "there is no C++ name '" + Twine(callee.text) + "'");
    if (n.kind == Named::Macro || n.needsText) return parsed(callee.text, operands);
    if (n.kind != Named::Variable && n.kind != Named::EnumConstant && n.kind != Named::Functions)
      return fail("cpp/unresolved", "'" + Twine(callee.text) + "' is not a variable");
    Expr *e = reference(n);
    if (e && e->getType()->isSpecificPlaceholderType(BuiltinType::Overload))
      return fail("cpp/ambiguous", "'" + Twine(callee.text) + "' is overloaded: a cast to a function pointer type chooses one");
    return e;
  }
  case Callee::Expression: {
    Expr *e = parsed(callee.text, operands);
    if (!e || !e->hasPlaceholderType()) return e;
    // A function template's name with all its arguments is one function.
    ExprResult one = e;
    if (sema.ResolveAndFixSingleFunctionTemplateSpecialization(one, /*DoFunctionPointerConversion=*/true) && one.isUsable()) return one.get();
    return e;
  }
  case Callee::Copy:
  case Callee::Move: {
    if (!need(1)) return nullptr;
    QualType t = types.resolve(callee.text);
    if (t.isNull()) return nullptr;
    Operand source = operands[0];
    source.category = callee.kind == Callee::Copy ? Category::Lvalue : Category::Xvalue;
    if (callee.kind == Callee::Copy && source.memory)
      source.memory = ImplicitCastExpr::Create(ast, source.type.withConst(), CK_NoOp, source.memory, nullptr, VK_LValue,
                                               FPOptionsOverride());
    if (callee.kind == Callee::Copy) source.type = source.type.withConst();
    std::vector<Operand> one = {source};
    return construct(t.getUnqualifiedType(), one, 0);
  }
  }
  return nullptr;
}

} // namespace rung
