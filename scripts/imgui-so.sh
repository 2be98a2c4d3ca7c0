#!/usr/bin/env bash
# Makes one shared object of Debian's libimgui, which comes as a static archive compiled for PIE: its members
# without the window-system backends, which would drag in GLFW, SDL and Vulkan. -Bsymbolic binds the library's
# references to its own globals (ImGui's context pointer) inside it, which the non-PIC code requires anyway.
set -euo pipefail
out=${1:?usage: imgui-so.sh OUT.so}
archive=$(${CXX:-g++} -print-file-name=libimgui.a)
[ -f "$archive" ] || { echo "rung: libimgui.a is missing; install libimgui-dev (or run: make setup)" >&2; exit 2; }
if [ "$out" -nt "$archive" ]; then exit 0; fi
out_dir=$(dirname "$out"); mkdir -p "$out_dir"
work=$(mktemp -d "$out_dir/imgui.XXXXXX"); trap 'rm -rf "$work"' EXIT
members=$(ar t "$archive" | grep -v '^imgui_impl_')
(cd "$work" && ar x "$archive" $members)
(cd "$work" && ${CXX:-g++} -shared -o librung_imgui.so $members -Wl,-Bsymbolic -Wl,-soname,librung_imgui.so -lfreetype -lstb)
mv -f "$work/librung_imgui.so" "$out"
