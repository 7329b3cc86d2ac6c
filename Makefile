# Parley. `make help` lists what can be done here.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PACKAGES := shared connector local parley migrations
FUNCTIONS := $(wildcard functions/*)
# Bytecode is kept, whatever the shell says: a run of the tests starts hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or newer: set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv && $(PYTHON) -m venv .venv; \
	  else echo "type: sudo apt-get install python3-venv"; exit 2; fi; }
	@echo "installing the locked dependencies into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep -o '^uv==[^ ]*' requirements.lock)"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

.PHONY: install
install: .venv/.installed ## Install the locked dependencies into .venv

# `make demo PORT_OFFSET=2000`: beside another copy, or where a port is taken.
OFFSET := $(if $(PORT_OFFSET),--port-offset $(PORT_OFFSET))

.PHONY: demo
demo: install ## Start everything, play a conversation for two tenants, leave it running; PORT_OFFSET=2000
	@$(BIN)/faas-local up $(OFFSET)
	@$(BIN)/python -m local.demo

.PHONY: up
up: install ## Start the servers, the sandbox, every function and the connector; PORT_OFFSET=2000
	@$(BIN)/faas-local up $(OFFSET)

.PHONY: down
down: install ## Stop everything that `make up` or `make demo` started
	@$(BIN)/faas-local down

.PHONY: status
status: install ## Show what runs, on which ports
	@$(BIN)/faas-local status || [ $$? -eq 1 ]

# By name, not by the number of tests in a file: the slowest have few and would be left to the end.
.PHONY: test
test: install check ## Lint, check types and imports, run all tests on real servers, then break things
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/e2e --ignore tests/pages
	@$(BIN)/python -m pytest tests/e2e
	@$(BIN)/python -m pytest tests/pages
	@$(BIN)/python -m tests.clock --short
	@$(BIN)/python -m tests.faults --short

.PHONY: test-clock
test-clock: install ## Every test a week on, at a month's end, on 29 February, a year on; nightly
	@$(BIN)/python -m tests.clock

.PHONY: faults
faults: install ## Break everything in turn under traffic; count what was lost, doubled, misordered
	@$(BIN)/python -m tests.faults
	@$(BIN)/python -m tests.faults.isolation

.PHONY: test-contract
test-contract: install ## Hold every message type to both contracts and count the cases; no servers needed
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/whatsapp tests/genesys tests/transforms tests/wire
	@$(BIN)/python -m tests.wire.counts

SECURITY := tests/security tests/gateway tests/auth tests/erasure tests/runtime/test_service_auth.py \
  tests/media/test_hosts.py tests/media/test_fetch.py tests/state/test_isolation.py tests/tenancy \
  tests/migrations/test_schema.py tests/parley/test_erase.py tests/parley/test_retention.py \
  tests/connector/test_erased.py tests/doors/test_doors.py tests/deploy/test_template.py
ATTACKS := tests/security/test_memory.py
FUZZ_MINUTES ?= 1

.PHONY: test-security
test-security: install ## Forgeries, floods with a table, slow and deep bodies, a fuzz: FUZZ_MINUTES=10
	@SECURITY_FULL=1 $(BIN)/python -m pytest -n 2 --dist loadfile --ignore $(ATTACKS) $(SECURITY)
	@SECURITY_FULL=1 $(BIN)/python -m pytest -q -s $(ATTACKS)
	@$(BIN)/python -m tests.security.fuzz --minutes $(FUZZ_MINUTES)

.PHONY: check
check: lint types imports ## Lint, check types and imports; no servers needed

.PHONY: lint
lint: install ## Hold the code to ruff's rules and format, and to bandit's
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(PACKAGES) functions

.PHONY: audit
audit: install ## Look for known holes in what is locked; asks the advisory database of PyPI
	@$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.lock
	@$(BIN)/pip-audit --disable-pip --require-hashes -r template/parley-python/requirements.txt

.PHONY: types
types: install ## Check all types, strictly; each function is a root of its own
	@$(BIN)/mypy $(PACKAGES) tests
	@set -e; for folder in $(FUNCTIONS); do MYPYPATH=$$folder $(BIN)/mypy $$folder; done

.PHONY: imports
imports: install ## Imports run one way
	@$(BIN)/lint-imports

.PHONY: format
format: install ## Put the code in ruff's format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: lock
lock: install ## Resolve the dependencies anew, for the tree and for the images
	@$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --generate-hashes --python-version 3.11 --no-emit-package parley --no-strip-markers -o requirements.lock
	@$(BIN)/uv pip compile --quiet pyproject.toml --generate-hashes --python-version 3.11 -c requirements.lock -o template/parley-python/requirements.txt
