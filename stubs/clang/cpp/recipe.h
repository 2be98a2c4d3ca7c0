// A call's recipe: what a trampoline does, as words that need no code generator. Opcodes: engine/questions/src/recipe.rs.
#pragma once

#include "call.h"
#include "clang/AST/GlobalDecl.h"

namespace rung {

struct Recipe {
  std::vector<int64_t> code;
  std::vector<std::string> symbols, texts;
  int64_t scratch = 0;  // bytes of temporaries
};

// Null where only a trampoline of its own will do: temporaries that must be destroyed, bit-fields, thread-locals and the like.
// `e` is what Sema built on the operands of `calls`.
std::optional<Recipe> recipeOf(Calls &calls, const std::vector<Operand> &operands, const clang::Expr *e, bool glvalue);

std::string recipeText(const Recipe &);

} // namespace rung
