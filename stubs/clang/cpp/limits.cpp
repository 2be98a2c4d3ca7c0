#include "limits.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include <fcntl.h>
#include <link.h>
#include <mutex>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

namespace rung {

std::atomic<bool> Limits::asked{false};
std::atomic<int> Limits::whole{0};

namespace {

// How long a request may go on behind its limit, in search of a place to be left.
constexpr int64_t patienceNs = 500'000'000;

std::mutex gate;  // what follows, but for the atomics
bool working = false;
pthread_t worker;
clockid_t workerClock;
int64_t startedNs, limitNs, askedNs;
size_t startedBytes, limitBytes;
const char *reason = nullptr;
const char *ended = nullptr;

std::atomic<bool> forced{false};
struct sigaction recovery;  // Clang's own handler

// Code of the C library, whose locks must not be left behind.
struct Range {
  uintptr_t from, to;
};
Range library[4];
int ranges = 0;

int64_t ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

size_t resident() {
  char text[64] = {};
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t n = read(file, text, sizeof text - 1);
  close(file);
  long total = 0, pages = 0;
  return n > 0 && sscanf(text, "%ld %ld", &total, &pages) == 2 ? static_cast<size_t>(pages) * sysconf(_SC_PAGESIZE) : 0;
}

int remember(dl_phdr_info *info, size_t, void *) {
  if (!strstr(info->dlpi_name, "libc.so") && !strstr(info->dlpi_name, "ld-linux")) return 0;
  for (int i = 0; i < info->dlpi_phnum && ranges < 4; ++i) {
    auto &part = info->dlpi_phdr[i];
    if (part.p_type == PT_LOAD && (part.p_flags & PF_X)) {
      uintptr_t from = info->dlpi_addr + part.p_vaddr;
      library[ranges++] = {from, from + part.p_memsz};
    }
  }
  return 0;
}

uintptr_t programCounter(void *context) {
#if defined(__x86_64__)
  return static_cast<uintptr_t>(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<uintptr_t>(static_cast<ucontext_t *>(context)->uc_mcontext.pc);
#else
  return 0;
#endif
}

} // namespace

static std::atomic<int> *wholeNow;

static void stop(int signal, siginfo_t *info, void *context) {
  if (info->si_code == SI_TKILL && forced.load(std::memory_order_relaxed)) {
    uintptr_t at = programCounter(context);
    bool busy = wholeNow->load(std::memory_order_relaxed) > 0;
    for (int i = 0; i < ranges; ++i) busy |= at >= library[i].from && at < library[i].to;
    if (busy) return;  // asked again in a moment
    forced.store(false, std::memory_order_relaxed);
  }
  if (recovery.sa_flags & SA_SIGINFO) recovery.sa_sigaction(signal, info, context);
  else if (recovery.sa_handler != SIG_DFL && recovery.sa_handler != SIG_IGN) recovery.sa_handler(signal);
}

void Limits::handlersChanged() {
  static bool ready = [] {
    wholeNow = &whole;
    dl_iterate_phdr(remember, nullptr);
    return true;
  }();
  (void)ready;
  struct sigaction now {};
  sigaction(SIGTRAP, nullptr, &recovery);
  now.sa_sigaction = stop;
  now.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&now.sa_mask);
  sigaction(SIGTRAP, &now, nullptr);
}

Limits::Limits(unsigned seconds, size_t bytes) {
  std::lock_guard<std::mutex> lock(gate);
  ended = reason = nullptr;
  asked = forced = false;
  askedNs = 0;
  if (!seconds && !bytes) return;
  worker = pthread_self();
  if (pthread_getcpuclockid(worker, &workerClock)) return;
  startedNs = ns(workerClock);
  limitNs = seconds * 1'000'000'000LL;
  startedBytes = 0;  // read at the first look: most requests are over before it, and the kernel takes longer than they do
  limitBytes = bytes;
  working = true;
}

Limits::~Limits() {
  std::lock_guard<std::mutex> lock(gate);
  working = false;
  asked = forced = false;
  ended = reason;
}

const char *Limits::exceeded() {
  std::lock_guard<std::mutex> lock(gate);
  return ended ? ended : reason;
}

void Limits::look() {
  std::lock_guard<std::mutex> lock(gate);
  if (!working) return;
  if (!askedNs) {
    size_t bytes = limitBytes ? resident() : 0;
    if (!startedBytes) startedBytes = bytes;
    if (limitNs && ns(workerClock) - startedNs > limitNs) reason = "time";
    else if (limitBytes && bytes > startedBytes && bytes - startedBytes > limitBytes) reason = "memory";
    else return;
    askedNs = ns(CLOCK_MONOTONIC);
    asked = true;
    return;
  }
  // Memory waits for nobody.
  if (asked && (limitNs == 0 || strcmp(reason, "memory") == 0 || ns(CLOCK_MONOTONIC) - askedNs > patienceNs)) {
    forced = true;
    pthread_kill(worker, SIGTRAP);
  }
}

void Limits::leave() {
  asked = false;
  if (auto *context = llvm::CrashRecoveryContext::GetCurrent()) context->HandleExit(1);
}

} // namespace rung
