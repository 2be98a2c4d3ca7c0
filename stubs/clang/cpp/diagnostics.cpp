// Clang's diagnostics as the project's: a code out of docs, the user's place, candidates apart from notes.
#include "diagnostics.h"
#include "clang/Basic/AllDiagnostics.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace llvm;

namespace rung {

std::string clean(StringRef text) { return json::isUTF8(text) ? text.str() : json::fixUTF8(text); }

// The text that this thread reads: Clang places complaints about its end in the main file.
static thread_local FileID latest;

void Collector::remember(FileID id, Place place) {
  places[id] = std::move(place);
  latest = id;
}

// The last character of a text that is no blank.
static SourceLocation endOf(const SourceManager &sm, FileID file) {
  bool invalid = false;
  StringRef buffer = sm.getBufferData(file, &invalid).rtrim();
  unsigned offset = invalid || buffer.empty() ? 0 : buffer.size() - 1;
  return sm.getLocForStartOfFile(file).getLocWithOffset(offset);
}

void Collector::nothingIsRead() { latest = FileID(); }

const Place *Collector::placeOf(FileID id) const {
  auto it = places.find(id);
  return it == places.end() ? nullptr : &it->second;
}

bool Collector::failed() const {
  for (auto &p : problems)
    if (p.level >= DiagnosticsEngine::Error) return true;
  return false;
}

std::vector<Problem> Collector::take() {
  std::vector<Problem> out;
  out.swap(problems);
  return out;
}

// Columns count characters, not bytes.
static unsigned characters(StringRef buffer, unsigned lineStart, unsigned offset) {
  unsigned n = 1;
  for (unsigned i = lineStart; i < offset && i < buffer.size(); ++i)
    if ((static_cast<unsigned char>(buffer[i]) & 0xC0) != 0x80) ++n;
  return n;
}

static void position(const SourceManager &sm, SourceLocation loc, unsigned &line, unsigned &column) {
  auto [file, offset] = sm.getDecomposedLoc(loc);
  bool invalid = false;
  StringRef buffer = sm.getBufferData(file, &invalid);
  line = sm.getLineNumber(file, offset);
  unsigned bytes = sm.getColumnNumber(file, offset);
  column = invalid || bytes > offset + 1 ? bytes : characters(buffer, offset - (bytes - 1), offset);
}

void Collector::locate(const Diagnostic &info, Problem &p) {
  if (!info.hasSourceManager() || info.getLocation().isInvalid()) return;
  const SourceManager &sm = info.getSourceManager();
  SourceLocation begin = sm.getExpansionLoc(info.getLocation());
  if (sm.getFileID(begin) == sm.getMainFileID() && latest.isValid() && placeOf(latest)) begin = endOf(sm, latest);
  p.location = begin;
  FileID file = sm.getFileID(begin);
  position(sm, begin, p.line, p.column);
  LangOptions language;
  language.CPlusPlus = true;
  SourceLocation end = Lexer::getLocForEndOfToken(begin, 0, sm, language);
  for (auto &range : info.getRanges()) {
    SourceLocation e = sm.getExpansionLoc(range.getEnd());
    if (e.isInvalid() || sm.getFileID(e) != file) continue;
    if (range.isTokenRange()) e = Lexer::getLocForEndOfToken(e, 0, sm, language);
    if (e.isValid() && end.isValid() && sm.isBeforeInTranslationUnit(end, e)) end = e;
  }
  if (end.isValid() && sm.getFileID(end) == file)
    position(sm, end, p.endLine, p.endColumn);
  else
    p.endLine = p.line, p.endColumn = p.column;
  if (auto *place = placeOf(file)) {
    p.user = true;
    p.file = place->file;
    p.line += place->line - 1;
    p.endLine += place->line - 1;
    if (p.file.empty()) p.line = p.column = p.endLine = p.endColumn = 0;
    return;
  }
  if (file == sm.getMainFileID()) {  // a question's: it stands in no text
    p.user = true;
    p.line = p.column = p.endLine = p.endColumn = 0;
    return;
  }
  PresumedLoc presumed = sm.getPresumedLoc(begin);
  if (presumed.isValid()) p.file = presumed.getFilename();
  for (SourceLocation at = sm.getIncludeLoc(file); at.isValid(); at = sm.getIncludeLoc(sm.getFileID(at))) {
    Problem step;
    position(sm, at, step.line, step.column);
    step.endLine = step.line, step.endColumn = step.column;
    if (auto *place = placeOf(sm.getFileID(at))) {
      step.user = true;
      step.file = place->file;
      step.line = step.endLine = step.line + place->line - 1;
    } else if (auto from = sm.getPresumedLoc(at); from.isValid()) {
      step.file = from.getFilename();
    }
    step.text = "included here";
    if (step.file.empty() || step.file == "rung.cpp") break;
    p.includes.push_back(std::move(step));
  }
}

void endsHere();  // session.cpp

void Collector::HandleDiagnostic(DiagnosticsEngine::Level level, const Diagnostic &info) {
  DiagnosticConsumer::HandleDiagnostic(level, info);
  if (level < DiagnosticsEngine::Note) return;
  if (level >= DiagnosticsEngine::Error) endsHere();
  constexpr size_t enough = 60;
  if (problems.size() > enough) return;
  Problem p;
  p.id = info.getID();
  p.level = level;
  SmallString<128> text;
  info.FormatDiagnostic(text);
  p.text = clean(text);
  locate(info, p);
  if (level == DiagnosticsEngine::Note && !problems.empty())
    problems.back().notes.push_back(std::move(p));
  else if (level != DiagnosticsEngine::Note)
    problems.push_back(std::move(p));
}

json::Object spanOf(const Problem &p) {
  return json::Object{{"file", clean(p.file)},     {"line", p.line},           {"column", p.column},
                      {"end_line", p.endLine},     {"end_column", p.endColumn}, {"label", ""}};
}

json::Object diagnostic(StringRef code, StringRef message) {
  return json::Object{{"version", 1},
                      {"phase", "analyze"},
                      {"code", code},
                      {"message", clean(message)},
                      {"spans", json::Array{}},
                      {"candidates", json::Array{}},
                      {"notes", json::Array{}}};
}

static bool noteSays(const Problem &p, StringRef text) {
  for (auto &note : p.notes)
    if (StringRef(note.text).contains(text)) return true;
  return false;
}

static const char *codeOfId(unsigned id) {
  switch (id) {
  case diag::err_pp_file_not_found:
  case diag::err_pp_file_not_found_angled_include_not_fatal:
  case diag::err_pp_file_not_found_typo_not_fatal:
  case diag::err_pp_error_opening_file:
  case diag::err_cannot_open_file:
  case diag::err_pp_expects_filename:
  case diag::err_pp_empty_filename:
    return "cpp/include";
  case diag::err_pp_hash_error:
    return "cpp/raw";
  case diag::err_pp_include_too_deep:
  case diag::err_template_recursion_depth_exceeded:
  case diag::err_bracket_depth_exceeded:
    return "cpp/limit";
  case diag::err_undeclared_var_use:
  case diag::err_undeclared_var_use_suggest:
  case diag::err_undeclared_use:
  case diag::err_undeclared_use_suggest:
  case diag::err_unknown_typename:
  case diag::err_unknown_typename_suggest:
  case diag::err_unknown_type_or_class_name_suggest:
  case diag::err_unknown_nested_typename_suggest:
  case diag::err_unexpected_typedef:
  case diag::err_no_template:
  case diag::err_no_template_suggest:
  case diag::err_using_directive_suggest:
  case diag::err_expected_namespace_name:
    return "cpp/unresolved";
  case diag::err_typename_nested_not_found:
  case diag::err_no_member:
  case diag::err_no_member_suggest:
  case diag::err_no_member_template:
  case diag::err_member_reference_needs_call:
  case diag::err_typecheck_member_reference_struct_union:
  case diag::err_typecheck_member_reference_suggestion:
  case diag::err_typecheck_member_reference_arrow:
    return "cpp/member";
  case diag::err_ovl_no_viable_function_in_call:
  case diag::err_ovl_no_viable_member_function_in_call:
  case diag::err_typecheck_call_too_few_args:
  case diag::err_typecheck_call_too_few_args_one:
  case diag::err_typecheck_call_too_few_args_at_least:
  case diag::err_typecheck_call_too_few_args_at_least_one:
  case diag::err_typecheck_call_too_few_args_suggest:
  case diag::err_typecheck_call_too_many_args:
  case diag::err_typecheck_call_too_many_args_one:
  case diag::err_typecheck_call_too_many_args_at_most:
  case diag::err_typecheck_call_too_many_args_at_most_one:
  case diag::err_typecheck_call_too_many_args_suggest:
  case diag::err_ovl_no_viable_object_call:
    return "cpp/no-matching-overload";
  case diag::err_ovl_ambiguous_call:
  case diag::err_ovl_ambiguous_member_call:
  case diag::err_ovl_ambiguous_init:
  case diag::err_ovl_ambiguous_conversion_in_cast:
  case diag::err_ovl_ambiguous_oper_unary:
  case diag::err_ovl_ambiguous_oper_binary:
  case diag::err_ovl_ambiguous_object_call:
  case diag::err_ovl_ambiguous_subscript_call:
  case diag::err_ambiguous_reference:
  case diag::err_ambiguous_member_multiple_subobjects:
  case diag::err_ambiguous_member_multiple_subobject_types:
  case diag::err_ambiguous_derived_to_base_conv:
  case diag::err_addr_ovl_ambiguous:
    return "cpp/ambiguous";
  case diag::err_access:
  case diag::err_access_ctor:
  case diag::err_access_base_ctor:
  case diag::err_access_field_ctor:
  case diag::err_access_dtor:
  case diag::err_access_dtor_base:
  case diag::err_access_dtor_field:
  case diag::err_access_dtor_var:
  case diag::err_access_dtor_temp:
  case diag::err_access_friend_function:
  case diag::err_upcast_to_inaccessible_base:
    return "cpp/access";
  case diag::err_ovl_deleted_call:
  case diag::err_deleted_function_use:
    return "cpp/call";
  case diag::err_ovl_no_viable_function_in_init:
  case diag::err_ovl_deleted_init:
  case diag::err_ovl_deleted_special_init:
  case diag::err_allocation_of_abstract_type:
  case diag::err_excess_initializers:
  case diag::err_excess_initializers_for_sizeless_type:
    return "cpp/constructor";
  case diag::err_typecheck_invalid_operands:
  case diag::err_ovl_no_viable_oper:
  case diag::err_typecheck_unary_expr:
  case diag::err_typecheck_comparison_of_distinct_pointers:
  case diag::err_typecheck_comparison_of_pointer_integer:
  case diag::err_typecheck_indirection_requires_pointer:
  case diag::err_typecheck_subscript_value:
  case diag::err_ovl_no_viable_subscript:
  case diag::err_ovl_deleted_oper:
  case diag::err_typecheck_expression_not_modifiable_lvalue:
  case diag::err_typecheck_assign_const:
    return "cpp/operator";
  case diag::err_typecheck_convert_incompatible:
  case diag::err_init_conversion_failed:
  case diag::err_typecheck_ambiguous_condition:
  case diag::err_typecheck_nonviable_condition:
  case diag::err_lvalue_reference_bind_to_unrelated:
  case diag::err_lvalue_reference_bind_to_temporary:
  case diag::err_reference_bind_drops_quals:
    return "cpp/conversion";
  case diag::err_bad_cxx_cast_generic:
  case diag::err_bad_static_cast_overload:
  case diag::err_bad_static_cast_pointer_nonpointer:
  case diag::err_bad_cxx_cast_qualifiers_away:
  case diag::err_bad_cxx_cast_scalar_to_vector_different_size:
  case diag::err_bad_cxx_cast_unrelated_class:
  case diag::err_static_downcast_via_virtual:
    return "cpp/cast";
  case diag::err_delete_operand:
  case diag::err_delete_incomplete_class_type:
    return "cpp/delete";
  case diag::err_static_assert_failed:
  case diag::err_static_assert_requirement_failed:
    return "cpp/raw";
  case diag::err_incomplete_type:
  case diag::err_typecheck_decl_incomplete_type:
  case diag::err_typecheck_incomplete_tag:
  case diag::err_incomplete_member_access:
  case diag::err_sizeof_alignof_incomplete_or_sizeless_type:
  case diag::err_invalid_incomplete_type_use:
  case diag::err_call_incomplete_argument:
  case diag::err_reference_to_void:
    return "cpp/type";
  case diag::err_template_arg_list_different_arity:
  case diag::err_template_arg_must_be_type:
  case diag::err_template_arg_must_be_expr:
  case diag::err_template_missing_args:
  case diag::err_template_arg_not_convertible:
    return "cpp/template";
  }
  return nullptr;
}

const char *codeOf(const Problem &p, StringRef fallback) {
  if (noteSays(p, "constexpr evaluation hit maximum step limit") || noteSays(p, "exceeded maximum depth"))
    return "cpp/limit";
  if (StringRef(p.text).contains("nesting level exceeded") || StringRef(p.text).contains("instantiation exceeded maximum depth"))
    return "cpp/limit";
  bool instantiated = noteSays(p, "in instantiation of") || noteSays(p, "while substituting");
  const char *code = codeOfId(p.id);
  if (code && instantiated && StringRef(code) != "cpp/limit" && StringRef(code) != "cpp/include") return "cpp/template";
  if (code) return code;
  if (instantiated) return "cpp/template";
  unsigned category = DiagnosticIDs::getCategoryNumberForDiag(p.id);
  StringRef name = DiagnosticIDs::getCategoryNameFromID(category);
  if (name == "Parse Issue" || name == "Lexical or Preprocessor Issue") return "cpp/syntax";
  StringRef text = p.text;
  if (text.contains("template")) return "cpp/template";
  if (text.contains("narrowed") || text.contains("cannot initialize")) return "cpp/conversion";
  if (text.contains("private") || text.contains("protected")) return "cpp/access";
  if (text.contains("ambiguous")) return "cpp/ambiguous";
  static std::string kept;
  kept = fallback.str();
  return kept.c_str();
}

static bool isCandidate(const Problem &note) {
  StringRef text = note.text;
  return text.starts_with("candidate") || text.starts_with("built-in candidate") || text.contains("' declared here") ||
         text.starts_with("explicitly marked deleted") || text.contains("has been explicitly");
}

json::Object diagnosticOf(const Problem &p, StringRef fallback) {
  json::Object out = diagnostic(codeOf(p, fallback), p.text);
  json::Array spans, candidates, notes;
  const Problem *user = p.user ? &p : nullptr;
  for (auto &step : p.includes)
    if (!user && step.user) user = &step;
  for (auto &note : p.notes)
    if (!user && note.user && note.line) user = &note;
  if (user && user->line) spans.push_back(spanOf(*user));
  if (user != &p && p.line && !p.file.empty()) {
    json::Object where = spanOf(p);
    where["label"] = "in this header";
    spans.push_back(std::move(where));
  }
  for (auto &note : p.notes) {
    json::Object item{{"text", note.text}};
    if (note.line && !note.file.empty()) item["span"] = spanOf(note);
    (isCandidate(note) ? candidates : notes).push_back(std::move(item));
  }
  for (auto &step : p.includes) notes.push_back(json::Object{{"text", step.text}, {"span", spanOf(step)}});
  out["spans"] = std::move(spans);
  out["candidates"] = std::move(candidates);
  out["notes"] = std::move(notes);
  return out;
}

json::Array errorsOf(const std::vector<Problem> &problems, StringRef fallback) {
  json::Array out;
  for (auto &p : problems)
    if (p.level >= DiagnosticsEngine::Error) out.push_back(diagnosticOf(p, fallback));
  return out;
}

json::Array warningsOf(const std::vector<Problem> &problems) {
  json::Array out;
  for (auto &p : problems)
    if (p.level == DiagnosticsEngine::Warning && p.user) out.push_back(diagnosticOf(p, "cpp/raw"));
  return out;
}

} // namespace rung
