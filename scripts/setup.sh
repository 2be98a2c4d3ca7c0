#!/usr/bin/env bash
# Installs what is missing on Debian 12 and makes the libraries of the demonstration. `setup.sh test` adds what only
# the tests need, `setup.sh lint` rustfmt and clippy. When everything is there it does nothing and says nothing. Exit 2: something is missing, and how to
# get it is on stderr.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(llvm-19-dev libclang-19-dev libclang-cpp19-dev clang-19 g++ libstdc++-12-dev # the compiler
          libgc-dev                                                                   # the collector
          libimgui-dev libstb-dev libfreetype-dev)                                    # the demonstration
if [ "${1:-}" = test ]; then
  packages+=(libsqlite3-dev libfmt-dev nlohmann-json3-dev libeigen3-dev libexpat1-dev libtinyxml2-dev pkg-config # the libraries of fixtures
             clojure tmux valgrind)
fi

fail() { printf 'rung set-up: %s\n' "$@" >&2; exit 2; }

if ! command -v cargo >/dev/null; then
  fail 'cargo is missing; install stable Rust (1.95 or newer): https://rustup.rs'
fi
rust=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n1.95.0\n' "${rust%%-*}" | sort -V | head -1)" != 1.95.0 ]; then
  fail "Rust $rust is too old, 1.95 is needed: rustup update stable"
fi

if [ "${1:-}" = lint ] && ! { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1; then
  rustup component add clippy rustfmt >&2 || fail 'clippy and rustfmt are missing: rustup component add clippy rustfmt'
fi

missing=()
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qx "installed $package" <<<"$installed" || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    root=()
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}" \
        "and there is no sudo; as root: apt-get install --no-install-recommends ${missing[*]}"
      root=(sudo)
    fi
    echo "rung set-up: installing ${missing[*]}" >&2
    apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null >&2; }
    apt update || echo 'rung set-up: apt-get update failed; trying the lists that are there' >&2
    apt install -y --no-install-recommends "${missing[@]}" ||
      fail "apt-get could not install: ${missing[*]}" 'the set-up is made for Debian 12 (bookworm), whose packages these are'
  fi
else
  # No Debian: go by what the build will look for.
  [ -x "${LLVM_SYS_191_PREFIX:-/usr/lib/llvm-19}/bin/llvm-config" ] || missing+=('LLVM 19 with headers (set LLVM_SYS_191_PREFIX)')
  command -v clang++-19 >/dev/null || missing+=('clang++-19')
  for header in gc/gc.h imgui/imgui.h; do
    echo "#include <$header>" | ${CXX:-c++} -x c++ -fsyntax-only - 2>/dev/null || missing+=("<$header>")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    fail "this is no Debian, so nothing was installed; missing: ${missing[*]}" \
      "on Debian 12 it would be: apt-get install --no-install-recommends ${packages[*]}"
  fi
fi

scripts/imgui-so.sh target/native/librung_imgui.so
