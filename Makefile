# Two commands for a newcomer: `make demo` and `make test`. They do all the set-up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One more than cores: many tests wait for processes, not for the processor.
WORKERS ?= 3
UNIT := tests/policy tests/rulefiles tests/notify tests/test_settings.py tests/test_telemetry.py \
	tests/test_world.py tests/test_ci_examples.py tests/hubspot/test_catalog.py tests/hubspot/test_availability.py \
	tests/hubspot/webhooks

.PHONY: demo test unit every-hour lint soak endurance mutants bench growth steady lock clean help

help: ## Show the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.run ## Create 200 contacts in a sandbox portal and route them (STAY=1 leaves it running)
	@$(BIN)/router demo $(if $(STAY),--stay)

test: $(VENV)/.dev lint ## Lint, types, floors, and every test
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup -m "not soak" $(PYTEST_ARGUMENTS)

unit: $(VENV)/.dev ## The tests that need no portal, no process and mostly no Redis: within a minute
	$(BIN)/pytest -q -n 2 $(UNIT)

every-hour: $(VENV)/.dev ## Every test at night, at week-ends and when clocks change (needs faketime; an hour)
	$(BIN)/python -m tests.every_hour

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

soak: $(VENV)/.dev ## Every cell of the fault matrix, and the properties with new random examples (an hour)
	$(BIN)/pytest -q -n $(WORKERS) -m "hypothesis and not soak" --hypothesis-profile=search
	$(BIN)/pytest -q -m soak -x

endurance: $(VENV)/.dev ## Storms through 100,000 leads, counted (SEEDS=1-5 for a part; goes on where it stopped)
	$(BIN)/python -m tests.crash.endurance --seeds $(or $(SEEDS),1-20) --totals $(or $(TOTALS),endurance.json)

mutants: $(VENV)/.dev ## Take each guard away in a copy of the tree, and see that a test notices (ONLY="erased": some)
	$(BIN)/python -u -m tests.mutants $(if $(JOBS),--jobs $(JOBS)) $(if $(ONLY),"$(ONLY)")

bench: $(VENV)/.run ## Throughput and receiver figures, as ratios against a textbook worker
	$(BIN)/python bench/receiver.py
	$(BIN)/python -m bench.throughput

growth: $(VENV)/.dev ## Costs with 10,000 to 1,000,000 decisions, and after years (an hour; GROWTH="--sizes 10k": less)
	$(BIN)/python -m bench.growth --json growth.json $(GROWTH)

steady: $(VENV)/.dev ## Memory, handles and CPU over half an hour of steady work (STEADY="--minutes 5": less)
	$(BIN)/python -m bench.soak --json soak.json $(STEADY)

lock: ## Resolve both lock files anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Lead Router needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python cannot make a virtual environment here. On Debian: apt install python3-venv"; exit 2; }

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing the locked dependencies into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

clean: ## Remove the virtual environment and local state
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache
