// Requests in, replies out; crashes contained. A session in which Clang crashed is left alone, and a new one reads what the old
// one had read; what was linked stays, since the linker outlives sessions.
#include "library.h"
#include "fields.h"
#include "limits.h"
#include "pch.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "clang/Lex/HeaderSearch.h"
#include <fcntl.h>
#include <malloc.h>
#include <mutex>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace json = llvm::json;

namespace rung {

// What every session starts with: placement for results, helpers that the texts of answers name.
static const char preludeText[] = R"(
namespace std { class type_info; }
struct __rung_place {};
inline void *operator new(__SIZE_TYPE__, void *where, __rung_place) noexcept { return where; }
inline void *operator new[](__SIZE_TYPE__, void *where, __rung_place) noexcept { return where; }
namespace __rung {
template <class T> struct bare_of { using type = T; };
template <class T> struct bare_of<T &> { using type = T; };
template <class T> struct bare_of<T &&> { using type = T; };
template <class T> using bare = typename bare_of<T>::type;
template <class T> inline void destroy(T &x) { x.~T(); }
template <class T> inline T copy(const T &x) { return x; }
template <class T> inline T move(T &x) { return static_cast<T &&>(x); }
}
)";

// Clang's crash handlers must run on the alternate stack, or a stack overflow inside Clang ends the process.
static void onAlternateStack() {
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) {
    struct sigaction action;
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_DFL) {
      action.sa_flags |= SA_ONSTACK;
      sigaction(signal, &action, nullptr);
    }
  }
}

// The handlers are in place only while a Clang thread works.
class Containment {
public:
  Containment() {
    std::lock_guard<std::mutex> lock(gate);
    if (users++) return;
    llvm::CrashRecoveryContext::Enable();
    onAlternateStack();
    Limits::handlersChanged();
  }
  ~Containment() {
    std::lock_guard<std::mutex> lock(gate);
    if (!--users) llvm::CrashRecoveryContext::Disable();
  }

private:
  static std::mutex gate;
  static int users;
};
std::mutex Containment::gate;
int Containment::users = 0;

json::Value Library::failed(json::Array errors) {
  return json::Object{{"answer", "failed"}, {"diagnostics", std::move(errors)}};
}

json::Value Library::failed(llvm::StringRef code, const llvm::Twine &message) {
  return failed(json::Array{diagnostic(code, message.str())});
}

bool Library::start(std::string &error) {
  if (!plain) plain = std::make_unique<Backend>(false);
  if (!linker) {
    linker = Linker::create(error);
    if (!linker) return false;
  }
  session = Session::open(config, error);
  if (!session) return false;
  session->collector.take();
  types = std::make_unique<Types>(*session);
  rawDeclarations.clear();
  waiting.clear();
  newTypes.clear();
  series.all.clear();
  tags = 0;
  ++generation;
  // With a precompiled header the prelude is in it; an empty input brings out what it defines.
  bool again = linker->defined("__rung_started");
  Outcome o = config.pch.empty() ? input(preludeText, Place{}, again) : input("", Place{}, false);
  owed.insert(owed.end(), o.inits.begin(), o.inits.end());
  if (!o.good) {
    error = "the prelude does not compile";
    return false;
  }
  std::string ignored;
  static char started;
  linker->bind("__rung_started", reinterpret_cast<uint64_t>(&started), ignored);
  return true;
}

void Library::replayInputs() {
  for (auto &one : history)
    if (!one.precompiled) input(one.text, one.place, true);
}

bool Library::onlyHeaders() const {
  for (auto &one : history)
    if (!llvm::StringRef(one.text).ltrim().starts_with("#")) return false;
  return true;
}

static std::vector<std::string> texts(const std::vector<Input> &inputs) {
  std::vector<std::string> out;
  for (auto &i : inputs) out.push_back(i.text);
  return out;
}

bool Library::fromPch(const std::vector<Input> &lines) {
  if (config.cacheDir.empty() || lines.empty() || !onlyHeaders()) return false;
  std::vector<Input> all = history;
  all.insert(all.end(), lines.begin(), lines.end());
  std::string path = Pch(config, preludeText, texts(all)).find();
  if (path.empty()) return false;
  std::string before = config.pch, error;
  session.release();
  types.release();
  config.pch = path;
  announced = false;
  if (start(error)) {
    for (auto &one : all) one.precompiled = true;
    history = std::move(all);
    return true;
  }
  // A header changed, or the file is of no use here: it is built again when there is time.
  Pch::remove(path);
  session.release();
  types.release();
  config.pch.clear();
  for (auto &one : history) one.precompiled = false;
  dead = !start(error);
  if (!dead) replayInputs();
  return false;
}

std::vector<std::string> Library::leading() const {
  std::vector<std::string> lines;
  for (auto &one : history) {
    if (!llvm::StringRef(one.text).ltrim().starts_with("#")) break;
    lines.push_back(one.text);
  }
  return lines;
}

void Library::plan() {
  if (config.builder.empty() || config.builder == "-" || config.cacheDir.empty()) return;
  auto lines = leading();
  if (lines.empty() || lines.size() == plannedLines) return;
  plannedLines = lines.size();
  std::string request, file;
  if (!history[lines.size() - 1].precompiled) {
    json::Object c{{"include_dirs", json::Array(config.includeDirs)}, {"flags", json::Array(config.flags)}, {"cache_dir", config.cacheDir}};
    json::Object all{{"op", "precompile"}, {"config", std::move(c)}, {"lines", json::Array(lines)}};
    request = rendered(std::move(all));
    file = Pch(config, preludeText, lines).file();
  }
  std::lock_guard<std::mutex> lock(planGate);
  planned = std::move(request);
  plannedFile = std::move(file);
  plannedFor = config.builder;
}

// A program of its own builds it: it outlives this process, holds nothing of it open, and whatever ends it leaves nothing behind
// that could be taken for a precompiled header.
void Library::finish() {
  std::string request, builder;
  {
    std::lock_guard<std::mutex> lock(planGate);
    if (planned.empty() || access((plannedFile + ".sum").c_str(), F_OK) == 0) return;
    request.swap(planned);
    builder = plannedFor;
  }
  // In memory: a pipe could fill, or break.
  int in = memfd_create("rung-headers", MFD_CLOEXEC);
  if (in < 0) return;
  size_t done = 0;
  while (done < request.size()) {
    ssize_t n = write(in, request.data() + done, request.size() - done);
    if (n <= 0) break;
    done += n;
  }
  lseek(in, 0, SEEK_SET);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&how);
  posix_spawn_file_actions_adddup2(&files, in, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &all);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string command = "cache", what = "headers";
  char *words[] = {builder.data(), command.data(), what.data(), nullptr};
  pid_t child;
  if (posix_spawn(&child, builder.c_str(), &files, &how, words, environ) == 0) building = child;
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  close(in);
}

json::Value Library::precompile(const Object &request) {
  // Nobody waits for it, and nobody should notice it.
  setpriority(PRIO_PROCESS, 0, 10);
  rlimit seconds{60, 60};
  setrlimit(RLIMIT_CPU, &seconds);
  rlimit nothing{0, 0};
  setrlimit(RLIMIT_CORE, &nothing);
  std::vector<std::string> lines;
  if (auto *all = request.getArray("lines"))
    for (auto &line : *all) lines.push_back(line.getAsString().value_or("").str());
  std::string error;
  bool built = !lines.empty() && Pch(configFrom(request), preludeText, lines).build(error);
  return json::Object{{"answer", "precompiled"}, {"built", built}, {"why", clean(error)}};
}

// Further folders to look for headers in, for the session that there is and for those that replace it.
json::Value Library::search(const Object &request) {
  if (auto *all = request.getArray("include_dirs"))
    for (auto &d : *all) {
      std::string dir = d.getAsString().value_or("").str();
      if (dir.empty() || std::find(config.includeDirs.begin(), config.includeDirs.end(), dir) != config.includeDirs.end()) continue;
      config.includeDirs.push_back(dir);
      if (!session || dead) continue;
      if (auto entry = session->ci->getFileManager().getOptionalDirectoryRef(dir))
        session->pp().getHeaderSearchInfo().AddSearchPath(
            clang::DirectoryLookup(*entry, clang::SrcMgr::C_User, /*isFramework=*/false), /*isAngled=*/true);
    }
  return json::Object{{"answer", "opened"}};
}

void Library::idle() {
  if (config.cacheDir.empty()) return;
  if (building > 0 && waitpid(building, nullptr, WNOHANG) != 0) building = 0;
  if (!config.builder.empty()) return finish();
  if (!session || dead) return;
  auto lines = leading();
  if (lines.empty()) return;
  Pch pch(config, preludeText, lines);
  if (!pch.find().empty()) return;
  Containment contained;
  llvm::CrashRecoveryContext recovery;
  std::string error;
  recovery.RunSafely([&] { pch.build(error); });
}

bool Library::finish(std::unique_ptr<llvm::Module> module, const llvm::StringMap<unsigned> &versions, Definitions &definitions,
                     std::string &error) {
  bool empty = true;
  for (auto &g : module->global_values()) empty &= g.isDeclaration();
  if (empty && module->getModuleInlineAsm().empty()) return true;
  auto &bytes = plain->compile(*module);
  if (auto said = std::exchange(session->backendErrors, {}); !said.empty()) {
    error = said.front();
    return false;
  }
  return linker->add(llvm::StringRef(bytes.data(), bytes.size()), module->getName(), definitions.symbols, definitions.bodies,
                     versions, error);
}

Config Library::configFrom(const Object &request) {
  Config next;
  if (auto *c = request.getObject("config")) {
    auto list = [&](const char *key, std::vector<std::string> &out) {
      if (auto *items = c->getArray(key))
        for (auto &i : *items) out.push_back(i.getAsString().value_or("").str());
    };
    list("include_dirs", next.includeDirs);
    list("flags", next.flags);
    list("headers", next.headers);
    next.cacheDir = c->getString("cache_dir").value_or("").str();
    next.builder = c->getString("builder").value_or("").str();
    next.seconds = c->getInteger("seconds").value_or(0);
    next.mebibytes = c->getInteger("mebibytes").value_or(0);
  }
  return next;
}

json::Value Library::open(const Object &request) {
  config = configFrom(request);
  history.clear();
  plannedLines = 0;
  functionVersions.clear();
  // What was linked stays mapped; a new session starts with nothing defined.
  session.release();
  linker.release();
  owed.clear();
  refusal.clear();
  dead = false;
  announced = true;
  std::vector<Input> lines;
  for (auto &header : config.headers) {
    bool quoted = !header.empty() && (header[0] == '"' || header[0] == '<');
    lines.push_back({quoted ? "#include " + header : "#include <" + header + ">", Place{header, 1}});
  }
  if (lines.empty()) return json::Object{{"answer", "opened"}};
  if (!fromPch(lines)) {
    if (!begin()) return failed("cpp/raw", "no C++ session: " + refusal);
    for (auto &line : lines) {
      Outcome o = input(line.text, line.place, false);
      if (!o.good) return failed(std::move(o.errors));
      owed.insert(owed.end(), o.inits.begin(), o.inits.end());
      history.push_back(line);
    }
  }
  plan();
  return json::Object{{"answer", "opened"}};
}

bool Library::begin() {
  if (!announced) return session && !dead;
  announced = false;
  dead = !start(refusal);
  return !dead;
}

std::string Library::ask(const Object &request) {
  std::vector<std::string> answers;
  Asker asker(*session, *types);
  types->openTable();
  int64_t first = request.getInteger("first").value_or(0);
  if (!first) series.all.clear();
  if (auto *questions = request.getArray("questions"))
    for (auto &q : *questions) {
      std::string error = "a question that is neither object nor array";
      auto *array = q.getAsArray();
      auto site = array ? siteFrom(*array, error) : std::nullopt;
      asker.about = {};
      if (site && !asker.complete(*site, series)) {
        site.reset();
        error = "it depends on a question that has no answer";
      }
      if (site) answers.push_back(asker.answer(*site));
      else if (auto *object = q.getAsObject()) answers.push_back(asker.answer(*object));
      else answers.push_back(Fields().raw("Err", rendered(diagnostic("cpp/call", error))).done());
      if (first != UINT32_MAX) series.all.push_back(asker.about);
    }
  std::string table = Fields::list(types->takeTable());
  return Fields().raw("answers", Fields().raw("types", table).raw("answers", Fields::list(answers)).done()).done();
}

json::Value Library::lookup(const Object &request) {
  json::Array addresses;
  json::Array errors;
  if (auto *symbols = request.getArray("symbols"))
    for (auto &s : *symbols) {
      std::string error;
      std::vector<Missing> lacking;
      uint64_t at = linker->address(s.getAsString().value_or(""), lacking, error);
      addresses.push_back(at);
    }
  return json::Object{{"answer", "addresses"}, {"addresses", std::move(addresses)}};
}

json::Value Library::bind(const Object &request) {
  std::string error;
  if (auto *symbols = request.getArray("symbols"))
    for (auto &s : *symbols)
      if (auto *pair = s.getAsArray(); pair && pair->size() == 2)
        if (!linker->bind((*pair)[0].getAsString().value_or(""), (*pair)[1].getAsUINT64().value_or(0), error))
          return failed("cpp/link", error);
  return json::Object{{"answer", "addresses"}, {"addresses", json::Array{}}};
}

json::Value Library::complete(const Object &request) {
  Asker asker(*session, *types);
  auto text = [&](const char *key) { return request.getString(key).value_or(""); };
  return json::Object{{"answer", "completions"}, {"items", asker.complete(text("prefix"), text("header"))}};
}

json::Value Library::dispatch(const Object &request) {
  auto op = request.getString("op").value_or("");
  if (op == "open") return open(request);
  if (op == "precompile") return precompile(request);
  if (op == "search") return search(request);
  if (op == "raw" && (announced || session) && !dead) return raw(request);
  if (op == "later" && announced) return later();
  if (!begin() && !refusal.empty()) return failed("cpp/raw", "no C++ session: " + refusal);
  if (!session || dead) return failed("cpp/raw", "there is no C++ session: open one first");
  if (op == "trampolines") return trampolines(request);
  if (op == "compile") return compile(request);
  if (op == "load") return load(request);
  if (op == "save") return save(request);
  if (op == "bind") return bind(request);
  if (op == "lookup") return lookup(request);
  if (op == "provide") return provide(request);
  if (op == "later") return later();
  if (op == "prepare") return prepare();
  if (op == "complete") return complete(request);
  if (op == "crash") abort();
  return failed("cpp/call", "an unknown request: " + op);
}

std::string Library::request(llvm::StringRef text) {
  // `{"answer": kind, …}` as `{kind: {…}}`, which its reader needs not hold as a whole before it knows what it is.
  auto render = [](json::Value v) {
    std::string out;
    llvm::raw_string_ostream stream(out);
    json::Object &reply = *v.getAsObject();
    std::string kind = reply.getString("answer").value_or("").str();
    reply.erase("answer");
    stream << '{' << json::Value(kind) << ':' << v << '}';
    stream.flush();
    return out;
  };
  auto parsed = json::parse(text);
  if (!parsed || !parsed->getAsObject()) {
    std::string why = parsed ? "no object" : toString(parsed.takeError());
    return render(failed("cpp/call", "a request that is no JSON: " + why));
  }
  json::Value reply = nullptr;
  std::string answered;
  Containment contained;
  bool lived;
  const char *exceeded;
  {
    // Generated code may be large, and is worth waiting for.
    auto op = parsed->getAsObject()->getString("op").value_or("");
    bool limited = op != "compile" && op != "load" && op != "precompile" && op != "later";
    Limits limits(limited ? config.seconds : 0, limited ? size_t(config.mebibytes) << 20 : 0);
    llvm::CrashRecoveryContext recovery;
    lived = recovery.RunSafely([&] {
      auto &request = *parsed->getAsObject();
      bool asks = request.getString("op").value_or("") == "ask";
      if (asks && begin()) answered = ask(request);
      else reply = dispatch(request);
    });
  }
  exceeded = Limits::exceeded();
  Limits::reset();
  if (lived && !answered.empty()) return answered;
  if (lived) return render(std::move(reply));
  if (exceeded && session) {
    // Nobody uses the session again: what it grew to goes back, though nothing in it is destroyed.
    llvm::CrashRecoveryContext recovery;
    recovery.RunSafely([&] {
      session->ast().getAllocator().Reset();
      session->pp().getPreprocessorAllocator().Reset();
    });
  }
  // The session is in an unknown state: it is left as it is, never destroyed.
  session.release();
  types.release();
  plain.release();
  optimising.release();
  std::string error;
  bool alive = false;
  {
    llvm::CrashRecoveryContext recovery;
    bool again = recovery.RunSafely([&] {
      alive = start(error);
      if (alive) replayInputs();
    });
    alive = alive && again;
  }
  dead = !alive;
  json::Object d = diagnostic("cpp/limit", "the C++ compiler crashed on this input; a new session has read the earlier inputs again");
  if (exceeded)
    d["message"] = std::string("this C++ takes more ") + exceeded + " than a form's may: " +
                   (llvm::StringRef(exceeded) == "time" ? std::to_string(config.seconds) + " s" : std::to_string(config.mebibytes) + " MiB") +
                   "; the compiler was stopped, and a new session has read the earlier inputs again";
  if (exceeded) d["help"] = "--tune cpp.seconds=N and cpp.memory=MiB raise the limits";
  if (!alive) d["message"] = "the C++ compiler crashed, and a new session could not be opened: " + clean(error);
  return render(json::Object{{"answer", "died"}, {"diagnostics", json::Array{std::move(d)}}});
}

bool Library::linkObject(llvm::StringRef bytes, llvm::StringRef name, const std::vector<std::string> &symbols,
                         std::vector<uint64_t> &addresses, std::string &error) {
  if (!linker) {
    linker = Linker::create(error);
    if (!linker) return false;
  }
  llvm::StringMap<unsigned> none;
  if (!linker->add(bytes, name, {}, {}, none, error)) return false;
  for (auto &s : symbols) {
    std::vector<Missing> lacking;
    uint64_t at = linker->address(s, lacking, error);
    if (!at) return false;
    addresses.push_back(at);
  }
  return true;
}

} // namespace rung

// The C interface to the Rust half. A reply is handed to `take` and not kept.
extern "C" {
void *rung_cpp_create() {
  // A compiler's memory comes and goes in megabytes: giving it back between requests costs a page fault for each page again.
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  // A stack that Clang's recursion has used up holds no handler. The thread lives as long as the process.
  constexpr size_t bytes = 256 << 10;
  stack_t alternate{};
  alternate.ss_sp = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  alternate.ss_size = bytes;
  stack_t there{};
  if (alternate.ss_sp != MAP_FAILED && (sigaltstack(nullptr, &there) || (there.ss_flags & SS_DISABLE))) sigaltstack(&alternate, nullptr);
  return new rung::Library();
}

void rung_cpp_request(void *library, const char *json, size_t length, void (*take)(void *, const char *, size_t), void *to) {
  std::string reply = static_cast<rung::Library *>(library)->request(llvm::StringRef(json, length));
  take(to, reply.data(), reply.size());
}

void rung_cpp_look() { rung::Limits::look(); }

void rung_cpp_finish(void *library) { static_cast<rung::Library *>(library)->finish(); }

void rung_cpp_idle(void *library) { static_cast<rung::Library *>(library)->idle(); }

int rung_cpp_link(void *library, const char *bytes, size_t length, const char *name, const char *const *symbols, size_t count,
                  uint64_t *addresses, void (*take)(void *, const char *, size_t), void *to) {
  std::vector<std::string> names(symbols, symbols + count);
  std::vector<uint64_t> found;
  std::string error;
  if (!static_cast<rung::Library *>(library)->linkObject(llvm::StringRef(bytes, length), name, names, found, error)) {
    take(to, error.data(), error.size());
    return 1;
  }
  for (size_t i = 0; i < found.size(); ++i) addresses[i] = found[i];
  return 0;
}
}
