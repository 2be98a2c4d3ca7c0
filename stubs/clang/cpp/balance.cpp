// Brackets, quotes and conditionals by Clang's own raw lexer, so comments, raw strings and directives count as Clang counts them.
#include "balance.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Basic/SourceLocation.h"
#include "clang/Lex/Lexer.h"
#include <vector>

using namespace clang;
using namespace llvm;

namespace rung {

namespace {

constexpr size_t nameLimit = 4096;             // near names are sought by comparing with each
constexpr size_t depthLimit = 250;           // Clang's own -fbracket-depth is 256
constexpr size_t sizeLimit = 16 * 1024 * 1024;

LangOptions language() {
  LangOptions options;
  options.CPlusPlus = options.CPlusPlus11 = options.CPlusPlus14 = options.CPlusPlus17 = options.CPlusPlus20 = true;
  options.LineComment = options.Bool = options.DollarIdents = options.RawStringLiterals = options.Digraphs = true;
  return options;
}

std::pair<unsigned, unsigned> place(StringRef text, size_t offset) {
  StringRef before = text.take_front(offset);
  unsigned line = before.count('\n') + 1;
  size_t last = before.rfind('\n');
  StringRef tail = last == StringRef::npos ? before : before.drop_front(last + 1);
  unsigned column = 1;
  for (unsigned char c : tail) column += (c & 0xC0) != 0x80;
  return {line, column};
}

Imbalance at(StringRef text, size_t offset, std::string message, const char *code = "cpp/syntax") {
  auto [line, column] = place(text, offset);
  return {std::move(message), code, line, column};
}

char closer(tok::TokenKind kind) {
  return kind == tok::l_brace ? '}' : kind == tok::l_paren ? ')' : ']';
}

struct Open {
  tok::TokenKind kind;
  size_t offset;
};

struct Conditional {
  size_t offset;
  std::vector<Open> before;  // what was open at the #if: each branch starts from it
  std::vector<Open> after;   // what the first branch left
  bool elsewhere = false;
};

} // namespace

std::optional<Imbalance> imbalance(StringRef text) {
  if (text.size() > sizeLimit) return at(text, 0, "the text is larger than 16 MiB", "cpp/limit");
  if (size_t nul = text.find('\0'); nul != StringRef::npos) return at(text, nul, "a NUL character in the text");
  std::string copy = text.str() + "\n";
  LangOptions options = language();
  Lexer lexer(SourceLocation(), options, copy.data(), copy.data(), copy.data() + copy.size());
  lexer.SetCommentRetentionState(true);
  std::vector<Open> open;
  std::vector<Conditional> conditionals;
  Token token;
  while (true) {
    lexer.LexFromRawLexer(token);
    if (token.is(tok::eof)) break;
    size_t offset = lexer.getBufferLocation() - copy.data() - token.getLength();
    StringRef spelled(copy.data() + offset, token.getLength());
    if (token.is(tok::hash) && token.isAtStartOfLine()) {
      size_t end = offset;  // the directive's logical line
      while (true) {
        end = copy.find('\n', end);
        if (end == std::string::npos || end == 0 || copy[end - 1] != '\\') break;
        ++end;
      }
      lexer.LexFromRawLexer(token);
      if (token.is(tok::eof)) break;
      StringRef name = token.is(tok::raw_identifier) ? token.getRawIdentifier() : StringRef();
      if (name == "if" || name == "ifdef" || name == "ifndef") {
        conditionals.push_back({offset, open, {}, false});
      } else if (name == "elif" || name == "else" || name == "elifdef" || name == "elifndef") {
        if (conditionals.empty()) return at(text, offset, ("#" + name + " without #if").str());
        auto &c = conditionals.back();
        if (!c.elsewhere) c.after = open, c.elsewhere = true;
        open = c.before;
      } else if (name == "endif") {
        if (conditionals.empty()) return at(text, offset, "#endif without #if");
        auto &c = conditionals.back();
        if (c.elsewhere) open = c.after;
        conditionals.pop_back();
      }
      // What a directive holds (a macro's body, a condition) need not be balanced.
      while (!token.is(tok::eof)) {
        size_t here = lexer.getBufferLocation() - copy.data();
        if (end == std::string::npos || here >= end) break;
        const char *behind = lexer.getBufferLocation();
        lexer.LexFromRawLexer(token);
        if (lexer.getBufferLocation() == behind) break;
        size_t start = lexer.getBufferLocation() - copy.data() - token.getLength();
        if (start > end) {  // one too far: look at it as usual by stepping back
          lexer.seek(start, token.isAtStartOfLine());
          break;
        }
      }
      if (token.is(tok::eof)) break;
      continue;
    }
    if (token.is(tok::raw_identifier) && spelled.size() > nameLimit)
      return at(text, offset, "a name longer than 4096 characters", "cpp/limit");
    switch (token.getKind()) {
    case tok::l_brace:
    case tok::l_paren:
    case tok::l_square:
      open.push_back({token.getKind(), offset});
      if (open.size() > depthLimit) return at(text, offset, "brackets are nested too deeply", "cpp/limit");
      break;
    case tok::r_brace:
    case tok::r_paren:
    case tok::r_square: {
      if (open.empty()) return at(text, offset, ("extraneous '" + spelled + "'").str());
      char wanted = closer(open.back().kind);
      if (spelled.size() == 1 && spelled[0] != wanted)
        return at(text, offset, ("expected '" + Twine(wanted) + "' before '" + spelled + "'").str());
      open.pop_back();
      break;
    }
    case tok::unknown:
      if (spelled.starts_with("\"") || spelled.starts_with("'") || spelled.contains("R\""))
        return at(text, offset, "a literal without its closing quote");
      if (spelled.starts_with("/*")) return at(text, offset, "a comment without its end");
      break;
    default:
      break;
    }
  }
  if (!conditionals.empty()) return at(text, conditionals.back().offset, "an #if without its #endif");
  if (!open.empty()) {
    std::string message = std::string("expected '") + closer(open.back().kind) + "' before the end of the text";
    return at(text, open.back().offset, message);
  }
  // The raw lexer takes an unterminated comment for a comment: it must end with its mark.
  Lexer again(SourceLocation(), options, copy.data(), copy.data(), copy.data() + copy.size());
  again.SetCommentRetentionState(true);
  while (true) {
    again.LexFromRawLexer(token);
    if (token.is(tok::eof)) break;
    if (!token.is(tok::comment)) continue;
    size_t offset = again.getBufferLocation() - copy.data() - token.getLength();
    StringRef spelled(copy.data() + offset, token.getLength());
    if (spelled.starts_with("/*") && !spelled.ends_with("*/")) return at(text, offset, "a comment without its end");
  }
  return std::nullopt;
}

size_t leadingIncludes(StringRef text) {
  size_t done = 0, at = 0;
  bool any = false;
  while (at < text.size()) {
    size_t end = text.find('\n', at);
    size_t next = end == StringRef::npos ? text.size() : end + 1;
    StringRef line = text.slice(at, end == StringRef::npos ? text.size() : end).trim();
    if (line.empty() || (line.starts_with("//") && !line.ends_with("\\"))) {
      at = next;
      continue;
    }
    if (!line.starts_with("#") || !line.drop_front().ltrim().starts_with("include") || line.contains("/*")) break;
    at = next;
    done = at;
    any = true;
  }
  return any ? done : 0;
}

} // namespace rung
