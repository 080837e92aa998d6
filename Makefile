# make demo, make test, make versions, make lint, make docs, make clean. Each sets up what it needs in $(VENV), once per pyproject.toml.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
FLAKE8 := $(BIN)/python -m flake8 --isolated --select=ADB
FOUND := $(VENV)/demo.txt

.PHONY: demo test versions lint docs clean

demo: $(VENV)/.package
	@rm -f $(FOUND)
	@$(FLAKE8) --exit-zero --format=adb-rows --output-file=$(FOUND) --tee examples/before
	@grep -q 'ADB[0-9]' $(FOUND)
	@$(FLAKE8) examples/after
	@echo "examples/before is above; examples/after has no finding"

test: $(VENV)/.test $(VENV)/.browser
	@$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run --parallel-mode -m pytest -n auto
	@$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

versions: $(VENV)/.versions
	$(BIN)/python -m nox

lint: $(VENV)/.lint
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy --strict src
	$(FLAKE8) src
	$(BIN)/python scripts/docs.py --check
	$(BIN)/python scripts/sync_rules.py --check

docs: $(VENV)/.package
	$(BIN)/python scripts/docs.py
	$(BIN)/python scripts/sync_rules.py

clean:
	rm -rf .venv .venv-* .nox .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache dist
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

# pip 25.1 is the first that installs dependency groups; a Python without ensurepip gets its pip from outside.
$(VENV)/.pip:
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install pip; }
	@$(PIP) install --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.package: pyproject.toml $(VENV)/.pip
	@$(PIP) install --quiet --editable .
	@touch $@

# The pages of `compare` are tested in a real Chromium: the one that is there, Debian's, or Playwright's own.
$(VENV)/.browser: $(VENV)/.test
	@$(BIN)/python tests/browser.py || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		$(BIN)/python -m playwright install chromium || echo "no Chromium: the tests that need one will fail"
	@touch $@

$(VENV)/.test $(VENV)/.versions $(VENV)/.lint: $(VENV)/.%: pyproject.toml $(VENV)/.package
	@$(PIP) install --quiet --group $*
	@touch $@
