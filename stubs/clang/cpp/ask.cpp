// Answers: what a name stands for, what a call chooses and what it does. A call is built in an unevaluated context, so asking
// instantiates no bodies that nothing needs.
#include "ask.h"
#include "fields.h"
#include "balance.h"
#include "recipe.h"
#include "clang/AST/DeclLookups.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/VTableBuilder.h"
#include "clang/Basic/TargetInfo.h"
#include "clang/AST/Mangle.h"
#include "clang/CodeGen/CGFunctionInfo.h"
#include "clang/CodeGen/CodeGenABITypes.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Lookup.h"
#include "llvm/IR/DerivedTypes.h"
#include <map>

using namespace clang;
namespace json = llvm::json;
using llvm::StringRef;

namespace rung {

Body::Body(Session &session, FunctionDecl *f) : session(session), inside(session.sema(), f) {
  session.parser().EnterScope(Scope::FnScope | Scope::DeclScope | Scope::CompoundStmtScope);
  session.parser().getCurScope()->setEntity(f);
}

Body::~Body() {
  session.parser().getCurScope()->setEntity(nullptr);
  session.parser().ExitScope();
}

static std::string printed(ASTContext &ast, const NamedDecl *d) {
  PrintingPolicy policy = policyOf(ast, false);
  policy.TerseOutput = true;
  policy.PolishForDeclaration = true;
  policy.FullyQualifiedName = true;
  std::string out;
  llvm::raw_string_ostream stream(out);
  d->print(stream, policy);
  return clean(stream.str());
}

json::Object Asker::overload(const NamedDecl *d) {
  d = d->getUnderlyingDecl();
  auto *f = dyn_cast<FunctionDecl>(d);
  if (auto *t = dyn_cast<FunctionTemplateDecl>(d)) f = t->getTemplatedDecl();
  json::Object out{{"signature", printed(session.ast(), d)}, {"span", spanAt(session, d->getLocation())}};
  out["min_args"] = f ? f->getMinRequiredArguments() : 0;
  out["max_args"] = f ? static_cast<int64_t>(f->getNumParams()) : 0;
  out["variadic"] = f && f->isVariadic();
  return out;
}

void Asker::nearest(DeclContext *context, StringRef name, json::Object &out) {
  std::vector<std::pair<unsigned, std::string>> found;
  unsigned limit = name.size() <= 3 ? 1 : std::max<unsigned>(2, name.size() / 3);
  auto consider = [&](const NamedDecl *d) {
    if (!d->getIdentifier()) return;
    StringRef other = d->getName();
    if (other.size() > name.size() + limit || name.size() > other.size() + limit || other == name) return;
    unsigned distance = name.edit_distance_insensitive(other, true, limit + 1);
    if (distance <= limit) found.push_back({distance, d->getQualifiedNameAsString()});
  };
  if (!context) context = session.ast().getTranslationUnitDecl();
  for (auto lookup : context->getPrimaryContext()->noload_lookups(/*PreserveInternalState=*/true))
    for (NamedDecl *d : lookup) consider(d);
  if (auto *record = dyn_cast<CXXRecordDecl>(context); record && record->hasDefinition())
    for (auto &base : record->bases())
      if (auto *b = base.getType()->getAsCXXRecordDecl())
        for (auto *d : b->decls())
          if (auto *n = dyn_cast<NamedDecl>(d)) consider(n);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.empty()) return;
  out["help"] = "did you mean " + clean(found.front().second) + "?";
  json::Array notes;
  for (size_t i = 0; i < found.size() && i < 3; ++i) notes.push_back(json::Object{{"text", "near: " + clean(found[i].second)}});
  out["notes"] = std::move(notes);
}

static json::Object literalOf(const APValue &v, QualType t, bool &has) {
  has = true;
  if (t->isBooleanType() && v.isInt()) return json::Object{{"bool", v.getInt() != 0}};
  if (v.isInt()) {
    auto &i = v.getInt();
    if (i.isSigned() || i.isSignedIntN(64) || !i.isUnsigned()) {
      if (i.isSigned() && i.isSignedIntN(64)) return json::Object{{"int", i.getSExtValue()}};
    }
    if (!i.isSigned() && i.isIntN(64)) return json::Object{{"u_int", static_cast<uint64_t>(i.getZExtValue())}};
  }
  if (v.isFloat()) {
    llvm::APFloat f = v.getFloat();
    bool lost;
    f.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
    if (f.isFinite()) return json::Object{{"float", f.convertToDouble()}};
  }
  has = false;
  return {};
}

json::Object Asker::declared(Calls &calls, const Named &n) {
  ASTContext &ast = session.ast();
  switch (n.kind) {
  case Named::Namespace: return json::Object{{"is", "namespace"}, {"name", n.decl->getQualifiedNameAsString()}};
  case Named::Type: return json::Object{{"is", "type"}, {"ty", types.mention(n.type)}};
  case Named::ClassTemplate: return json::Object{{"is", "class_template"}, {"name", n.decl->getQualifiedNameAsString()}};
  case Named::Macro: return json::Object{{"is", "macro"}, {"function_like", n.functionMacro}};
  case Named::EnumConstant: {
    auto *c = cast<EnumConstantDecl>(n.decl);
    llvm::APSInt v = c->getInitVal();
    about = {c->getType(), Category::Prvalue};
    json::Value number = v.isSigned() ? json::Value(v.getSExtValue()) : json::Value(static_cast<uint64_t>(v.getZExtValue()));
    return json::Object{{"is", "enum_constant"}, {"ty", types.mention(c->getType())}, {"value", std::move(number)}};
  }
  case Named::Functions: {
    json::Array all;
    bool templates = true;
    // A precompiled header gives them back to front.
    auto inOrder = n.all;
    auto &sources = session.sources();
    llvm::stable_sort(inOrder, [&](const NamedDecl *a, const NamedDecl *b) {
      return sources.isBeforeInTranslationUnit(a->getLocation(), b->getLocation());
    });
    for (NamedDecl *d : inOrder) {
      templates &= isa<FunctionTemplateDecl>(d->getUnderlyingDecl());
      all.push_back(overload(d));
    }
    return json::Object{{"is", templates ? "function_template" : "functions"}, {"overloads", std::move(all)}};
  }
  case Named::Variable: {
    if (auto *v = dyn_cast<ValueDecl>(n.decl)) {
      bool field = isa<FieldDecl>(v) || isa<IndirectFieldDecl>(v);
      if (!field) about = {v->getType().getNonReferenceType(), Category::Lvalue};
      return json::Object{{"is", field ? "field" : "variable"}, {"ty", types.mention(v->getType().getNonReferenceType())}};
    }
    return json::Object{{"is", "class_template"}, {"name", n.decl->getQualifiedNameAsString()}};
  }
  case Named::Nothing: break;
  }
  (void)ast;
  return {};
}

std::optional<json::Object> Asker::name(Calls &calls, StringRef text) {
  Named n = calls.find(text);
  if (n.kind == Named::Nothing) {
    if (!calls.own) calls.own = diagnostic("cpp/unresolved", ("there is no C++ name '" + text + "'").str());
    size_t split = text.rfind("::");
    DeclContext *context = split == StringRef::npos || split == 0 ? nullptr : calls.contextOf(text.take_front(split));
    nearest(context, split == StringRef::npos ? text : text.drop_front(split + 2), *calls.own);
    return std::nullopt;
  }
  if (n.kind == Named::Variable && n.needsText) return value(calls, text);
  return declared(calls, n);
}

std::optional<json::Object> Asker::value(Calls &calls, StringRef text) {
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  Expr *e = nullptr;
  {
    EnterExpressionEvaluationContext unevaluated(sema, Sema::ExpressionEvaluationContext::Unevaluated);
    session.snippet(text, [&] {
      ExprResult r = session.parser().ParseExpression();
      if (r.isInvalid()) return false;
      e = r.get();
      return true;
    });
  }
  if (session.collector.failed() || !e) return std::nullopt;
  if (auto *named = dyn_cast<DeclRefExpr>(e->IgnoreParens()); named && named->getDecl()->isInvalidDecl()) {
    calls.own = diagnostic("cpp/template", ("'" + text + "' cannot be instantiated").str());
    return std::nullopt;
  }
  if (e->hasPlaceholderType()) {
    calls.own = diagnostic("cpp/ambiguous", ("'" + text + "' names overloaded functions, not a value").str());
    return std::nullopt;
  }
  QualType t = e->getType();
  const Expr *bare = e->IgnoreParenImpCasts();
  // A text is what it decays to: nobody asks for the array.
  if (auto *s = dyn_cast<StringLiteral>(bare); s && s->getCharByteWidth() == 1) t = ast.getArrayDecayedType(t);
  json::Object out{{"is", "constant"}, {"ty", types.mention(t)}};
  out["value"] = nullptr;
  Expr::EvalResult result;
  if (auto *s = dyn_cast<StringLiteral>(bare); s && s->getCharByteWidth() == 1) {
    out["value"] = json::Object{{"string", clean(s->getString())}};
  } else if (t->isNullPtrType()) {
    out["value"] = "null";
  } else if (!e->isInstantiationDependent() && (t->isArithmeticType() || t->isEnumeralType()) && e->EvaluateAsRValue(result, ast) &&
             !result.HasSideEffects) {
    bool has;
    json::Object literal = literalOf(result.Val, t, has);
    if (has) out["value"] = std::move(literal);
  }
  return out;
}

std::optional<json::Object> Asker::member(Calls &calls, StringRef type, StringRef name) {
  QualType t = types.resolve(type);
  if (t.isNull()) return std::nullopt;
  t = t.getNonReferenceType();
  if (t->isPointerType()) t = t->getPointeeType();
  auto *record = t->getAsCXXRecordDecl();
  if (!record || !session.sema().isCompleteType(session.nowhere(), t)) {
    calls.own = diagnostic("cpp/member", "'" + types.display(t) + "' is no complete class: it has no members");
    return std::nullopt;
  }
  record = record->getDefinition();
  Sema &sema = session.sema();
  LookupResult r(sema, &session.ast().Idents.get(name), session.nowhere(), Sema::LookupMemberName);
  r.suppressDiagnostics();
  sema.LookupQualifiedName(r, record);
  if (r.isAmbiguous()) {
    calls.own = diagnostic("cpp/ambiguous", ("'" + name + "' is a member of more than one base of '").str() + types.display(t) + "'");
    return std::nullopt;
  }
  if (r.empty()) {
    calls.own = diagnostic("cpp/member", ("no member '" + name + "' in '").str() + types.display(t) + "'");
    nearest(record, name, *calls.own);
    return std::nullopt;
  }
  Named n;
  for (NamedDecl *d : r) n.all.push_back(d);
  n.decl = (*r.begin())->getUnderlyingDecl();
  if (isa<FunctionDecl>(n.decl) || isa<FunctionTemplateDecl>(n.decl)) n.kind = Named::Functions;
  else if (isa<EnumConstantDecl>(n.decl)) n.kind = Named::EnumConstant;
  else if (auto *type = dyn_cast<TypeDecl>(n.decl)) n.kind = Named::Type, n.type = session.ast().getTypeDeclType(type);
  else if (isa<ClassTemplateDecl>(n.decl)) n.kind = Named::ClassTemplate;
  else n.kind = Named::Variable;
  return declared(calls, n);
}

namespace {

// What was chosen, found again in the tree that Sema built.
struct Chosen {
  const FunctionDecl *function = nullptr;
  std::vector<const Expr *> args;  // converted, without the object
  const Expr *object = nullptr;
  bool dispatch = false;
};

const Expr *core(const Expr *e) {
  while (true) {
    if (auto *x = dyn_cast<FullExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<MaterializeTemporaryExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<CXXBindTemporaryExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<ParenExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<CXXFunctionalCastExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<CastExpr>(e); x && (x->getCastKind() == CK_NoOp || x->getCastKind() == CK_ConstructorConversion))
      e = x->getSubExpr();
    else return e;
  }
}

Chosen chosenBy(const Expr *e) {
  Chosen out;
  e = core(e);
  if (auto *n = dyn_cast<CXXNewExpr>(e)) {
    if (!n->getConstructExpr()) return out;
    e = n->getConstructExpr();
  }
  if (auto *d = dyn_cast<CXXDeleteExpr>(e)) {
    QualType t = d->getDestroyedType();
    if (auto *record = t.isNull() ? nullptr : t->getAsCXXRecordDecl(); record && record->hasDefinition())
      out.function = record->getDestructor(), out.dispatch = out.function && cast<CXXMethodDecl>(out.function)->isVirtual();
    return out;
  }
  if (auto *c = dyn_cast<CXXConstructExpr>(e)) {
    out.function = c->getConstructor();
    out.args.assign(c->arg_begin(), c->arg_end());
    return out;
  }
  auto *call = dyn_cast<CallExpr>(e);
  if (!call) return out;
  out.function = call->getDirectCallee();
  out.args.assign(call->arg_begin(), call->arg_end());
  if (auto *m = dyn_cast<CXXMemberCallExpr>(call)) {
    out.function = m->getMethodDecl();
    out.object = m->getImplicitObjectArgument();
    auto *access = dyn_cast<MemberExpr>(m->getCallee()->IgnoreParens());
    out.dispatch = m->getMethodDecl() && m->getMethodDecl()->isVirtual() && access && access->performsVirtualDispatch(LangOptions());
  } else if (isa<CXXOperatorCallExpr>(call)) {
    auto *method = dyn_cast_or_null<CXXMethodDecl>(out.function);
    if (method && method->isImplicitObjectMemberFunction() && !out.args.empty()) {
      out.object = out.args.front();
      out.args.erase(out.args.begin());
      out.dispatch = method->isVirtual();
    }
  }
  return out;
}

// Does the argument travel as the caller holds it, with no conversion and no copy?
// A temporary may be handed over as it is, though the tree moves from it.
bool untouched(const Expr *e, bool temporary) {
  while (true) {
    if (isa<OpaqueValueExpr>(e)) return true;
    if (auto *x = dyn_cast<CXXBindTemporaryExpr>(e)) {
      e = x->getSubExpr();
      continue;
    }
    if (auto *x = dyn_cast<ParenExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<MaterializeTemporaryExpr>(e)) e = x->getSubExpr();
    else if (auto *x = dyn_cast<ImplicitCastExpr>(e)) {
      if (x->getCastKind() != CK_NoOp && x->getCastKind() != CK_LValueToRValue) return false;
      e = x->getSubExpr();
    } else if (auto *x = dyn_cast<CXXConstructExpr>(e)) {
      auto *c = x->getConstructor();
      if (!c->isCopyOrMoveConstructor() || x->getNumArgs() != 1) return false;
      if (!c->isTrivial() && !(temporary && c->isMoveConstructor())) return false;
      e = x->getArg(0);
    } else {
      return false;
    }
  }
}

// One eightbyte's class, as the coerced type shows it.
bool isSse(llvm::Type *t) { return t->isFloatingPointTy() || t->isVectorTy(); }

const char *travels(const CodeGen::ABIArgInfo &info, QualType t) {
  if (t->isReferenceType()) return "indirect";
  if (info.isIgnore()) return t->isVoidType() ? "void" : nullptr;
  if (info.isIndirect()) return info.getIndirectByVal() ? "by_val" : "indirect";
  if (!info.isDirect() && !info.isExtend()) return nullptr;
  if (t->isSpecificBuiltinType(BuiltinType::Float)) return "f32";
  if (t->isSpecificBuiltinType(BuiltinType::Double)) return "f64";
  if ((t->isIntegralOrEnumerationType() && !t->isSpecificBuiltinType(BuiltinType::Int128) && !t->isSpecificBuiltinType(BuiltinType::UInt128) && !t->isBitIntType()) || t->isAnyPointerType() || t->isNullPtrType()) return "int";
  if (!t->isRecordType()) return nullptr;
  llvm::Type *coerced = info.getCoerceToType();
  if (!coerced || info.getDirectOffset()) return nullptr;
  if (auto *pair = dyn_cast<llvm::StructType>(coerced)) {
    if (pair->getNumElements() == 1) return isSse(pair->getElementType(0)) ? "struct_sse" : "struct_int";
    if (pair->getNumElements() != 2) return nullptr;
    bool a = isSse(pair->getElementType(0)), b = isSse(pair->getElementType(1));
    return a ? (b ? "sse_sse" : "sse_int") : (b ? "int_sse" : "int_int");
  }
  if (coerced->isIntegerTy(128)) return "int_int";
  return isSse(coerced) ? "struct_sse" : coerced->isIntegerTy() || coerced->isPointerTy() ? "struct_int" : nullptr;
}

// Bytes from the object that is asked about to the field; nothing where an address is not enough or not known.
std::optional<int64_t> offsetOf(ASTContext &ast, const Expr *e) {
  int64_t bytes = 0;
  bool fields = true;
  while (true) {
    if (isa<OpaqueValueExpr>(e)) return fields ? std::nullopt : std::optional(bytes);
    if (auto *x = dyn_cast<ParenExpr>(e)) {
      e = x->getSubExpr();
    } else if (auto *x = dyn_cast<MemberExpr>(e)) {
      auto *field = dyn_cast<FieldDecl>(x->getMemberDecl());
      if (!field || field->isBitField() || field->getType()->isReferenceType()) return std::nullopt;
      auto *record = field->getParent();
      if (record->isInvalidDecl() || !record->isCompleteDefinition()) return std::nullopt;
      // A pointer in between is loaded: only the first may be one.
      if (!fields && x->isArrow() && !isa<OpaqueValueExpr>(x->getBase()->IgnoreParenImpCasts())) return std::nullopt;
      bytes += ast.toCharUnitsFromBits(ast.getFieldOffset(field)).getQuantity();
      fields = false;
      e = x->getBase();
    } else if (auto *x = dyn_cast<ImplicitCastExpr>(e)) {
      switch (x->getCastKind()) {
      case CK_NoOp:
      case CK_LValueToRValue: break;
      case CK_DerivedToBase:
      case CK_UncheckedDerivedToBase: {
        QualType t = x->getSubExpr()->getType();
        if (t->isPointerType()) t = t->getPointeeType();
        auto *derived = t->getAsCXXRecordDecl();
        for (const CXXBaseSpecifier *step : x->path()) {
          auto *base = step->getType()->getAsCXXRecordDecl();
          if (!derived || !base || step->isVirtual()) return std::nullopt;
          bytes += ast.getASTRecordLayout(derived).getBaseClassOffset(base).getQuantity();
          derived = base;
        }
        break;
      }
      default: return std::nullopt;
      }
      e = x->getSubExpr();
    } else {
      return std::nullopt;
    }
  }
}

// A variable that is at one place for the whole program; a reference is a place that holds another's address.
bool staysPut(const Expr *e) {
  auto *name = dyn_cast<DeclRefExpr>(e->IgnoreParens());
  auto *v = name ? dyn_cast<VarDecl>(name->getDecl()) : nullptr;
  return v && v->hasGlobalStorage() && v->getTLSKind() == VarDecl::TLS_None && !v->getType()->isReferenceType();
}

std::string categoryOf(const Expr *e) {
  return e->isLValue() ? "lvalue" : e->isXValue() ? "xvalue" : "prvalue";
}

std::string dollars(size_t from, size_t to) {
  std::string out;
  for (size_t i = from; i < to; ++i) out += (i > from ? ", $" : "$") + std::to_string(i);
  return out;
}

} // namespace

// The call as a person would write it; on arguments of exactly the types asked about, Clang chooses the same again.
static std::string textOf(Types &types, const Site &site, const std::vector<Operand> &operands, const Expr *built) {
  const Callee &c = site.callee;
  size_t n = site.args.size();
  auto access = [&](size_t i) { return operands[i].type->isPointerType() ? "->" : "."; };
  switch (c.kind) {
  case Callee::Name: {
    const Expr *e = core(built);
    if (built->getType()->isArrayType()) return "__rung::bare<" + c.text + ">{" + dollars(0, n) + "}";
    if (isa<CallExpr>(e) || !isa<CXXConstructExpr>(e)) {
      if (auto *list = dyn_cast<InitListExpr>(e); list) return c.text + "{" + dollars(0, n) + "}";
      return c.text + "(" + dollars(0, n) + ")";
    }
    return c.text + "(" + dollars(0, n) + ")";
  }
  case Callee::Method: return "$0" + std::string(access(0)) + c.text + "(" + dollars(1, n) + ")";
  case Callee::Field: return "$0" + std::string(access(0)) + c.text;
  case Callee::Construct: {
    const Expr *e = core(built);
    if (built->getType()->isArrayType()) return "__rung::bare<" + c.text + ">{" + dollars(0, n) + "}";
    if (isa<InitListExpr>(e)) return c.text + "{" + dollars(0, n) + "}";
    if (n == 1 && built->getType()->isScalarType()) return "static_cast<" + c.text + ">($0)";
    if (built->getType()->isScalarType()) return "__rung::bare<" + c.text + ">()";
    return c.text + "(" + dollars(0, n) + ")";
  }
  case Callee::New: {
    auto *e = dyn_cast<CXXNewExpr>(core(built));
    bool braces = e && e->getInitializer() && isa<InitListExpr>(e->getInitializer());
    return "new " + c.text + (braces ? "{" : "(") + dollars(0, n) + (braces ? "}" : ")");
  }
  case Callee::Delete: return "delete $0";
  case Callee::Destroy: return "__rung::destroy($0)";
  case Callee::Operator:
    if (c.text == "[]") return "$0[" + dollars(1, n) + "]";
    if (c.text == "()") return "$0(" + dollars(1, n) + ")";
    if (n == 1) return "(" + c.text + "$0)";
    if (c.text == "++" || c.text == "--") return "($0" + c.text + ")";
    return "($0 " + c.text + " $1)";
  case Callee::Invoke:
    if (operands[0].type->isMemberPointerType()) {
      std::string bound = std::string("($1") + (operands[1].type->isPointerType() ? "->*" : ".*") + "$0)";
      return operands[0].type->isMemberFunctionPointerType() ? bound + "(" + dollars(2, n) + ")" : bound;
    }
    return "$0(" + dollars(1, n) + ")";
  case Callee::Cast: return c.unchecked ? "((" + c.text + ")$0)" : "static_cast<" + c.text + ">($0)";
  case Callee::Variable: return c.text;
  case Callee::Expression: return "(" + c.text + ")";
  case Callee::Copy: return "__rung::copy($0)";
  case Callee::Move: return "__rung::move($0)";
  }
  return "";
}

static bool holdsPlaceholder(const Stmt *s) {
  if (!s) return false;
  if (isa<OpaqueValueExpr>(s)) return true;
  return std::any_of(s->child_begin(), s->child_end(), holdsPlaceholder);
}

// Does a consteval function take something that is known only when the call runs?
static bool wantsConstant(const Stmt *s) {
  if (!s) return false;
  const FunctionDecl *f = nullptr;
  if (auto *c = dyn_cast<CXXConstructExpr>(s)) f = c->getConstructor();
  else if (auto *c = dyn_cast<CallExpr>(s)) f = c->getDirectCallee();
  if (f && f->isImmediateFunction() && holdsPlaceholder(s)) return true;
  return std::any_of(s->child_begin(), s->child_end(), wantsConstant);
}

std::optional<std::string> Asker::call(Calls &calls, Site site) {
  Sema &sema = session.sema();
  ASTContext &ast = session.ast();
  if (!asking) asking = calls.function("__rung_ask");
  FunctionDecl *f = asking;
  Body body(session, f);
  std::vector<Operand> operands = calls.operandsOf(site, f, /*real=*/false);
  if (operands.size() != site.args.size()) return std::nullopt;
  EnterExpressionEvaluationContext unevaluated(sema, Sema::ExpressionEvaluationContext::Unevaluated);
  std::string settled;  // the categories of arguments that came without
  for (auto &a : site.args) settled += a.kind == Arg::Native ? '.' : '?';
  if (!calls.settle(site, operands)) return std::nullopt;
  for (size_t i = 0; i < settled.size(); ++i)
    if (settled[i] == '?' && site.args[i].kind == Arg::Native) settled[i] = site.args[i].category == Category::Lvalue ? 'l' : 'p';
  Expr *e = calls.build(site.callee, operands);
  if (!e || session.collector.failed()) return std::nullopt;
  if (e->hasPlaceholderType()) {
    calls.own = diagnostic("cpp/ambiguous", "this names overloaded functions, not a value");
    return std::nullopt;
  }
  if (wantsConstant(e)) {
    calls.own = diagnostic("cpp/constant", "this call wants a constant that is known when it is compiled");
    (*calls.own)["help"] = "give a literal, or call it through a function from cpp/raw";
    return std::nullopt;
  }
  QualType t = e->getType();
  bool lazyTemporary = e->isXValue() && isa<MaterializeTemporaryExpr>(e);
  std::string category = e->isGLValue() && e->getObjectKind() != OK_Ordinary ? "prvalue" : lazyTemporary ? "prvalue" : categoryOf(e);
  if (category == "prvalue") t = t.getUnqualifiedType();
  about = {t, category == "lvalue" ? Category::Lvalue : category == "xvalue" ? Category::Xvalue : Category::Prvalue};
  Row out(1024), args(64), params(256);  // as `questions::CallAnswer` has them
  out.number(types.mention(t)).string(category);
  for (auto &o : operands) args.number(types.mention(o.type));
  Chosen chosen = chosenBy(e);
  const FunctionDecl *fn = chosen.function;
  size_t shift = site.args.size() >= 1 && chosen.object ? 1 : 0;
  for (size_t i = 0; i < site.args.size(); ++i) {
    if (i < shift) params.string(types.display(chosen.object->getType()));
    else if (fn && i - shift < fn->getNumParams() && site.callee.kind != Callee::Delete)
      params.string(types.display(fn->getParamDecl(i - shift)->getType()));
    else params.string("");
  }
  out.raw(args.done()).raw(params.done());
  out.string(clean(textOf(types, site, operands, e))).flag(sema.canThrow(e) == CT_Cannot);
  auto version = fn ? types.versions.find(fn->getCanonicalDecl()) : types.versions.end();
  if (version != types.versions.end()) site.version = version->second;
  out.number(site.version).string(settled.find_first_not_of('.') == std::string::npos ? "" : settled);
  auto recipe = recipeOf(calls, operands, e, category != "prvalue");
  out.raw(recipe ? recipeText(*recipe) : "null");
  std::string direct = "null";
  if (site.callee.kind == Callee::Field && category != "prvalue")
    if (auto bytes = offsetOf(ast, e); bytes && *bytes >= 0) direct = Fields().raw("field", Fields().number("offset", *bytes).done()).done();
  if (site.callee.kind == Callee::Variable && category == "lvalue" && staysPut(e)) direct = "{\"variable\":{}}";
  if (!fn) return out.raw(direct).done();
  GlobalDecl global;
  if (auto *c = dyn_cast<CXXConstructorDecl>(fn)) global = GlobalDecl(c, Ctor_Complete);
  else if (auto *d = dyn_cast<CXXDestructorDecl>(fn)) global = GlobalDecl(d, Dtor_Complete);
  else global = GlobalDecl(fn);
  bool builtin = fn->getBuiltinID() && fn->getDeclName().isIdentifier() && fn->getName().starts_with("__builtin");
  bool named = !fn->isDependentContext() && !builtin;
  bool plain = site.callee.kind == Callee::Name || site.callee.kind == Callee::Method || site.callee.kind == Callee::Operator ||
                (site.callee.kind == Callee::Construct && isa<CXXConstructorDecl>(fn));
  bool exact = !builtin && !fn->isConsteval() && plain && !fn->isVariadic() && chosen.args.size() == fn->getNumParams() &&
               chosen.args.size() + shift == site.args.size();
  for (size_t i = 0; exact && i < chosen.args.size(); ++i)
    exact = untouched(chosen.args[i], operands[i + shift].category == Category::Prvalue);
  if (exact && chosen.object) {
    const Expr *object = chosen.object;
    while (auto *cast = dyn_cast<ImplicitCastExpr>(object)) {
      if (cast->getCastKind() != CK_NoOp && cast->getCastKind() != CK_LValueToRValue) break;
      object = cast->getSubExpr();
    }
    exact = isa<OpaqueValueExpr>(object);
  }
  // Clang may reorder nothing here: the operands must be the arguments in their order.
  std::vector<std::string> abi;
  if (exact) {
    auto *proto = fn->getType()->getAs<FunctionProtoType>();
    auto *method = dyn_cast<CXXMethodDecl>(fn);
    bool instance = method && !method->isStatic();
    auto *canonical = QualType(ast.getCanonicalType(fn->getType()))->castAs<FunctionProtoType>();
    const CodeGen::CGFunctionInfo &info =
        instance ? CodeGen::arrangeCXXMethodType(session.owner().CGM(), method->getParent(), canonical, method)
                 : CodeGen::arrangeFreeFunctionType(session.owner().CGM(), CanQual<FunctionProtoType>::CreateUnsafe(QualType(canonical, 0)));
    bool constructor = isa<CXXConstructorDecl>(fn);
    auto push = [&](const char *way) {
      if (way) abi.push_back(Fields::quoted(way));
      else exact = false;
    };
    QualType result = fn->getReturnType();
    if (constructor) push("indirect");
    else if (result->isReferenceType()) push("int");
    else push(info.getReturnInfo().isIndirect() ? "indirect" : travels(info.getReturnInfo(), result));
    if (instance && !constructor) push(site.args.size() && operands[0].type->isPointerType() ? "int" : "this");
    size_t at = 0;
    auto it = info.arg_begin();
    if (instance) ++it;
    for (; it != info.arg_end() && at < proto->getNumParams(); ++it, ++at) {
      QualType p = proto->getParamType(at);
      push(travels(it->info, p));
      size_t operand = at + shift;
      // An object by value that is not trivial is the callee's own copy: only a temporary may be handed over.
      if (exact && !p->isReferenceType() && it->info.isIndirect() && !it->info.getIndirectByVal() &&
          operands[operand].category == Category::Lvalue)
        exact = false;
    }
    if (at != proto->getNumParams()) exact = false;
  }
  auto *virtualMethod = chosen.dispatch ? dyn_cast<CXXMethodDecl>(fn) : nullptr;
  if (isa<CXXDestructorDecl>(fn)) {
    // Its own trampolines know which of the destructors is meant.
  } else if (exact && virtualMethod && chosen.object && !ast.getTargetInfo().getCXXABI().isMicrosoft()) {
    auto *tables = cast<ItaniumVTableContext>(ast.getVTableContext());
    auto slot = static_cast<int64_t>(tables->getMethodVTableIndex(global));
    direct = Fields().raw("virtual", Fields().raw("abi", Fields::list(abi)).number("slot", slot).done()).done();
  } else if (exact && !chosen.dispatch && named) {
    direct = Fields().raw("function", Fields().raw("abi", Fields::list(abi)).done()).done();
  }
  out.raw(direct).string(printed(ast, fn)).flag(chosen.dispatch).flag(fn->isExternC());
  return out.string(named ? session.owner().GetMangledName(global) : "").done();
}

static std::string refused(json::Object d) { return Fields().raw("Err", rendered(std::move(d))).done(); }

// `{"Ok": {kind: fields}}`, or what went wrong.
std::string Asker::settled(Calls &calls, Transaction &t, bool good, llvm::StringRef kind, const std::string &fields,
                           llvm::StringRef fallback) {
  auto problems = session.collector.take();
  if (good) {
    session.keep(t);
    return Fields().raw("Ok", Fields().raw(kind, fields).done()).done();
  }
  if (calls.own) return refused(std::move(*calls.own));
  json::Array errors = errorsOf(problems, fallback);
  if (!errors.empty()) {
    json::Object first = std::move(*errors[0].getAsObject());
    // Which form it was is known here: Clang speaks of a cast where a name is called that is a type's.
    auto code = first.getString("code").value_or("");
    auto message = first.getString("message").value_or("");
    if (fallback == "cpp/new" && (code == "cpp/constructor" || code == "cpp/no-matching-overload" || code == "cpp/call")) first["code"] = "cpp/new";
    else if (code == "cpp/call" && message.contains("functional-style cast")) first["code"] = "cpp/constructor";
    return refused(std::move(first));
  }
  return refused(diagnostic(fallback, "Clang gave no answer"));
}

std::string Asker::answer(const Site &site) {
  if (auto wrong = imbalance(site.callee.text)) return refused(diagnostic(wrong->code, wrong->message));
  for (auto &a : site.args)
    if (!types.known(a.type))
      if (auto wrong = imbalance(a.type)) return refused(diagnostic(wrong->code, wrong->message));
  const char *fallback = "cpp/call";
  switch (site.callee.kind) {
  case Callee::Operator: fallback = "cpp/operator"; break;
  case Callee::Construct: fallback = "cpp/constructor"; break;
  case Callee::Cast: fallback = "cpp/cast"; break;
  case Callee::Field: fallback = "cpp/member"; break;
  case Callee::New: fallback = "cpp/new"; break;
  case Callee::Delete: fallback = "cpp/delete"; break;
  default: break;
  }
  session.collector.nothingIsRead();
  Calls calls(session, types);
  Transaction t;
  std::optional<std::string> out;
  bool good = session.attempt(t, [&] { return (out = call(calls, site)).has_value(); });
  return settled(calls, t, good && out, "call", out.value_or(""), fallback);
}

bool Asker::complete(Site &site, const Series &series) {
  for (auto &a : site.args) {
    if (a.kind != Arg::Of) continue;
    size_t number = series.all.size();
    if (llvm::StringRef(a.type).getAsInteger(10, number) || number >= series.all.size()) return false;
    auto &about = series.all[number];
    if (about.type.isNull()) return false;
    a.kind = Arg::Native;
    a.type = types.name(about.type);
    a.category = a.local && about.category == Category::Prvalue ? Category::Lvalue : about.category;
  }
  return true;
}

std::string Asker::answer(const json::Object &q) {
  auto ask = q.getString("ask").value_or("");
  if (ask == "call") {
    std::string error;
    auto site = siteFrom(q, error);
    return site ? answer(*site) : refused(diagnostic("cpp/call", error));
  }
  Calls calls(session, types);
  Transaction t;
  std::optional<json::Object> out;
  auto text = [&](const char *key) { return q.getString(key).value_or("").str(); };
  std::string source;
  for (const char *key : {"text", "handler", "class", "name"}) source += text(key) + "\n";
  if (auto wrong = imbalance(source)) return refused(diagnostic(wrong->code, wrong->message));
  const char *fallback = "cpp/type";
  bool good = session.attempt(t, [&] {
    if (ask == "name") {
      fallback = "cpp/unresolved";
      out = name(calls, text("name"));
    } else if (ask == "type") {
      QualType type = types.resolve(text("text"));
      if (!type.isNull()) out = json::Object{{"is", "type"}, {"ty", types.mention(type)}};
    } else if (ask == "value") {
      out = value(calls, text("text"));
    } else if (ask == "member") {
      fallback = "cpp/member";
      out = member(calls, text("class"), text("name"));
    } else if (ask == "catch") {
      QualType type = types.resolve(text("handler"));
      if (type.isNull()) return false;
      QualType held = type.getNonReferenceType();
      bool bad = type->isRValueReferenceType() || held->isVoidType() || held->isFunctionType() || held->isArrayType() ||
                 (held->isRecordType() && !session.sema().isCompleteType(session.nowhere(), held));
      auto *record = held->getAsCXXRecordDecl();
      bad |= record && record->hasDefinition() && record->isAbstract() && !type->isReferenceType();
      if (bad) calls.own = diagnostic("cpp/type", "'" + types.display(type) + "' cannot be caught");
      else out = json::Object{{"is", "catch"}, {"ty", types.mention(held)}};
    } else {
      calls.own = diagnostic("cpp/call", ("an unknown question: " + ask).str());
    }
    return out.has_value();
  });
  if (!good || !out) return settled(calls, t, false, "", "", fallback);
  std::string kind = out->getString("is").value_or("").str();
  out->erase("is");
  return settled(calls, t, true, kind, rendered(std::move(*out)), fallback);
}

// Where the last part of a qualified name begins, template arguments left whole.
static size_t lastPart(StringRef text) {
  int depth = 0;
  size_t at = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || text[i] == '(') ++depth;
    else if (text[i] == '>' || text[i] == ')') --depth;
    else if (depth == 0 && text[i] == ':' && i + 1 < text.size() && text[i + 1] == ':') at = i + 2, ++i;
  }
  return at;
}

static const char *kindOf(const NamedDecl *d) {
  if (isa<NamespaceDecl>(d) || isa<NamespaceAliasDecl>(d)) return "namespace";
  if (isa<TypeDecl>(d) || isa<ClassTemplateDecl>(d) || isa<TypeAliasTemplateDecl>(d)) return "type";
  if (isa<EnumConstantDecl>(d)) return "constant";
  if (isa<FieldDecl>(d) || isa<IndirectFieldDecl>(d)) return "field";
  auto *t = dyn_cast<FunctionTemplateDecl>(d);
  auto *f = t ? t->getTemplatedDecl() : dyn_cast<FunctionDecl>(d);
  if (!f) return isa<VarDecl>(d) || isa<VarTemplateDecl>(d) ? "variable" : nullptr;
  auto *m = dyn_cast<CXXMethodDecl>(f);
  return m && !m->isStatic() ? "method" : "function";
}

// Is the place in the header itself, by the end of its path? An empty header takes every place.
static bool inHeader(const SourceManager &sources, SourceLocation at, StringRef header) {
  if (header.empty()) return true;
  StringRef file = sources.getFilename(sources.getExpansionLoc(at));
  return file.ends_with(header) && (file.size() == header.size() || file[file.size() - header.size() - 1] == '/');
}

json::Array Asker::complete(StringRef prefix, StringRef header) {
  constexpr size_t most = 500;
  json::Array out;
  Calls calls(session, types);
  Transaction t;
  std::map<std::string, json::Object> found;
  header.consume_front("./");
  session.attempt(t, [&] {
    size_t split = lastPart(prefix);
    StringRef qualifier = prefix.take_front(split), start = prefix.drop_front(split);
    qualifier.consume_back("::");
    if (imbalance(qualifier)) return true;
    DeclContext *context = calls.contextOf(qualifier);
    if (!context) return true;
    std::string before = qualifier.empty() ? "" : qualifier.str() + "::";
    auto hidden = [&](StringRef name) { return name.starts_with("__") && !start.starts_with("__"); };
    auto item = [&](const NamedDecl *d, bool own) {
      if (!d->getIdentifier() || !d->getName().starts_with(start) || hidden(d->getName())) return;
      if (d->getAccess() == AS_private || d->getAccess() == AS_protected) return;
      const NamedDecl *real = d->getUnderlyingDecl();
      if (own && !inHeader(session.sources(), real->getLocation(), header)) return;
      auto *record = dyn_cast<CXXRecordDecl>(real);
      const char *kind = record && record->isInjectedClassName() ? nullptr : kindOf(real);
      if (!kind) return;
      bool calls = StringRef(kind) == "function" || StringRef(kind) == "method";
      std::string signature;
      if (calls) signature = printed(session.ast(), real);
      else if (auto *v = dyn_cast<ValueDecl>(real)) signature = types.display(v->getType());
      std::string text = before + d->getName().str();
      found.try_emplace(text + '\0' + signature, json::Object{{"text", text}, {"kind", kind}, {"signature", clean(signature)}});
    };
    auto members = [&](DeclContext *c, bool own) {
      for (auto lookup : c->getPrimaryContext()->lookups())
        for (NamedDecl *d : lookup) item(d, own);
    };
    std::vector<CXXRecordDecl *> classes;
    if (auto *record = dyn_cast<CXXRecordDecl>(context); record && record->hasDefinition()) classes.push_back(record->getDefinition());
    for (size_t i = 0; i < classes.size() && i < 64; ++i) {
      // Constructors and the like are made when they are first looked for.
      members(classes[i], false);
      for (auto &base : classes[i]->bases())
        if (auto *b = base.getType()->getAsCXXRecordDecl(); b && b->hasDefinition() && base.getAccessSpecifier() == AS_public)
          classes.push_back(b->getDefinition());
    }
    if (!classes.empty()) return true;
    auto macros = [&](bool own) {
      if (!qualifier.empty() && header.empty()) return;
      Preprocessor &pp = session.pp();
      for (auto &entry : pp.macros(/*IncludeExternalMacros=*/true)) {
        StringRef name = entry.first->getName();
        if (!name.starts_with(start) || name.starts_with("_") != start.starts_with("_") || !entry.first->hasMacroDefinition()) continue;
        MacroInfo *info = pp.getMacroInfo(entry.first);
        if (!info || info->isBuiltinMacro() || (own && !inHeader(session.sources(), info->getDefinitionLoc(), header))) continue;
        if (!info->isFunctionLike() && info->getNumTokens() == 0) continue;  // a guard
        std::string signature = name.str();
        if (info->isFunctionLike()) {
          signature += "(";
          for (unsigned i = 0; i < info->getNumParams(); ++i) {
            if (i) signature += ", ";
            StringRef p = info->params()[i]->getName();
            signature += p == "__VA_ARGS__" ? "..." : p.str();
          }
          signature += ")";
        } else {
          for (auto &token : info->tokens()) signature += " " + pp.getSpelling(token);
        }
        std::string text = before + name.str();
        found.try_emplace(text + '\0' + signature, json::Object{{"text", text}, {"kind", "macro"}, {"signature", clean(signature)}});
      }
    };
    // The names of the header itself; where it only gathers others, all there are.
    bool whole = qualifier.empty();
    members(context, whole);
    macros(true);
    if (found.empty() && !header.empty()) members(context, false), macros(false);
    return true;
  });
  session.collector.take();
  for (auto &[key, item] : found) {
    if (out.size() == most) break;
    out.push_back(std::move(item));
  }
  return out;
}

} // namespace rung
