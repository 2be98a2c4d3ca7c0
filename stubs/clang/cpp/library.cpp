// Requests in, replies out; crashes contained. A session in which Clang crashed is left alone, and a new one reads what the old
// one had read; what was linked stays, since the linker outlives sessions.
#include "library.h"
#include "fields.h"
#include "pch.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include <malloc.h>
#include <mutex>
#include <signal.h>
#include <stdlib.h>

namespace json = llvm::json;

namespace rung {

// What every session starts with: placement for results, helpers that the texts of answers name.
static const char preludeText[] = R"(
namespace std { class type_info; }
struct __rung_place {};
inline void *operator new(__SIZE_TYPE__, void *where, __rung_place) noexcept { return where; }
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

void Library::idle() {
  if (!session || dead || config.cacheDir.empty()) return;
  // The headers at the start of the history.
  std::vector<std::string> lines;
  for (auto &one : history) {
    if (!llvm::StringRef(one.text).ltrim().starts_with("#")) break;
    lines.push_back(one.text);
  }
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
  if (empty) return true;
  auto &bytes = plain->compile(*module);
  return linker->add(llvm::StringRef(bytes.data(), bytes.size()), module->getName(), definitions.symbols, definitions.bodies,
                     versions, error);
}

json::Value Library::open(const Object &request) {
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
  }
  config = next;
  history.clear();
  functionVersions.clear();
  // What was linked stays mapped; a new session starts with nothing defined.
  session.release();
  linker.release();
  owed.clear();
  std::string error;
  if (!start(error)) {
    dead = true;
    return failed("cpp/raw", "no C++ session: " + error);
  }
  dead = false;
  std::vector<Input> lines;
  for (auto &header : config.headers) {
    bool quoted = !header.empty() && (header[0] == '"' || header[0] == '<');
    lines.push_back({quoted ? "#include " + header : "#include <" + header + ">", Place{header, 1}});
  }
  if (!fromPch(lines))
    for (auto &line : lines) {
      Outcome o = input(line.text, line.place, false);
      if (!o.good) return failed(std::move(o.errors));
      owed.insert(owed.end(), o.inits.begin(), o.inits.end());
      history.push_back(line);
    }
  return json::Object{{"answer", "opened"}};
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
  return json::Object{{"answer", "completions"}, {"items", asker.complete(request.getString("prefix").value_or(""))}};
}

json::Value Library::dispatch(const Object &request) {
  auto op = request.getString("op").value_or("");
  if (op == "open") return open(request);
  if (!session || dead) return failed("cpp/raw", "there is no C++ session: open one first");
  if (op == "raw") return raw(request);
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
  {
    llvm::CrashRecoveryContext recovery;
    lived = recovery.RunSafely([&] {
      auto &request = *parsed->getAsObject();
      bool asks = request.getString("op").value_or("") == "ask" && session && !dead;
      if (asks) answered = ask(request);
      else reply = dispatch(request);
    });
  }
  if (lived && !answered.empty()) return answered;
  if (lived) return render(std::move(reply));
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
  return new rung::Library();
}

void rung_cpp_request(void *library, const char *json, size_t length, void (*take)(void *, const char *, size_t), void *to) {
  std::string reply = static_cast<rung::Library *>(library)->request(llvm::StringRef(json, length));
  take(to, reply.data(), reply.size());
}

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
