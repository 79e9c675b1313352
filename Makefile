# What a person types here. `make` alone lists it. The work is in scripts/ and in cargo.

SHELL = /bin/sh
PREFIX = /usr/local/bin
# More arguments for the test run: make test ARGS='-p nexopsd private_postgres'
ARGS =

TARGET_DIRECTORY = $(or $(CARGO_TARGET_DIR),target)
BINARIES = nexopsd nexops nexops-tui
GENERATED = openapi.json completions man docs/keys.md

.PHONY: help setup demo run test contract check bench chaos generate install package package-test container-check
.DEFAULT_GOAL := help

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-21s %s\n", $$1, $$2 }'

setup: ## Install what is missing for building, running and testing
	@scripts/setup.sh test

demo: ## Try NexOps on a simulated cluster: build, start, show; Ctrl-C stops it
	@scripts/demo.sh

run: ## Run the daemon for your cluster, configured by .env
	@scripts/run.sh

test: ## Run all tests on a throw-away PostgreSQL and Redis (ARGS=… goes to the test runner)
	@scripts/test.sh $(ARGS)

contract: ## Let Schemathesis try every operation of openapi.json on a daemon with a simulated cluster
	@scripts/setup.sh test
	@scripts/schemathesis.sh

check: ## Formatting, lints, documentation, generated files: what a change must pass beside the tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	@$(MAKE) --no-print-directory generate
	@git diff --exit-code -- $(GENERATED) && test -z "$$(git ls-files --others --exclude-standard -- $(GENERATED))" || \
		{ echo 'make check: the generated files ($(GENERATED)) have changed: look at them and git add them' >&2; exit 1; }

bench: ## Measure keys of the terminal UI, collection, storage, requests and memory (BENCH_GUESTS=200,1000,10000)
	@scripts/bench.sh

chaos: ## Let daemons, Proxmox, receivers and the database fail at random, and judge what is left (CHAOS_SEED=1 CHAOS_SECONDS=900)
	@scripts/chaos.sh

generate: ## Write openapi.json, completions/, man/ and docs/keys.md anew
	@scripts/generate.sh

install: ## Build for release and install to PREFIX (default /usr/local/bin)
	@scripts/setup.sh build
	cargo build --release $(addprefix --bin ,$(BINARIES))
	install -d '$(DESTDIR)$(PREFIX)'
	install -m 755 $(addprefix '$(TARGET_DIRECTORY)'/release/,$(BINARIES)) '$(DESTDIR)$(PREFIX)'

package: ## Build for release and make the Debian package, whose path is printed
	@scripts/package.sh

package-test: ## Install, run, upgrade, remove and purge the Debian package on a copy of the file system (as root)
	@scripts/package-test.sh

container-check: ## Check Dockerfile and compose.yaml as far as that can be done without a container engine
	@scripts/container-check.sh
