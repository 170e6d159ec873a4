# The one door: make demo | run | test | lint | types | fuzz | kills | soak | identity | package | package-test | bench | clean
PYTHON  ?= python3
VENV    ?= .venv
BIN      = $(VENV)/bin
PIP      = $(BIN)/python -m pip --disable-pip-version-check -q
PHOTOS  ?=
QUERY   ?=
COUNT   ?= 500
SEED    ?= 1
BENCH   ?=
ACCELERATOR ?= cpu
WORKERS ?= 2
DEMO     = .demo

.PHONY: demo run test lint types contracts unit test-cluster fuzz kills soak identity package package-test bench clean

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Balloon needs Python 3.11 or newer (make PYTHON=python3.12 ...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(PIP) install -e '.[test,models,ocr]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@if $(BIN)/python packaging/demo.py needs-samples --photos "$(PHOTOS)" --samples $(DEMO)/photos; then \
		$(PIP) install -e '.[demo]' && $(BIN)/python packaging/demo.py samples --samples $(DEMO)/photos; fi
	@$(BIN)/python packaging/demo.py run --photos "$(PHOTOS)" --query "$(QUERY)" --samples $(DEMO)/photos --library $(DEMO)/library

run: $(VENV)/.run
	@$(BIN)/balloon

test: $(VENV)/.test
	@sh packaging/linux/qt_libraries.sh $(BIN)/python
	@$(MAKE) --no-print-directory lint types contracts unit

lint:
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types:
	$(BIN)/mypy
	$(BIN)/mypy packaging/demo.py
	$(BIN)/mypy packaging/build.py packaging/contents.py packaging/requirements.py packaging/smoke.py packaging/stamp.py \
		packaging/icons/render.py packaging/linux/trim_icu.py packaging/linux/words.py
	$(BIN)/mypy packaging/check_captions.py
	$(BIN)/mypy benchmarks
	$(BIN)/mypy benchmarks/gpu.py
	$(BIN)/mypy docs/screenshots/take.py

contracts:
	$(BIN)/lint-imports --no-logo

# As many test processes as there are cores, WORKERS at most; each takes whole files (tests/conftest.py: the long ones first).
unit:
	QT_QPA_PLATFORM=offscreen ORT_DISABLE_TELEMETRY=1 \
		$(BIN)/python -m pytest -q --numprocesses logical --maxprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 20

# PostgreSQL with pgvector and Ray on this machine: installs what is missing, starts them, stops them. TESTS=... for some.
test-cluster: $(VENV)/.test $(VENV)/.cluster
	@sh tests/cluster/prepare.sh
	@ORT_DISABLE_TELEMETRY=1 $(BIN)/python -m tests.cluster $(TESTS)

$(VENV)/.cluster: pyproject.toml $(VENV)/.test
	$(PIP) install -e '.[cluster]' 'moto[server]>=5,<6'
	@touch $@

fuzz: $(VENV)/.test
	@$(BIN)/python -m tests.hostile.fuzz --count $(COUNT) --seed $(SEED)

kills: $(VENV)/.test
	@$(BIN)/python -m tests.calamities.kills --seed $(SEED)

soak: $(VENV)/.test
	@$(BIN)/python -m tests.calamities.soak --seed $(SEED)

identity: $(VENV)/.test
	@$(BIN)/python -m tests.calamities.identity

bench: $(VENV)/.test $(VENV)-peers/.done
	@$(BIN)/python -m benchmarks --peers $(VENV)-peers/bin/python $(BENCH)

$(VENV)-peers/.done: benchmarks/peers.txt
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip --disable-pip-version-check -q install -r benchmarks/peers.txt
	@touch $@

clean:
	rm -rf $(DEMO) build dist

package:
	@$(PYTHON) packaging/build.py --accelerator $(ACCELERATOR)

package-test:
	@sh packaging/linux/try_packages.sh dist "$(PHOTOS)"
