# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python requirements/install.py
ONLY ?=
LONG ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types contracts deps deployment audit bench chaos fuzz sandbox requirements docs docs-site examples reference sbom pin-images fmt clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.base: requirements/base.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, and $(PYTHON) isn't that; set PYTHON=python3.12, say."; exit 1; }
	@test -x $(BIN)/python || { echo "making .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@$(INSTALL) --require-hashes -r requirements/base.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.simulator: .venv/.base simulator/requirements.txt simulator/pyproject.toml
	@$(INSTALL) --require-hashes -r simulator/requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation -e ./simulator
	@touch $@

.venv/.dev: .venv/.simulator requirements/dev.txt
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.clients: .venv/.dev tests/clients/requirements.txt tests/clients/package-lock.json
	$(BIN)/python -m tests.clients
	touch $@

demo: .venv/.simulator ## install, then play the whole journey against a simulated Qonto
	$(BIN)/qonto-connector demo

sandbox: .venv/.simulator ## install, then serve connector and simulator on loopback until Ctrl-C
	$(BIN)/qonto-connector sandbox

test: .venv/.dev .venv/.clients ## install, then run the whole test suite
	$(BIN)/python -m pytest -n 4 --dist worksteal --durations=25

check: .venv/.dev lint types contracts deps deployment audit test ## everything CI runs

lint: .venv/.dev ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev ## static types
	$(BIN)/pyright

contracts: .venv/.dev ## which floor may import which
	$(BIN)/lint-imports

deps: .venv/.dev ## declared dependencies are the used ones
	$(BIN)/deptry .

deployment: .venv/.dev ## container, compose and Kubernetes files
	$(BIN)/hadolint deploy/Dockerfile simulator/Containerfile
	$(BIN)/yamllint --strict deploy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml deploy/compose.several.yaml
	$(BIN)/kubernetes-validate --strict deploy/kubernetes.yaml
	@$(BIN)/python deploy/pin_images.py --check

audit: .venv/.dev ## known vulnerabilities; skipped aloud when the database can't be reached
	@$(BIN)/python -m tests.audit

bench: .venv/.dev ## benchmarks; ONLY=relay for one, LONG=1 for the long ones
	$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(LONG),--long)

chaos: .venv/.dev ## kill, starve and mislead the processes, hundreds of times; prints figures
	CHAOS=1 $(BIN)/python -m pytest -n 2 --maxschedchunk 1 tests/chaos tests/oauth/test_kill.py tests/oauth/test_states.py

docs: .venv/.dev ## fill docs/requirements.md from the tests that passed
	$(BIN)/python -m pytest tests -n 4 --dist worksteal -q --requirements docs/requirements.md

fuzz: .venv/.dev ## call the described API with hundreds of requests for each operation
	CONNECTOR_TEST_FUZZ=100 $(BIN)/python -m pytest -n 2 --timeout 600 tests/connector/app/test_fuzzed_api.py

examples: .venv/.dev ## write the examples in the API's description again, from the simulator
	$(BIN)/python -m tests.examples

reference: .venv/.dev ## write docs/reference again, from the code
	$(BIN)/python -m tests.reference

docs-site: .venv/.dev ## build the documents as a site in build/site; a broken link is an error
	$(BIN)/python -m tests.docs.site

sbom: .venv/.dev ## write what the images hold to build/sbom, as CycloneDX
	$(BIN)/python -m tests.sbom

pin-images: ## pin base images by digest; needs skopeo or docker, and a registry
	$(PYTHON) deploy/pin_images.py

fmt: .venv/.dev ## format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

requirements: .venv/.dev ## compile the pinned, hashed requirements
	$(BIN)/uv pip compile -q pyproject.toml $(COMPILE) --extra build -o requirements/base.txt
	$(BIN)/uv pip compile -q simulator/pyproject.toml $(COMPILE) --extra build -c requirements/base.txt -o simulator/requirements.txt
	$(BIN)/uv pip compile -q tests/clients/requirements.in $(COMPILE) -o tests/clients/requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml $(COMPILE) --extra build --extra dev --extra docs --extra duckdb --extra parquet --extra s3 --extra mcp -c requirements/base.txt -c simulator/requirements.txt -o requirements/dev.txt

COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean: ## remove what was built and installed
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis
