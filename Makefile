# install · lab · test · prove · bench · check: each sets up what it needs.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
KERNEL_TESTS := $(wildcard tests/test_theory*.py) \
    $(addprefix tests/test_,events.py properties.py reference.py routing.py scenario.py measures.py build.py)
SMALL_TESTS := $(addprefix tests/test_,properties.py reference.py routing.py measures.py)
FRONT := $(wildcard twin/picture/front/*.json twin/picture/front/*.py twin/picture/front/src/*)

.PHONY: install lab test prove bench check chromium

install: $(READY)

# uv if it is there, else pip; both from constraints.txt.
$(READY): pyproject.toml constraints.txt $(FRONT)
	@if command -v uv >/dev/null; then \
	    { test -x $(BIN)/python || uv venv --quiet --no-python-downloads --python "$(PYTHON)" .venv; } && \
	    uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable ".[develop]"; \
	else \
	    { $(BIN)/python -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory .venv; } && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	        --editable ".[develop]"; \
	fi
	@$(BIN)/twin doctor
	@touch $(READY)

# Debian keeps venv in a package of its own.
.PHONY: .venv
.venv:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed: make install PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip' 2>/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	    then apt-get update -qq && apt-get install -y -qq python3-venv; \
	    else echo "Python's venv is missing: apt install python3-venv"; exit 1; fi; }
	@"$(PYTHON)" -m venv .venv

# Only tests need a browser.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	    then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; \
	    else echo "No Chromium: the browser tests will be skipped. To have them: apt install chromium"; fi; }

lab: install
	@$(BIN)/twin lab $(ARGS)

test: install chromium
	$(BIN)/python -m pytest -m "not prove" $(ARGS)

# Bounds-checked code is kept apart: numba would take it for the other and the other for it.
prove: install
	$(BIN)/python -m pytest -m prove $(ARGS)
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=build/bounds $(BIN)/python -m pytest -m "not prove" $(KERNEL_TESTS)
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -m "not prove" $(SMALL_TESTS)

# Other engines live apart; Debian's venv is there once ours is.
PEERS := build/peers
$(PEERS)/.ready: tests/speed/peers.txt | $(READY)
	@if command -v uv >/dev/null; then \
	    uv venv --quiet --clear --no-python-downloads --python "$(PYTHON)" $(PEERS) && \
	    uv pip install --quiet --python $(PEERS)/bin/python --requirement tests/speed/peers.txt; \
	else \
	    $(BIN)/python -m venv --clear $(PEERS) && \
	    $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/speed/peers.txt; \
	fi
	@touch $@

bench: install chromium $(PEERS)/.ready
	$(BIN)/python -m tests.speed $(ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@! grep -nE '"resolved"|://' constraints.txt || { echo "constraints.txt names an address"; exit 1; }
	@! grep -n '"resolved"' twin/picture/front/package-lock.json || { echo "package-lock.json names a registry"; exit 1; }
