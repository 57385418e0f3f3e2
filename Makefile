.DEFAULT_GOAL := help
.PHONY: help setup assets demo dev test test-postgres browser chaos fuzz bench lint migrations snapshots versions lock

VENV := .venv
PYTHON := $(VENV)/bin/python
MANAGE := $(PYTHON) manage.py
STYLE := static-built/built/style.css
# Tailwind looks for the classes that templates and scripts use.
STYLED := $(shell find apps ingest -name '*.html' -o -path '*/static/*.js' -o -name forms.py)
COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header

# An interpreter is probed by running it: a name on PATH may be a shim without a version behind it.
FIND_PYTHON = for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$candidate; break; }; \
	done

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s%s\n", $$1, $$2}'

setup: $(VENV)/installed .env ## Make .venv, .env and the pages' style; the others call it first
	@$(MAKE) --no-print-directory --silent assets || echo 'Pages work without their style. Again: make assets' >&2

assets: $(STYLE) ## Build the pages' style where a template or a package changed

$(STYLE): package.json package-lock.json .npmrc $(wildcard frontend/*) $(STYLED) | $(VENV)/installed
	$(PYTHON) -I frontend/build.py

$(VENV)/installed: requirements-dev.lock
	@python=$$($(FIND_PYTHON)); \
	test -n "$$python" || { echo 'Python 3.11 or newer is needed.' >&2; exit 1; }; \
	$$python -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python lacks its venv module; on Debian: apt install python3-venv' >&2; exit 1; }; \
	test -x $(PYTHON) || $$python -m venv --clear $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.env: | $(VENV)/installed
	@$(PYTHON) -I tformance/setup_env.py $@

demo: setup ## Connect to a GitHub stand-in, backfill, replay, serve (SERVE=0: end there; ARGS='--port 8123')
	$(MANAGE) demo $(if $(filter 0,$(SERVE)),--no-serve) $(ARGS)

dev: setup ## Run web, worker and beat until Ctrl-C
	$(MANAGE) migrate --verbosity 0
	$(PYTHON) -m tformance.dev

test: setup ## Run the tests (ARGS='apps.integrations --keepdb')
	$(MANAGE) test $(ARGS)

test-postgres: setup ## Run the tests on a PostgreSQL started for them (TESTS=database: those that ask it)
	@$(PYTHON) -m tests.postgres --find || $(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements-postgres.lock
	$(PYTHON) -m tests.postgres $(MANAGE) test $(ARGS)

browser: setup ## Test the pages in the machine's Chromium (CHROMIUM=/path/to/it, ARGS='-k story')
	@$(PYTHON) -c 'import playwright' 2>/dev/null || $(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements-browser.lock
	BROWSER=1 $(PYTHON) -m pytest -q --durations 5 tests/browser $(ARGS)

chaos: setup ## Kill web, worker, beat and broker during COUNT=5000 deliveries (DB=sqlite, BROKER=, SEED=)
	@COUNT=$(COUNT) DB=$(DB) BROKER=$(BROKER) SEED=$(SEED) $(PYTHON) -m tests.chaos

fuzz: setup ## Send FUZZ=10000 malformed requests to a running server (SEED=)
	FUZZ=$(or $(FUZZ),10000) SEED=$(SEED) $(PYTHON) -m tests.postgres $(PYTHON) -m pytest -q tests/live/test_fuzz.py

bench: setup ## Measure log, replay and deliveries (SIZE=20000; ONLY=deliveries, backfill, sqlite, postgres; PAGES=1; MANY=1)
	SIZE=$(SIZE) ONLY=$(ONLY) PAGES=$(PAGES) MANY=$(MANY) $(PYTHON) -m tests.bench

lint: setup ## Check style, types and who imports whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

migrations: setup ## Write the migrations that the models ask for, and apply them
	$(MANAGE) makemigrations
	$(MANAGE) migrate

snapshots: setup ## Write tests/snapshots from tests/fixtures: read the difference before you commit it
	SNAPSHOTS=write $(PYTHON) -m pytest -q tests/test_snapshots.py

versions: setup ## Write down the code of each version (SAME='formula size': it changed, its results did not)
	VERSIONS=write SAME="$(SAME)" $(PYTHON) -m pytest -q ingest/tests/test_versions.py

lock: setup ## Write the lock files from pyproject.toml (ARGS=--upgrade: newest versions)
	$(COMPILE) $(ARGS) pyproject.toml --group dev --output-file requirements-dev.lock
	$(COMPILE) $(ARGS) pyproject.toml --constraint requirements-dev.lock --output-file requirements.lock
	$(COMPILE) $(ARGS) --group postgres --constraint requirements-dev.lock --output-file requirements-postgres.lock
	$(COMPILE) $(ARGS) --group node --constraint requirements-dev.lock --output-file requirements-node.lock
	$(COMPILE) $(ARGS) --group browser --constraint requirements-dev.lock --output-file requirements-browser.lock
