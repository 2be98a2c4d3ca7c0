// A damaged file must not reach Clang, which trusts what it maps: a checksum stands beside each.
#include "pch.h"
#include "clang/Basic/Version.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>
#include <chrono>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

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

namespace {
// Held by one process at a time, and let go of by the system when that dies.
class Lock {
public:
  explicit Lock(const std::string &path) : file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    held = file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0;
  }
  ~Lock() {
    if (file >= 0) ::close(file);
  }
  bool held;

private:
  int file;
};
} // namespace

void Pch::tidy() const {
  constexpr uint64_t room = 1ull << 30;
  constexpr auto abandoned = std::chrono::hours(1);
  struct Kept {
    sys::TimePoint<> used;
    uint64_t bytes;
    std::string path;
  };
  std::vector<Kept> kept;
  uint64_t total = 0;
  std::error_code failed;
  auto now = std::chrono::system_clock::now();
  for (sys::fs::directory_iterator at(sys::path::parent_path(path), failed), end; at != end && !failed; at.increment(failed)) {
    auto status = at->status();
    if (!status) continue;
    StringRef file = at->path();
    if (file.ends_with(".pch")) {
      total += status->getSize();
      kept.push_back({status->getLastModificationTime(), status->getSize(), file.str()});
    } else if (!file.ends_with(".hpp") && !file.ends_with(".sum") && !file.ends_with(".lock") &&
               now - status->getLastModificationTime() > abandoned) {
      sys::fs::remove(file);
    }
  }
  std::sort(kept.begin(), kept.end(), [](auto &a, auto &b) { return a.used < b.used; });
  for (auto &one : kept) {
    if (total <= room) break;
    if (one.path == path) continue;
    total -= one.bytes;
    remove(one.path);
    sys::fs::remove(one.path + ".hpp");
  }
}

bool Pch::build(std::string &error) const {
  sys::fs::create_directories(sys::path::parent_path(path));
  Lock lock(path + ".lock");
  if (!lock.held || !find().empty()) return false;
  tidy();
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
