# Set-up, build and the commands that people run. `make run` is the place to begin.
#
#   make run          install what is missing, build, draw the debug panel; at a terminal the REPL follows
#   make run ARGS='-e "(+ 1 2)"'    the same with another job
#   make test         install what is missing, build, run every test
#   make bench        the latency tables: first call, trampolines, calls
#   make lint         rustfmt and clippy
#   make setup        only install what is missing and make the libraries under target/native/

RUNG  := target/release/rung
PANEL := fixtures/programs/debug_ui.clj
ARGS  ?=

.PHONY: run test bench lint setup build

run: build
ifeq ($(strip $(ARGS)),)
	@scripts/main-job.sh $(RUNG) $(PANEL)
else
	@$(RUNG) $(ARGS)
endif

# The whole workspace, so that librung_clang.so lies beside the executable.
build: setup
	@cargo build --release

test:
	@scripts/setup.sh test
	@cargo build --release
	@cargo test --release

bench: build
	@$(RUNG) bench first-call $(PANEL)
	@$(RUNG) bench stubs
	@$(RUNG) bench calls
	@$(RUNG) bench forms
	@cargo bench --bench engine

lint:
	@scripts/setup.sh lint
	@cargo fmt --all --check
	@cargo clippy --release --workspace --all-targets -- -D warnings

setup:
	@scripts/setup.sh
