// A damaged file must not reach Clang, which trusts what it maps: a checksum stands beside each.
#include "pch.h"
#include "clang/Basic/Version.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <dlfcn.h>

using namespace llvm;

namespace rung {

namespace {

std::string hex(uint64_t n) {
  std::string out;
  raw_string_ostream(out) << format_hex_no_prefix(n, 16);
  return out;
}

bool writeWhole(const std::string &path, StringRef text) {
  auto part = sys::fs::TempFile::create(path + ".%%%%%%");
  if (!part) {
    consumeError(part.takeError());
    return false;
  }
  raw_fd_ostream out(part->FD, /*shouldClose=*/false);
  out << text;
  out.flush();
  bool good = !out.has_error();
  out.clear_error();
  Error e = good ? part->keep(path) : part->discard();
  good = good && !e;
  consumeError(std::move(e));
  return good;
}

std::string checksum(const std::string &path) {
  auto file = MemoryBuffer::getFile(path, false, false);
  return file ? hex(xxh3_64bits((*file)->getBuffer())) : std::string();
}

// This library as it was built: another build may read headers otherwise.
std::string ownBuild() {
  Dl_info info;
  sys::fs::file_status status;
  if (!dladdr(reinterpret_cast<void *>(&ownBuild), &info) || !info.dli_fname || sys::fs::status(info.dli_fname, status)) return "";
  return std::to_string(status.getSize()) + "." + std::to_string(sys::toTimeT(status.getLastModificationTime()));
}

} // namespace

Pch::Pch(const Config &c, StringRef prelude, const std::vector<std::string> &lines) : config(c) {
  config.pch.clear();
  text = prelude.str();
  for (auto &line : lines) text += line + "\n";
  std::string key = text + clang::getClangFullVersion() + RUNG_LLVM_PREFIX + ownBuild();
  for (auto &d : config.includeDirs) key += "\n-I" + d;
  for (auto &f : config.flags) key += "\n" + f;
  SmallString<128> at(config.cacheDir);
  sys::path::append(at, "pch", hex(xxh3_64bits(key)) + ".pch");
  path = at.str().str();
}

std::string Pch::find() const {
  auto sum = MemoryBuffer::getFile(path + ".sum");
  if (!sum || (*sum)->getBuffer() != checksum(path)) return "";
  return path;
}

bool Pch::build(std::string &error) const {
  sys::fs::create_directories(sys::path::parent_path(path));
  sys::fs::remove(path + ".sum");
  std::string source = path + ".hpp";
  // The source keeps its time when it says the same, or the file would look outdated.
  auto before = MemoryBuffer::getFile(source);
  if (!(before && (*before)->getBuffer() == text) && !writeWhole(source, text)) return false;
  if (!precompile(config, source, path, error)) {
    sys::fs::remove(path);
    return false;
  }
  std::string sum = checksum(path);
  return !sum.empty() && writeWhole(path + ".sum", sum);
}

void Pch::remove(const std::string &path) {
  sys::fs::remove(path + ".sum");
  sys::fs::remove(path);
}

} // namespace rung
