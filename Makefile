# Wuding: `make demo` shows the main job, `make test` passes the tests. Each does its own set-up
# on a machine that has only python3 (3.11 or newer, with venv) and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# compiled once, not by each of the many processes, whatever the machine is set to
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test check unit bench docs console clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.ready  ## a county in a rainstorm: plan, map and report in wuding-demo/
	@$(BIN)/wuding demo

test: $(VENV)/.ready-dev  ## everything a change must pass: formatting, types, layers, tests
	@$(MAKE) --no-print-directory check unit

check: $(VENV)/.ready-dev  ## formatting, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.ready-dev  ## the tests alone
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

bench: $(VENV)/.ready-dev  ## the measured figures of docs/benchmarks.md
	$(BIN)/python -m pytest -q -m benchmark tests/benchmarks -s

docs: $(VENV)/.ready-dev  ## rewrite the generated pages of docs/
	$(BIN)/python -m inventory.files.document docs/data-dictionary.md

console: $(VENV)/.ready-dev  ## build the console (api/console/dist) anew; needs Node 20 or newer
	cd api/console && npm install --no-save --no-audit --no-fund
	$(BIN)/python -m api.http.console api/console
	cd api/console && npm run build

clean:  ## remove the environment and the demo's output
	rm -rf $(VENV) wuding-demo wuding-simulation

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "需要 Python 3.11 或更新版本,例如: make PYTHON=python3.12 demo"; \
	  echo "Python 3.11 or newer is needed, for example: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "缺少 venv 模块。Debian/Ubuntu 请先运行: sudo apt install python3-venv"; \
	  echo "The venv module is missing. On Debian or Ubuntu run: sudo apt install python3-venv"; exit 1; }
	@echo "首次准备环境,约需一至三分钟 / first set-up, one to three minutes ..."
	@$(PYTHON) -m venv $(VENV)

# The last line compiles the kernels once, so that no dispatcher waits for it.
$(VENV)/.ready: pyproject.toml constraints.txt | $(VENV)/bin/python
	@$(PIP) --editable .
	@$(BIN)/python -m api.warm
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@$(PIP) --editable '.[dev]'
	@touch $@
