// Trees of simple calls as words: loads, scalar conversions, field offsets, arithmetic, calls by the platform's ABI. Whatever is
// not certain here is left to a trampoline that Clang compiles.
#include "recipe.h"
#include "fields.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/VTableBuilder.h"
#include "clang/CodeGen/CGFunctionInfo.h"
#include "clang/CodeGen/CodeGenABITypes.h"
#include "clang/CodeGen/ModuleBuilder.h"
#include "llvm/IR/DerivedTypes.h"
#include <charconv>

using namespace clang;

namespace rung {

namespace {

// As in engine/questions/src/recipe.rs.
enum Op : int64_t {
  ArgOp, LoadOp, ConvertOp, ConstOp, OffsetOp, OffsetNonNullOp, IndexOp, BinaryOp, UnaryOp_, StoreOp, CopyOp, SymbolOp, TextOp,
  TempOp, RetOp, DupOp, PopOp, VirtualOp, CallOp, ReturnScalarOp, ReturnAddressOp, EndOp, EndsWithOp,
};
enum Scalar : int64_t { Bool, I8, U8, I16, U16, I32, U32, I64, U64, F32, F64, None = -1 };
enum Binary : int64_t { Add, Sub, Mul, Div, Rem, And, Or, Xor, Shl, Shr, Lt, Le, Gt, Ge, Eq, Ne };
enum Unary : int64_t { Neg, Not, LNot };
enum Way : int64_t { Int, Sse, StructInt, StructSse, IntInt, IntSse, SseInt, SseSse, ByVal };
enum Result : int64_t { RVoid, RInt, RF32, RF64, RStructInt, RStructSse, RIntInt, RIntSse, RSseInt, RSseSse, RMemory };

// How deep the interpreter's stack is (stubs/cpp/recipe.cpp).
constexpr int Deep = 48;
constexpr size_t StackWords = 16;
constexpr int Endings = 16;
constexpr size_t Longest = 400;

bool isSse(llvm::Type *t) { return t->isFloatingPointTy() || t->isVectorTy(); }

class Maker {
public:
  Maker(Calls &calls, const std::vector<Operand> &operands)
      : calls(calls), session(calls.session), ast(calls.session.ast()), operands(operands) {}

  Recipe out;

  bool whole(const Expr *e, bool glvalue) {
    QualType t = e->getType();
    if (glvalue) return address(e) && op(ReturnAddressOp);
    if (t->isVoidType()) return nothing(e) && op(EndOp);
    if (t->isRecordType()) return object(e, [&] { return op(RetOp, 0, 0, 0, +1); }) && op(EndOp);
    Scalar s = scalarOf(t);
    return s != None && value(e) && op(ReturnScalarOp, s);
  }

private:
  using Dest = llvm::function_ref<bool()>;
  struct Inside {
    const CXXConstructExpr *of;
    const Inside *outer;
  };
  const Inside *inside = nullptr;

  bool op(Op o, int64_t a = 0, int64_t b = 0, int64_t n = 0, int change = 0) {
    depth += change;
    if (depth > Deep || out.code.size() > Longest || n > INT32_MAX || n < INT32_MIN) return false;
    out.code.push_back(o | a << 8 | b << 16 | static_cast<int64_t>(static_cast<uint64_t>(n) << 32));
    return true;
  }
  bool constant(int64_t bits) {
    if (!op(ConstOp, 0, 0, 0, +1)) return false;
    out.code.push_back(bits);
    return true;
  }
  bool symbol(GlobalDecl d) {
    if (!op(SymbolOp, 0, 0, static_cast<int64_t>(out.symbols.size()), +1)) return false;
    llvm::StringRef name = session.owner().GetMangledName(d);
    name.consume_front("\1");
    if (session.named.insert_or_assign(name, d).second) session.mentioned.push_back(name.str());
    out.symbols.push_back(name.str());
    return true;
  }
  bool offset(int64_t by, bool nullStays = false) { return !by || op(nullStays ? OffsetNonNullOp : OffsetOp, 0, 0, by); }
  bool temp(int64_t size, int64_t align) {
    if (align > 16) return false;
    out.scratch = (out.scratch + align - 1) / align * align;
    int64_t at = out.scratch;
    out.scratch += size;
    return out.scratch <= 4096 && op(TempOp, 0, 0, at, +1);
  }

  Scalar scalarOf(QualType t) {
    t = t.getCanonicalType();
    if (t.isVolatileQualified() || t->isAtomicType()) return None;
    if (t->isBooleanType()) return Bool;
    if (t->isPointerType() || t->isNullPtrType()) return U64;
    if (auto *e = t->getAs<EnumType>()) {
      if (!e->getDecl()->isComplete()) return None;
      return scalarOf(e->getDecl()->getIntegerType());
    }
    if (t->isBitIntType()) return None;
    if (t->isIntegerType()) {
      bool sign = t->isSignedIntegerType();
      switch (ast.getTypeSize(t)) {
      case 8: return sign ? I8 : U8;
      case 16: return sign ? I16 : U16;
      case 32: return sign ? I32 : U32;
      case 64: return sign ? I64 : U64;
      }
      return None;
    }
    if (t->isSpecificBuiltinType(BuiltinType::Float)) return F32;
    if (t->isSpecificBuiltinType(BuiltinType::Double)) return F64;
    return None;
  }

  bool convert(QualType from, QualType to) {
    Scalar a = scalarOf(from), b = scalarOf(to);
    if (a == None || b == None) return false;
    return a == b || op(ConvertOp, a, b);
  }

  bool evaluated(const Expr *e) {
    if (e->isValueDependent() || e->isInstantiationDependent()) return false;
    Expr::EvalResult r;
    if (!e->EvaluateAsRValue(r, ast) || r.HasSideEffects) return false;
    Scalar s = scalarOf(e->getType());
    if (s == None) return false;
    if (r.Val.isInt()) {
      auto &i = r.Val.getInt();
      return constant(i.isSigned() ? i.getSExtValue() : static_cast<int64_t>(i.getZExtValue()));
    }
    if (r.Val.isFloat()) return constant(static_cast<int64_t>(r.Val.getFloat().bitcastToAPInt().getZExtValue()));
    if (r.Val.isLValue() && r.Val.isNullPointer()) return constant(0);
    return false;
  }

  int operandOf(const Expr *e) {
    if (auto *named = dyn_cast<DeclRefExpr>(e)) {
      auto it = calls.givenNames.find(named->getDecl());
      return it == calls.givenNames.end() ? -1 : static_cast<int>(it->second);
    }
    auto *o = dyn_cast<OpaqueValueExpr>(e);
    auto it = o ? calls.given.find(o) : calls.given.end();
    return it == calls.given.end() ? -1 : static_cast<int>(it->second);
  }

  // The bytes from a derived class to a base along a path; none through virtual bases.
  std::optional<int64_t> baseOffset(QualType derived, const CastExpr *e) {
    auto *record = derived->getAsCXXRecordDecl();
    int64_t sum = 0;
    for (auto it = e->path_begin(); it != e->path_end(); ++it) {
      if (!record || (*it)->isVirtual()) return std::nullopt;
      auto *base = (*it)->getType()->getAsCXXRecordDecl();
      if (!base) return std::nullopt;
      sum += ast.getASTRecordLayout(record).getBaseClassOffset(base).getQuantity();
      record = base;
    }
    return sum;
  }

  // A scalar prvalue: its bits, one stack place.
  bool value(const Expr *e) {
    if (auto *x = dyn_cast<FullExpr>(e)) return value(x->getSubExpr());
    if (auto *x = dyn_cast<ParenExpr>(e)) return value(x->getSubExpr());
    if (auto *x = dyn_cast<SubstNonTypeTemplateParmExpr>(e)) return value(x->getReplacement());
    if (auto *x = dyn_cast<CXXDefaultArgExpr>(e)) return evaluated(x->getExpr()) || value(x->getExpr());
    if (int i = operandOf(e); i >= 0) {
      Scalar s = scalarOf(e->getType());
      return s != None && op(ArgOp, 0, 0, i, +1) && op(LoadOp, s);
    }
    if (isa<IntegerLiteral, FloatingLiteral, CharacterLiteral, CXXBoolLiteralExpr, CXXNullPtrLiteralExpr, GNUNullExpr,
            UnaryExprOrTypeTraitExpr, CXXScalarValueInitExpr, ImplicitValueInitExpr>(e))
      return evaluated(e);
    if (auto *x = dyn_cast<DeclRefExpr>(e)) return isa<EnumConstantDecl>(x->getDecl()) && evaluated(e);
    if (auto *x = dyn_cast<InitListExpr>(e)) return x->getNumInits() == 1 ? value(x->getInit(0)) : x->getNumInits() == 0 && evaluated(e);
    if (auto *x = dyn_cast<CastExpr>(e)) return cast(x);
    if (isa<CallExpr>(e)) return call(llvm::cast<CallExpr>(e), std::nullopt);
    if (auto *x = dyn_cast<UnaryOperator>(e)) return unary(x);
    if (auto *x = dyn_cast<BinaryOperator>(e)) return binary(x);
    return false;
  }

  bool cast(const CastExpr *x) {
    const Expr *sub = x->getSubExpr();
    QualType from = sub->getType(), to = x->getType();
    switch (x->getCastKind()) {
    case CK_LValueToRValue: {
      if (const Expr *argument = argumentOf(sub)) {
        const Inside *here = inside;
        inside = here->outer;
        bool good = value(argument);
        inside = here;
        return good;
      }
      if (auto *d = dyn_cast<DeclRefExpr>(sub->IgnoreParens()))
        if (auto *v = dyn_cast<VarDecl>(d->getDecl()); v && v->isUsableInConstantExpressions(ast) && evaluated(x)) return true;
      Scalar s = scalarOf(from);
      return s != None && address(sub) && op(LoadOp, s);
    }
    case CK_NoOp:
    case CK_ConstructorConversion:
    case CK_UserDefinedConversion:
    case CK_BitCast: return scalarOf(from) == scalarOf(to) && value(sub);
    case CK_IntegralCast:
    case CK_IntegralToBoolean:
    case CK_FloatingCast:
    case CK_IntegralToFloating:
    case CK_FloatingToIntegral:
    case CK_FloatingToBoolean:
    case CK_PointerToBoolean:
    case CK_PointerToIntegral:
    case CK_IntegralToPointer: return value(sub) && convert(from, to);
    case CK_NullToPointer: return operandOf(sub) < 0 && !isa<IntegerLiteral, CXXNullPtrLiteralExpr, GNUNullExpr>(sub->IgnoreParenImpCasts()) ? false : constant(0);
    case CK_ArrayToPointerDecay:
    case CK_FunctionToPointerDecay: return address(sub);
    case CK_DerivedToBase:
    case CK_UncheckedDerivedToBase: {
      auto by = baseOffset(from->getPointeeType(), x);
      return by && value(sub) && offset(*by, true);
    }
    case CK_BaseToDerived: {
      auto by = baseOffset(to->getPointeeType(), x);
      return by && value(sub) && offset(-*by, true);
    }
    default: return false;
    }
  }

  bool unary(const UnaryOperator *x) {
    Scalar s = scalarOf(x->getType());
    switch (x->getOpcode()) {
    case UO_AddrOf: return x->getType()->isPointerType() && address(x->getSubExpr());
    case UO_Plus: return value(x->getSubExpr());
    case UO_Minus: return s != None && value(x->getSubExpr()) && op(UnaryOp_, Neg, s);
    case UO_Not: return s != None && s < F32 && value(x->getSubExpr()) && op(UnaryOp_, Not, s);
    case UO_LNot: return value(x->getSubExpr()) && op(UnaryOp_, LNot, Bool);
    default: return false;
    }
  }

  static std::optional<Binary> binaryOf(BinaryOperatorKind k) {
    switch (k) {
    case BO_Add: case BO_AddAssign: return Add;
    case BO_Sub: case BO_SubAssign: return Sub;
    case BO_Mul: case BO_MulAssign: return Mul;
    case BO_Div: case BO_DivAssign: return Div;
    case BO_Rem: case BO_RemAssign: return Rem;
    case BO_And: case BO_AndAssign: return And;
    case BO_Or: case BO_OrAssign: return Or;
    case BO_Xor: case BO_XorAssign: return Xor;
    case BO_Shl: case BO_ShlAssign: return Shl;
    case BO_Shr: case BO_ShrAssign: return Shr;
    case BO_LT: return Lt;
    case BO_LE: return Le;
    case BO_GT: return Gt;
    case BO_GE: return Ge;
    case BO_EQ: return Eq;
    case BO_NE: return Ne;
    default: return std::nullopt;
    }
  }

  bool binary(const BinaryOperator *x) {
    auto k = binaryOf(x->getOpcode());
    if (!k) return false;
    const Expr *a = x->getLHS(), *b = x->getRHS();
    if (a->getType()->isPointerType() || b->getType()->isPointerType()) {
      if (x->isComparisonOp()) return value(a) && value(b) && op(BinaryOp, *k, U64, 0, -1);
      if (*k != Add && *k != Sub) return false;
      if (!a->getType()->isPointerType()) std::swap(a, b);
      return !b->getType()->isPointerType() && element(a, b, *k == Sub);
    }
    Scalar s = scalarOf(a->getType());
    bool shift = *k == Shl || *k == Shr;
    if (s == None || (!shift && scalarOf(b->getType()) != s)) return false;
    if (!value(a) || !value(b)) return false;
    // The count has a type of its own; 64 bits hold any.
    return op(BinaryOp, *k, s, 0, -1);
  }

  bool element(const Expr *pointer, const Expr *index, bool back = false) {
    QualType t = pointer->getType()->getPointeeType();
    if (t->isIncompleteType() || t->isFunctionType() || t->isVariableArrayType()) return false;
    if (scalarOf(index->getType()) == None || !index->getType()->isIntegralOrUnscopedEnumerationType()) return false;
    int64_t size = ast.getTypeSizeInChars(t).getQuantity();
    // Extended by its own sign when it was pushed.
    return value(pointer) && value(index) && op(IndexOp, 0, 0, back ? -size : size, -1);
  }

  // A glvalue: the address of what it names.
  bool address(const Expr *e) {
    if (auto *x = dyn_cast<FullExpr>(e)) return address(x->getSubExpr());
    if (auto *x = dyn_cast<ParenExpr>(e)) return address(x->getSubExpr());
    if (auto *x = dyn_cast<SubstNonTypeTemplateParmExpr>(e)) return address(x->getReplacement());
    if (auto *x = dyn_cast<CXXDefaultArgExpr>(e)) return address(x->getExpr());
    if (e->getObjectKind() != OK_Ordinary) return false;
    if (int i = operandOf(e); i >= 0) return op(ArgOp, 0, 0, i, +1);
    if (auto *x = dyn_cast<StringLiteral>(e)) {
      if (x->getCharByteWidth() != 1 || x->getBytes().contains('\0')) return false;
      if (!llvm::json::isUTF8(x->getBytes())) return false;
      out.texts.push_back(x->getBytes().str());
      return op(TextOp, 0, 0, static_cast<int64_t>(out.texts.size() - 1), +1);
    }
    if (auto *x = dyn_cast<DeclRefExpr>(e)) return declared(x->getDecl());
    if (auto *x = dyn_cast<MemberExpr>(e)) return member(x);
    if (auto *x = dyn_cast<ArraySubscriptExpr>(e)) return element(x->getBase(), x->getIdx());
    if (auto *x = dyn_cast<UnaryOperator>(e)) {
      if (x->getOpcode() == UO_Deref) return value(x->getSubExpr());
      if (x->getOpcode() != UO_PreInc && x->getOpcode() != UO_PreDec) return false;
      QualType t = x->getSubExpr()->getType();
      bool up = x->getOpcode() == UO_PreInc;
      Scalar s = scalarOf(t);
      if (s == None || s == Bool || !address(x->getSubExpr()) || !op(DupOp, 0, 0, 0, +1) || !op(LoadOp, s)) return false;
      if (t->isPointerType()) {
        QualType to = t->getPointeeType();
        if (to->isIncompleteType() || to->isFunctionType()) return false;
        if (!op(OffsetOp, 0, 0, ast.getTypeSizeInChars(to).getQuantity() * (up ? 1 : -1))) return false;
      } else {
        int64_t one = s == F64 ? 0x3ff0000000000000 : s == F32 ? 0x3f800000 : 1;
        if (!constant(one) || !op(BinaryOp, up ? Add : Sub, s, 0, -1)) return false;
      }
      return op(StoreOp, s, 0, 0, -1);
    }
    if (auto *x = dyn_cast<CompoundAssignOperator>(e)) return compound(x);
    if (auto *x = dyn_cast<BinaryOperator>(e)) {
      if (x->getOpcode() != BO_Assign) return false;
      Scalar s = scalarOf(x->getLHS()->getType());
      // C++17: the right side first; it is computed from what is there, without calls.
      return s != None && !calling(x->getRHS()) && address(x->getLHS()) && value(x->getRHS()) && op(StoreOp, s, 0, 0, -1);
    }
    if (auto *x = dyn_cast<CastExpr>(e)) {
      const Expr *sub = x->getSubExpr();
      switch (x->getCastKind()) {
      case CK_NoOp: return address(sub);
      case CK_DerivedToBase:
      case CK_UncheckedDerivedToBase: {
        auto by = baseOffset(sub->getType(), x);
        return by && address(sub) && offset(*by);
      }
      case CK_BaseToDerived: {
        auto by = baseOffset(x->getType(), x);
        return by && address(sub) && offset(-*by);
      }
      default: return false;
      }
    }
    if (auto *x = dyn_cast<CallExpr>(e)) return call(x, std::nullopt);
    if (auto *x = dyn_cast<MaterializeTemporaryExpr>(e)) {
      if (x->getStorageDuration() != SD_FullExpression && x->getStorageDuration() != SD_Automatic) return false;
      const Expr *sub = x->getSubExpr();
      QualType t = sub->getType();
      if (t->isRecordType()) return temporary(sub);
      Scalar s = scalarOf(t);
      int64_t size = s == None ? 0 : ast.getTypeSizeInChars(t).getQuantity();
      return s != None && temp(size, size) && value(sub) && op(StoreOp, s, 0, 0, -1);
    }
    return false;
  }

  bool calling(const Expr *e) {
    if (isa<CallExpr, CXXConstructExpr>(e)) return true;
    for (const Stmt *child : e->children())
      if (auto *c = dyn_cast_or_null<Expr>(child); c && calling(c)) return true;
    return false;
  }

  // An object of the full expression, which ends with it.
  bool temporary(const Expr *e) {
    QualType t = e->getType();
    auto *record = t->getAsCXXRecordDecl();
    if (!record || !record->hasDefinition()) return false;
    int64_t size = ast.getTypeSizeInChars(t).getQuantity(), align = ast.getTypeAlignInChars(t).getQuantity();
    if (!object(e, [&] { return temp(size, align); })) return false;
    if (record->hasTrivialDestructor()) return true;
    auto *destructor = session.sema().LookupDestructor(record);
    if (!destructor || destructor->isDeleted() || destructor->getAccess() != AS_public || ++ending > Endings) return false;
    return function(destructor) && op(EndsWithOp, 0, 0, 0, -1);
  }

  bool compound(const CompoundAssignOperator *x) {
    auto k = binaryOf(x->getOpcode());
    const Expr *a = x->getLHS(), *b = x->getRHS();
    QualType t = a->getType(), middle = x->getComputationLHSType();
    Scalar s = scalarOf(t);
    if (!k || s == None || calling(b)) return false;
    if (!address(a) || !op(DupOp, 0, 0, 0, +1) || !op(LoadOp, s)) return false;
    if (t->isPointerType()) {
      QualType to = t->getPointeeType();
      if (to->isIncompleteType() || to->isFunctionType() || !value(b)) return false;
      int64_t size = ast.getTypeSizeInChars(to).getQuantity();
      if (!op(IndexOp, 0, 0, *k == Sub ? -size : size, -1)) return false;
    } else {
      Scalar m = scalarOf(middle);
      bool shift = *k == Shl || *k == Shr;
      if (m == None || !ast.hasSameUnqualifiedType(middle, x->getComputationResultType())) return false;
      if (!shift && scalarOf(b->getType()) != m) return false;
      if (!convert(t, middle) || !value(b) || !op(BinaryOp, *k, m, 0, -1) || !convert(middle, t)) return false;
    }
    return op(StoreOp, s, 0, 0, -1);
  }

  bool declared(const ValueDecl *d) {
    if (auto *f = dyn_cast<FunctionDecl>(d)) return function(f);
    auto *v = dyn_cast<VarDecl>(d);
    if (!v || !v->hasGlobalStorage() || v->isLocalVarDeclOrParm() || v->getTLSKind() != VarDecl::TLS_None) return false;
    if (v->getType().isVolatileQualified()) return false;
    if (!symbol(GlobalDecl(v))) return false;
    return !v->getType()->isReferenceType() || op(LoadOp, U64);
  }

  bool function(const FunctionDecl *f) {
    if (f->isConsteval() || f->isDeleted() || f->hasAttr<WeakRefAttr>()) return false;
    if (f->getBuiltinID() && f->getDeclName().isIdentifier() && f->getName().starts_with("__builtin")) return false;
    if (auto *c = dyn_cast<CXXConstructorDecl>(f)) return symbol(GlobalDecl(c, Ctor_Complete));
    if (auto *d = dyn_cast<CXXDestructorDecl>(f)) return symbol(GlobalDecl(d, Dtor_Complete));
    return symbol(GlobalDecl(f));
  }

  bool member(const MemberExpr *x) {
    const ValueDecl *d = x->getMemberDecl();
    if (isa<VarDecl>(d)) return declared(d);
    auto *field = dyn_cast<FieldDecl>(d);
    if (!field || field->isBitField() || field->getType().isVolatileQualified() || field->hasAttr<NoUniqueAddressAttr>()) return false;
    int64_t at = ast.toCharUnitsFromBits(ast.getFieldOffset(field)).getQuantity();
    const Expr *base = x->getBase();
    bool good = x->isArrow() ? value(base) : base->isGLValue() ? address(base) : false;
    return good && offset(at) && (!field->getType()->isReferenceType() || op(LoadOp, U64));
  }

  bool nothing(const Expr *e) {
    if (auto *x = dyn_cast<FullExpr>(e)) return nothing(x->getSubExpr());
    if (auto *x = dyn_cast<ParenExpr>(e)) return nothing(x->getSubExpr());
    if (auto *x = dyn_cast<CallExpr>(e)) return call(x, std::nullopt);
    return false;
  }

  // A class prvalue, made where `dest` says; leaves that address.
  bool object(const Expr *e, Dest dest) {
    if (auto *x = dyn_cast<FullExpr>(e)) return object(x->getSubExpr(), dest);
    if (auto *x = dyn_cast<ParenExpr>(e)) return object(x->getSubExpr(), dest);
    if (auto *x = dyn_cast<CXXBindTemporaryExpr>(e)) return object(x->getSubExpr(), dest);
    if (auto *x = dyn_cast<CXXDefaultArgExpr>(e)) return object(x->getExpr(), dest);
    if (auto *x = dyn_cast<MaterializeTemporaryExpr>(e)) return object(x->getSubExpr(), dest);
    if (auto *x = dyn_cast<CastExpr>(e)) {
      switch (x->getCastKind()) {
      case CK_NoOp:
      case CK_ConstructorConversion:
      case CK_UserDefinedConversion: return x->getSubExpr()->isPRValue() && object(x->getSubExpr(), dest);
      default: return false;
      }
    }
    if (auto *x = dyn_cast<CallExpr>(e)) return call(x, dest);
    if (auto *x = dyn_cast<CXXConstructExpr>(e)) return constructed(x, dest);
    if (auto *x = dyn_cast<InitListExpr>(e)) return aggregate(x, dest);
    return false;
  }

  bool constructed(const CXXConstructExpr *x, Dest dest) {
    QualType t = x->getType();
    auto *c = x->getConstructor();
    if (!t->isRecordType() || x->getConstructionKind() != CXXConstructionKind::Complete || x->isStdInitListInitialization()) return false;
    if (c->getParent()->getNumVBases()) return false;
    if (c->isTrivial() && c->isCopyOrMoveConstructor() && x->getNumArgs() == 1) {
      const Expr *from = x->getArg(0);
      if (from->isPRValue()) return false;
      return dest() && address(from) && op(CopyOp, 0, 0, ast.getTypeSizeInChars(t).getQuantity(), -1);
    }
    if (x->requiresZeroInitialization() || c->isTrivial()) return false;
    if (auto stores = onlyStores(x)) return dest() && stored(x, *stores);
    llvm::SmallVector<const Expr *, 8> args(x->arg_begin(), x->arg_end());
    auto *proto = QualType(ast.getCanonicalType(c->getType()))->castAs<FunctionProtoType>();
    auto &info = CodeGen::arrangeCXXMethodType(session.owner().CGM(), c->getParent(), proto, c);
    if (!dest() || !op(DupOp, 0, 0, 0, +1)) return false;
    std::vector<int64_t> ways = {Int};
    if (!arguments(args, proto, info, 1, ways) || !function(c)) return false;
    return finish(ways, RVoid, None, 0, /*pushes=*/0);
  }

  using Stores = llvm::SmallVector<std::pair<const FieldDecl *, const Expr *>, 8>;

  // What an inline constructor does that only puts its parameters, in their order, and constants into scalar fields: done here,
  // nobody need emit it. Nothing: it does more.
  std::optional<Stores> onlyStores(const CXXConstructExpr *x) {
    const FunctionDecl *definition = nullptr;
    auto *record = x->getConstructor()->getParent();
    if (!x->getConstructor()->isInlined() || record->isDynamicClass() || record->getNumBases() || record->isUnion()) return std::nullopt;
    if (!x->getConstructor()->hasBody(definition)) return std::nullopt;
    auto *body = dyn_cast_or_null<CompoundStmt>(definition->getBody());
    auto *c = llvm::cast<CXXConstructorDecl>(definition);
    if (!body || c->isDelegatingConstructor()) return std::nullopt;
    Stores out;
    for (auto *init : c->inits()) {
      auto *d = dyn_cast<CXXDefaultInitExpr>(init->getInit());
      out.push_back({init->getMember(), d ? d->getExpr() : init->getInit()});
    }
    for (auto *statement : body->body()) {
      auto *assign = dyn_cast<BinaryOperator>(statement);
      auto *place = assign && assign->getOpcode() == BO_Assign ? dyn_cast<MemberExpr>(assign->getLHS()) : nullptr;
      if (!place || !isa<CXXThisExpr>(place->getBase())) return std::nullopt;
      out.push_back({dyn_cast<FieldDecl>(place->getMemberDecl()), assign->getRHS()});
    }
    unsigned next = 0;
    for (auto &[field, from] : out) {
      if (!field || field->isBitField() || scalarOf(field->getType()) == None) return std::nullopt;
      const Expr *e = from;
      if (auto *list = dyn_cast<InitListExpr>(e); list && list->getNumInits() == 1) e = list->getInit(0);
      while (auto *cast = dyn_cast<ImplicitCastExpr>(e)) e = cast->getSubExpr();
      if (isa<IntegerLiteral, FloatingLiteral, CXXBoolLiteralExpr, CXXNullPtrLiteralExpr>(e)) continue;
      auto *name = dyn_cast<DeclRefExpr>(e);
      auto *p = name ? dyn_cast<ParmVarDecl>(name->getDecl()) : nullptr;
      if (!p || p->getType()->isReferenceType() || p->getFunctionScopeIndex() != next) return std::nullopt;
      ++next;
    }
    return next == x->getNumArgs() ? std::optional(out) : std::nullopt;
  }

  bool stored(const CXXConstructExpr *x, const Stores &stores) {
    for (auto &[field, from] : stores) {
      int64_t at = ast.toCharUnitsFromBits(ast.getFieldOffset(field)).getQuantity();
      if (!op(DupOp, 0, 0, 0, +1) || !offset(at)) return false;
      Inside here{x, inside};
      inside = &here;
      bool good = value(from);
      inside = here.outer;
      if (!good || !op(StoreOp, scalarOf(field->getType()), 0, 0, -1) || !op(PopOp, 0, 0, 0, -1)) return false;
    }
    return true;
  }

  // A parameter of the constructor that is being done stands for its argument, which is the caller's.
  const Expr *argumentOf(const Expr *e) {
    auto *name = inside ? dyn_cast<DeclRefExpr>(e->IgnoreParens()) : nullptr;
    auto *p = name ? dyn_cast<ParmVarDecl>(name->getDecl()) : nullptr;
    return p && p->getFunctionScopeIndex() < inside->of->getNumArgs() ? inside->of->getArg(p->getFunctionScopeIndex()) : nullptr;
  }

  bool aggregate(const InitListExpr *x, Dest dest) {
    auto *record = x->getType()->getAsCXXRecordDecl();
    if (x->isTransparent() && x->getNumInits() == 1) return object(x->getInit(0), dest);
    if (!record || record->isUnion() || record->getNumBases() || !dest()) return false;
    auto &layout = ast.getASTRecordLayout(record);
    unsigned i = 0;
    for (auto *field : record->fields()) {
      if (field->isUnnamedBitField()) continue;
      if (field->isBitField() || i >= x->getNumInits() || field->getType()->isReferenceType()) return false;
      const Expr *init = x->getInit(i++);
      if (auto *d = dyn_cast<CXXDefaultInitExpr>(init)) init = d->getExpr();
      int64_t at = ast.toCharUnitsFromBits(layout.getFieldOffset(field->getFieldIndex())).getQuantity();
      auto place = [&] { return op(DupOp, 0, 0, 0, +1) && offset(at); };
      if (field->getType()->isRecordType()) {
        if (!object(init, place)) return false;
      } else {
        Scalar s = scalarOf(field->getType());
        if (s == None || !place() || !value(init) || !op(StoreOp, s, 0, 0, -1)) return false;
      }
      if (!op(PopOp, 0, 0, 0, -1)) return false;
    }
    return true;
  }

  std::optional<int64_t> wayOf(const CodeGen::ABIArgInfo &info, QualType t) {
    if (t->isReferenceType()) return Int;
    int64_t size = t->isIncompleteType() ? 0 : ast.getTypeSizeInChars(t).getQuantity();
    if (info.isIndirect()) {
      if (!info.getIndirectByVal()) return Int;
      if (info.getIndirectAlign().getQuantity() > 8) return std::nullopt;
      return ByVal | size << 8;
    }
    if (!info.isDirect() && !info.isExtend()) return std::nullopt;
    Scalar s = scalarOf(t);
    if (s == F32 || s == F64) return Sse;
    if (s != None) return Int;
    if (!t->isRecordType()) return std::nullopt;
    auto pair = pairOf(info);
    if (!pair) return std::nullopt;
    return *pair | size << 8;
  }

  // The eightbytes of a small struct, as the coerced type shows them.
  std::optional<int64_t> pairOf(const CodeGen::ABIArgInfo &info) {
    llvm::Type *coerced = info.getCoerceToType();
    if (!coerced || info.getDirectOffset()) return std::nullopt;
    if (auto *s = dyn_cast<llvm::StructType>(coerced)) {
      if (s->getNumElements() == 1) return isSse(s->getElementType(0)) ? StructSse : StructInt;
      if (s->getNumElements() != 2) return std::nullopt;
      bool a = isSse(s->getElementType(0)), b = isSse(s->getElementType(1));
      return a ? (b ? SseSse : SseInt) : (b ? IntSse : IntInt);
    }
    if (coerced->isIntegerTy(128)) return IntInt;
    if (auto *v = dyn_cast<llvm::VectorType>(coerced); v && coerced->getPrimitiveSizeInBits() > 64) return std::nullopt;
    if (coerced->isFP128Ty() || coerced->isX86_FP80Ty()) return std::nullopt;
    if (isSse(coerced)) return StructSse;
    return coerced->isIntegerTy() || coerced->isPointerTy() ? std::optional<int64_t>(StructInt) : std::nullopt;
  }

  bool arguments(llvm::ArrayRef<const Expr *> args, const FunctionProtoType *proto, const CodeGen::CGFunctionInfo &info, size_t skip,
                 std::vector<int64_t> &ways) {
    auto it = info.arg_begin() + skip;
    for (size_t i = 0; i < args.size(); ++i) {
      const Expr *a = args[i];
      if (i >= proto->getNumParams()) {  // of a C variadic
        Scalar s = scalarOf(a->getType());
        if (!proto->isVariadic() || s == None || s == F32 || !value(a)) return false;
        ways.push_back(s == F64 ? Sse : Int);
        continue;
      }
      QualType t = proto->getParamType(i);
      if (it == info.arg_end()) return false;
      auto way = wayOf((it++)->info, t);
      if (!way) return false;
      if (t->isReferenceType()) {
        if (!address(a)) return false;
      } else if (t->isRecordType()) {
        if (!passed(a)) return false;
      } else if (!value(a)) {
        return false;
      }
      ways.push_back(*way);
    }
    return args.size() >= proto->getNumParams();
  }

  // An object by value: a temporary of the caller's may be handed over as it is; another is copied where nothing ends it.
  bool passed(const Expr *e) {
    const Expr *bare = e;
    while (true) {
      if (auto *x = dyn_cast<CXXBindTemporaryExpr>(bare)) bare = x->getSubExpr();
      else if (auto *x = dyn_cast<MaterializeTemporaryExpr>(bare)) bare = x->getSubExpr();
      else if (auto *x = dyn_cast<ImplicitCastExpr>(bare); x && x->getCastKind() == CK_NoOp) bare = x->getSubExpr();
      else if (auto *x = dyn_cast<CXXConstructExpr>(bare);
               x && x->getNumArgs() == 1 && x->getConstructor()->isCopyOrMoveConstructor()) {
        const Expr *from = x->getArg(0);
        while (auto *c = dyn_cast<ImplicitCastExpr>(from)) {
          if (c->getCastKind() != CK_NoOp) break;
          from = c->getSubExpr();
        }
        int i = operandOf(from);
        bool mine = i >= 0 && operands[i].category == Category::Prvalue && x->getConstructor()->isMoveConstructor();
        if (i < 0 || !(mine || x->getConstructor()->isTrivial())) break;
        return op(ArgOp, 0, 0, i, +1);
      } else break;
    }
    return temporary(e);
  }

  bool call(const CallExpr *x, std::optional<Dest> dest) {
    const FunctionDecl *f = x->getDirectCallee();
    const Expr *object = nullptr;
    llvm::SmallVector<const Expr *, 8> args(x->arg_begin(), x->arg_end());
    bool dispatch = false;
    if (auto *m = dyn_cast<CXXMemberCallExpr>(x)) {
      auto *method = m->getMethodDecl();
      if (!method || method->isExplicitObjectMemberFunction()) return false;
      f = method;
      object = m->getImplicitObjectArgument();
      auto *access = dyn_cast<MemberExpr>(m->getCallee()->IgnoreParens());
      if (!access) return false;
      dispatch = method->isVirtual() && access->performsVirtualDispatch(LangOptions());
      if (method->isStatic()) return false;
    } else if (isa<CXXOperatorCallExpr>(x)) {
      auto *method = dyn_cast_or_null<CXXMethodDecl>(f);
      if (method && method->isStatic()) return false;
      if (method && method->isImplicitObjectMemberFunction()) {
        object = args.front();
        args.erase(args.begin());
        dispatch = method->isVirtual();
      }
    } else if (isa<UserDefinedLiteral, CUDAKernelCallExpr>(x)) {
      return false;
    }
    if (auto *method = dyn_cast_or_null<CXXMethodDecl>(f);
        method && object && method->isTrivial() && (method->isCopyAssignmentOperator() || method->isMoveAssignmentOperator())) {
      QualType t = ast.getTypeDeclType(method->getParent());
      if (calling(args[0]) && calling(object)) return false;  // the right side comes first
      return object->isGLValue() && args[0]->isGLValue() && address(object) && address(args[0]) &&
             op(CopyOp, 0, 0, ast.getTypeInfoDataSizeInChars(t).Width.getQuantity(), -1);
    }
    QualType type = f ? f->getType() : x->getCallee()->getType();
    if (type->isPointerType()) type = type->getPointeeType();
    auto *proto = QualType(ast.getCanonicalType(type))->getAs<FunctionProtoType>();
    if (!proto || (f && f->isConsteval())) return false;
    auto *method = dyn_cast_or_null<CXXMethodDecl>(f);
    bool instance = method && method->isInstance();
    if (instance && !object) return false;
    if (instance && isa<CXXDestructorDecl>(method) && dispatch) return false;
    auto &cgm = session.owner().CGM();
    auto &info = instance ? CodeGen::arrangeCXXMethodType(cgm, method->getParent(), proto, method)
                          : CodeGen::arrangeFreeFunctionType(cgm, CanQual<FunctionProtoType>::CreateUnsafe(QualType(proto, 0)));
    // The result's way, and where an object goes.
    QualType result = proto->getReturnType();
    int64_t how = RVoid, size = 0;
    Scalar s = None;
    auto &ret = info.getReturnInfo();
    int pushes = 1;
    if (result->isVoidType()) {
      pushes = 0;
    } else if (result->isReferenceType()) {
      how = RInt, s = U64;
    } else if (result->isRecordType()) {
      if (!dest || result->isIncompleteType()) return false;
      size = ast.getTypeSizeInChars(result).getQuantity();
      if (ret.isIndirect()) how = RMemory;
      else if (ret.isDirect()) {
        auto pair = pairOf(ret);
        if (!pair) return false;
        how = *pair - StructInt + RStructInt;
      } else return false;
      if (!(*dest)()) return false;
      pushes = 0;  // the address is there already
    } else {
      s = scalarOf(result);
      if (s == None || dest) return false;
      how = s == F32 ? RF32 : s == F64 ? RF64 : RInt;
    }
    std::vector<int64_t> ways;
    if (instance) {
      bool pointer = object->getType()->isPointerType() && object->isPRValue();
      if (pointer ? !value(object) : !(object->isGLValue() && address(object))) return false;
      ways.push_back(Int);
    }
    if (!arguments(args, proto, info, instance ? 1 : 0, ways)) return false;
    if (dispatch) {
      auto *tables = dyn_cast<ItaniumVTableContext>(ast.getVTableContext());
      if (!tables) return false;
      auto index = tables->getMethodVTableIndex(GlobalDecl(method));
      if (!op(VirtualOp, 0, 0, static_cast<int64_t>(index), +1)) return false;
      // The object lies below the arguments.
      out.code.back() |= static_cast<int64_t>(ways.size()) << 8;
    } else if (f) {
      if (!function(f)) return false;
    } else if (!value(x->getCallee())) {
      return false;
    }
    return finish(ways, how, s, size, pushes);
  }

  bool finish(const std::vector<int64_t> &ways, int64_t how, Scalar s, int64_t size, int pushes) {
    if (size > 1 << 20) return false;
    // Registers first; the interpreter has room for some words on the argument stack.
    size_t ints = how == RMemory, vectors = 0, words = 0;
    for (int64_t w : ways) {
      auto take = [&](bool sse) {
        if (sse ? vectors < 8 : ints < 6) ++(sse ? vectors : ints);
        else ++words;
      };
      switch (w & 255) {
      case Int: case StructInt: take(false); break;
      case Sse: case StructSse: take(true); break;
      case IntInt: take(false), take(false); break;
      case SseSse: take(true), take(true); break;
      case IntSse: case SseInt: take(false), take(true); break;
      default: words += ((w >> 8) + 7) / 8;
      }
    }
    if (words > StackWords) return false;
    int change = -static_cast<int>(ways.size()) - 1 + pushes;
    depth += change;
    out.code.push_back(CallOp | static_cast<int64_t>(ways.size()) << 8 | how << 16 | (s == None ? int64_t(0) : static_cast<int64_t>(s)) << 24 | size << 32);
    for (int64_t w : ways) out.code.push_back(w);
    return out.code.size() <= Longest;
  }

  Calls &calls;
  Session &session;
  ASTContext &ast;
  const std::vector<Operand> &operands;
  int depth = 0;
  int ending = 0;  // temporaries that need their destructors
};

} // namespace

std::optional<Recipe> recipeOf(Calls &calls, const std::vector<Operand> &operands, const Expr *e, bool glvalue) {
  Maker maker(calls, operands);
  if (!maker.whole(e, glvalue)) return std::nullopt;
  return std::move(maker.out);
}

std::string recipeText(const Recipe &r) {
  std::string code;
  code.reserve(r.code.size() * 4);
  for (int64_t w : r.code) {
    char digits[24];
    if (!code.empty()) code += ' ';
    code.append(digits, std::to_chars(digits, digits + sizeof digits, w).ptr);
  }
  auto list = [](const std::vector<std::string> &all) {
    Row out(64);
    for (auto &s : all) out.string(s);
    return out.done();
  };
  return Row(code.size() + 128).string(code).raw(list(r.symbols)).raw(list(r.texts)).number(r.scratch).done();
}

} // namespace rung
