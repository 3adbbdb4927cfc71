# Every command of the project, the same on a laptop, in CI and in production.
# Nothing has to be installed beforehand but make and Python 3.11 or newer; PYTHON names another interpreter,
# ARGS is handed on to the command: make test ARGS="tests/inventory -k backorder".

PYTHON ?= python3
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: help run test lint bench requirements
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.requirements-installed ## start the shop, with its demo store, on http://127.0.0.1:8000
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py load_demo
	@exec $(PY) manage.py serve $(ARGS)

test: $(VENV)/.test-requirements-installed ## run the whole test suite, on DATABASE_URL if it is set, else on SQLite
	@$(PY) -m pytest $(ARGS)

# The last two look at the code, not at anybody's data: they get a data folder of their own, and no database but the empty one in it.
lint: $(VENV)/.test-requirements-installed ## check style, types, import arrows, templates, migrations and production settings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check --output-format concise .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	@set -e; templates=$$(find templates shop catalog inventory imports -name '*.html' 2>/dev/null || true); \
	if [ -n "$$templates" ]; then echo "$(VENV)/bin/djade --check --target-version 5.2 (every template)"; \
	$(VENV)/bin/djade --check --target-version 5.2 $$templates; fi
	@set -e; unset DATABASE_URL DEBUG; DATA_DIR=$$(mktemp -d); export DATA_DIR; trap 'rm -rf "$$DATA_DIR"' EXIT; \
	echo "manage.py makemigrations --check"; \
	$(PY) manage.py makemigrations --check --dry-run; \
	echo "manage.py check --deploy"; \
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	BASE_URL=https://shop.example ALLOWED_HOSTS=shop.example \
	$(PY) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/.test-requirements-installed ## measure the shop
	@$(PY) -m tests.benchmarks $(ARGS)

# The test requirements are settled first: the others are a part of them, at the same versions.
requirements: $(VENV)/.made ## write requirements*.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(PIP_INSTALL) uv
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links $(ARGS) --extra test pyproject.toml --output-file requirements-test.txt
	UV_CUSTOM_COMPILE_COMMAND="make requirements" $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links $(ARGS) --constraint requirements-test.txt pyproject.toml \
	--output-file requirements.txt

# The virtual environment. Each step leaves a stamp when it is complete, so an interrupted one is done again.

# An environment whose interpreter has gone (Python was upgraded, the folder was moved) is made anew.
ifneq ($(shell test -x $(PY) && echo there),there)
.PHONY: $(VENV)/.made
endif

$(VENV)/.made:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "The shop needs Python 3.11 or newer, and $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." \
	"Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) cannot make virtual environments: its venv module is missing." \
	"On Debian and Ubuntu, run: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.requirements-installed: requirements.txt $(VENV)/.made
	@echo "Installing the requirements ..."
	@$(PIP_INSTALL) --require-hashes --requirement requirements.txt
	@touch $@

# requirements.txt is a part of requirements-test.txt, so both are installed now.
$(VENV)/.test-requirements-installed: requirements-test.txt requirements.txt $(VENV)/.made
	@echo "Installing the requirements and what the tests need ..."
	@$(PIP_INSTALL) --require-hashes --requirement requirements-test.txt
	@touch $(VENV)/.requirements-installed $@
