# StoFlow's chores. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
TOOLS := .tools/.installed
LOCKED := --quiet --disable-pip-version-check --require-hashes --only-binary :all:
COMPILE := .tools/bin/pip-compile --quiet --generate-hashes --no-strip-extras --allow-unsafe --no-header --no-annotate --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -c constraints.txt
POOLED ?= tests/integration/storage tests/integration/engine

.DEFAULT_GOAL := help
.PHONY: help demo up test coverage test-pooler schema check lint format types bench load chaos chaos-short plugin rolling day soak tenants migrations legacy mutants failpoints fuzz canaries walk docs locks sbom clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## publish real products of several sellers on three simulated marketplaces
	$(BIN)/stoflow demo $(ARGS)

up: $(STAMP) ## run everything in one terminal, with the sandbox
	$(BIN)/stoflow up --sandbox $(ARGS)

# In their own order: whole programs first, which wait for one another, and not the files of few long tests last.
test: $(STAMP) ## run all tests on real PostgreSQL and Redis, three files at a time
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

coverage: $(STAMP) ## run them counting lines, which takes twice the processor's time; 90 % must be run
	$(BIN)/coverage erase
	$(MAKE) test ARGS="--cov --cov-report=term:skip-covered $(ARGS)"

test-pooler: $(STAMP) ## run the tests of storage and engine through Debian's PgBouncer, in transaction mode
	STOFLOW_CI_PGBOUNCER=/usr/sbin/pgbouncer $(BIN)/python -m pytest -n 2 --dist loadfile $(POOLED) $(ARGS)

schema: $(STAMP) ## draw 500 requests for every operation from our own document: what fits it is taken
	SCHEMA_EXAMPLES=500 $(BIN)/python -m pytest tests/integration/http/test_schema_valid_requests.py -s $(ARGS)

check: $(STAMP) lint types ## run every gate: lint, format, types, import contracts, own rules
	$(BIN)/lint-imports
	$(BIN)/python -m rules

lint: $(STAMP) ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP) ## format the code and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP) ## check the types, strictly
	$(BIN)/basedpyright --pythonpath $(BIN)/python

bench: $(STAMP) ## measure throughput, neighbours and scale, beside Dramatiq alone
	$(BIN)/python -m benchmarks $(ARGS)

load: $(STAMP) ## measure what one api takes: reads, new jobs, sockets, commands, beside the bare stack
	$(BIN)/python -m benchmarks --only load $(ARGS)

chaos: $(STAMP) ## kill, pause and wipe everything while jobs run, then let the judge count
	$(BIN)/python -m campaigns.chaos $(ARGS)
	$(BIN)/python -m campaigns.failpoints --all

chaos-short: $(STAMP) ## the campaign in three minutes, as continuous integration runs it
	$(BIN)/python -m campaigns.chaos --short $(ARGS)

plugin: $(STAMP) ## prove the extension in a real Chromium, before the simulated Vinted
	$(BIN)/python -m campaigns.extension $(ARGS)

rolling: $(STAMP) ## replace one release by the next and go back, process by process, under load
	$(BIN)/python -m campaigns.rolling $(ARGS)

day: $(STAMP) ## a day of twenty sellers in ten minutes, at whose end every side agrees
	$(BIN)/python -m campaigns.day $(ARGS)

soak: $(STAMP) ## an hour of everything at an even rate, after which no process may have grown; --short is minutes
	$(BIN)/python -m campaigns.soak $(ARGS)

tenants: $(STAMP) ## make 3,000 tenants, kill PostgreSQL under them and dump it: about half an hour
	$(BIN)/python -m campaigns.tenants $(ARGS)

migrations: $(STAMP) ## give 1,000 tenants a column while they are served, killed, poisoned and resumed
	$(BIN)/python -m campaigns.migrations $(ARGS)

legacy: $(STAMP) ## carry a database of the old house over while its program writes and the run is killed
	$(BIN)/python -m campaigns.legacy $(ARGS)

mutants: $(STAMP) ## break the engine in six ways, each of which must turn the campaign red
	$(BIN)/python -m campaigns.mutants $(ARGS)

failpoints: $(STAMP) ## kill at every failpoint, on every marketplace
	$(BIN)/python -m campaigns.failpoints $(ARGS)

fuzz: $(STAMP) ## send 100,000 wrong requests and 20,000 wrong frames to an api, none of which may be answered 5xx
	$(BIN)/python -m campaigns.fuzz $(ARGS)

canaries: $(STAMP) ## give 50 tenants a word each, and look for it in 100,000 answers to others: half an hour, --short a minute
	$(BIN)/python -m campaigns.canaries $(ARGS)

walk: $(STAMP) ## go a new user's whole way with curl, Chromium and socket.io-client, 200 products on three marketplaces: minutes
	$(BIN)/python -m campaigns.walk $(ARGS)

docs: $(STAMP) ## write the generated pages of docs/ again
	$(BIN)/python -m rules.states
	$(BIN)/python -m rules.plugin_protocol

locks: $(TOOLS) ## name what constraints.txt pins by its hashes, as pip's own index has them: minutes
	$(COMPILE) -o locks/production.txt pyproject.toml
	$(COMPILE) --extra embedded --extra dev --extra bench -o locks/development.txt pyproject.toml
	$(COMPILE) -o locks/build.txt locks/build.in

sbom: $(TOOLS) ## write what production is made of to sbom.cdx.json (CycloneDX)
	.tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-file sbom.cdx.json locks/production.txt

clean: ## remove the environment, caches and the embedded servers' data
	rm -rf .venv .tools .stoflow .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov dist build tests/integration/http/clients/node_modules plugin/node_modules plugin/build

$(STAMP): pyproject.toml stoflow_sandbox/pyproject.toml locks/development.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(LOCKED) -r locks/development.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e . -e ./stoflow_sandbox
	@touch $@

$(TOOLS): locks/build.txt
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install $(LOCKED) -r locks/build.txt
	@touch $@
