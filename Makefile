# Everything a person does here, one word each. `make` alone lists them.
#
# Needs make and a Python of at least 3.11. The first one found below is used; name another with
# `make up PYTHON=/path/to/python3`.

SHELL := /bin/sh
VENV ?= .venv
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
OLD_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,$(CANDIDATES),\
	$(shell $(name) -c '$(OLD_ENOUGH)' >/dev/null 2>&1 && echo $(name))))
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
UV_VERSION := 0.13.8
UV := .venv-lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"
PYTEST_FLAGS ?=
# Most tests wait for something; those that kill whole systems have the machine to themselves.
TEST_PROCESSES ?= 4

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
CHROMES := chromium chromium-browser google-chrome google-chrome-stable chrome
export CHROME
.PHONY: chrome help up test lint check audit demo bench docs migrate lock clean .venv

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

up: .venv ## start the whole system, databases included; Ctrl-C stops it
	@exec $(VENV)/bin/momento up

test: .venv chrome ## run every test
	@$(VENV)/bin/pytest -n 2 --dist worksteal $(PYTEST_FLAGS) tests/acceptance
	@exec $(VENV)/bin/pytest -n $(TEST_PROCESSES) --dist worksteal $(PYTEST_FLAGS) --ignore tests/acceptance

lint: .venv ## format, lint, types, layers
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

check: lint ## what must hold before a commit: that, and the fast tests
	$(VENV)/bin/pytest $(PYTEST_FLAGS) $(wildcard tests/unit tests/architecture)

demo: .venv ## play an evening into the running system, and break something; YEAR=1: a year
	@exec $(VENV)/bin/momento demo $(if $(YEAR),--year,--trouble)

# A report: what it finds, or that it can't ask, fails nothing, and it never takes longer than this.
AUDIT_SECONDS ?= 40

audit: .venv ## list known weaknesses of what we depend on, as far as PyPI knows
	@timeout $(AUDIT_SECONDS) $(VENV)/bin/pip-audit --requirement requirements.lock \
		--require-hashes --disable-pip --timeout 10 --progress-spinner off \
		|| echo "make audit: weaknesses are listed above, or nobody could be asked"

bench: .venv ## measure throughput and latency, beside the same job on other queues
	@exec bench/run

docs: .venv ## write the catalogue, the tables and the timetable in docs/ anew from the code
	@exec $(VENV)/bin/python -m docs.generator

migrate: .venv ## bring the database named by DATABASE_URL up to date
	@exec $(VENV)/bin/momento migrate

lock: ## resolve the dependencies again and write both lock files; UPGRADE=--upgrade for newer ones
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock \
		&& .venv-lock/bin/python -m pip --quiet install uv==$(UV_VERSION); }
	$(UV) $(UPGRADE) --extra dev --output-file requirements-dev.lock
	echo hatchling | $(UV) - --extra otel --extra sentry --constraints requirements-dev.lock --output-file requirements.lock

clean: ## remove the virtual environments and caches; the data in .momento/ stays
	rm -rf .venv .venv-lock .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The browser tests need one. Nothing but Debian's own package is ever installed, and only by root.
chrome:
	@test -n "$(CHROME)" || { for name in $(CHROMES); do \
		command -v $$name >/dev/null && exit 0; done; false; } || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "Installing chromium for the browser tests" && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	} || { echo "The browser tests need Chrome or Chromium, and none was found. Install one" \
		"(apt-get install chromium), or name it: make test CHROME=/path/to/chrome" >&2; exit 1; }

.venv: $(VENV)/.installed

# Two stamps, so that a change to pyproject.toml alone doesn't install everything again.
$(VENV)/.locked: requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Momento needs Python 3.11 or newer with venv and ensurepip," \
		"and none was found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Installing into $(VENV) from requirements-dev.lock"
	@$(VENV)/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@
