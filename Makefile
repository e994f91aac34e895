# Everything runs inside .venv, made from the locked requirements. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
# For the shell, not for make: whatever is in the variable, it is one word and runs nothing.
DATABASE := "$${DWH_DATABASE:-ecommerce_dwh.db}"
# Python compiles what it imports, the first time; compiling all of it takes pip longer.
# But where Python may not keep what it compiles, each process would do it anew.
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes \
	$(if $(PYTHONDONTWRITEBYTECODE),,--no-compile)
INSTALL := $(BIN)/python $(PIP)
STAMPS := .make
ENGINES := $(STAMPS)/all-engines
# An environment is made when this is in it: one left half is made again.
MADE := made

SOURCES := $(shell find models macros seeds pipeline tests/dbt -type f \
	\( -name '*.sql' -o -name '*.yml' -o -name '*.csv' -o -name '*.py' -o -name '*.md' \)) \
	dbt_project.yml profiles.yml
PYTHON_PACKAGES := generator pipeline dashboard benchmarks

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all help venv warehouse documentation test test-engines test-cluster test-iceberg test-airflow test-beyond torture lint lint-sql lint-others dashboard docs bench bench-large bench-huge clean

all: documentation ## Build and test the warehouse and its documentation
	@printf 'The warehouse is %s. Look at it: make dashboard, make docs, or any SQLite client.\n' $(DATABASE)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sort | sed -E 's/:.*## /\t/' | expand -t 14

venv: $(STAMPS)/venv ## Make .venv with the pinned dependencies

$(STAMPS)/venv: requirements/default.lock
	@command -v $(PYTHON) >/dev/null || { \
		echo "make: $(PYTHON) is missing: install Python 3.11 to 3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "make: $(PYTHON) is $$($(PYTHON) -V 2>&1): Python 3.11 to 3.13 is needed (make PYTHON=python3.12)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: $(PYTHON) lacks its venv module: install it (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "Installing the pinned dependencies into .venv (a minute or two the first time) ..."
	@$(PYTHON) -m venv .venv
	@$(INSTALL) -r requirements/default.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.lock $(STAMPS)/venv
	@echo "Installing what tests and linters need into .venv ..."
	@$(INSTALL) -r requirements/default.lock -r requirements/dev.lock
	@touch $@

# An environment of their own, on top of .venv: what tests the default engine goes on
# beside, and never with them.
$(ENGINES)/$(MADE): $(addprefix requirements/,$(addsuffix .lock,databases duckdb metrics postgres spark spark-connect spark-thrift)) $(STAMPS)/dev
	@echo "Installing DuckDB, PostgreSQL, Spark and MetricFlow into $(@D) ..."
	@$(PYTHON) -m venv --clear --without-pip $(@D)
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
		>"$$(echo $(@D)/lib/python*/site-packages)/venv.pth"
	@$(@D)/bin/python $(PIP) --no-deps $(addprefix -r ,$(filter %.lock,$^))
	@$(@D)/bin/python -m pip check >/dev/null
	@touch $@

$(STAMPS)/sources: $(SOURCES)
	@mkdir -p $(STAMPS) && touch $@

# The names of files that make itself compares must not have blanks: the shell does it.
warehouse: $(STAMPS)/venv $(STAMPS)/sources
	@{ test -e $(DATABASE) && test ! $(DATABASE) -ot $(STAMPS)/sources; } || \
		$(BIN)/python -m pipeline build --database=$(DATABASE)

documentation: warehouse
	@{ test -e target/index.html && test ! target/index.html -ot $(DATABASE); } || { \
		DWH_DATABASE=$(DATABASE) $(BIN)/dbt --quiet docs generate && touch target/index.html; }

docs: documentation ## Serve the models' documentation on http://localhost:8080
	@DWH_DATABASE=$(DATABASE) $(BIN)/dbt docs serve --host 127.0.0.1

dashboard: warehouse ## Open the dashboard
	@DWH_DATABASE=$(DATABASE) $(BIN)/streamlit run dashboard/app.py

test: $(STAMPS)/dev lint ## Run every check and test of the default engine
	@$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

test-engines: $(ENGINES)/$(MADE) ## Prove the numbers equal on SQLite, DuckDB, PostgreSQL and Spark
	@$(ENGINES)/bin/python -m pytest tests/engines --numprocesses 2 --no-loadscope-reorder

test-cluster: $(ENGINES)/$(MADE) ## Build on a Spark cluster of three hosts, and kill its workers
	@$(ENGINES)/bin/python -m pytest tests/cluster

# Iceberg's runtime is there for an older Spark only, which stands before ours. With one
# for ours, in DWH_TEST_ICEBERG_JAR, the tests run anywhere that pyiceberg is.
$(STAMPS)/iceberg/$(MADE): tests/iceberg/requirements.lock $(ENGINES)/$(MADE)
	@echo "Installing Spark 3.5 with Iceberg into $(@D) ..."
	@$(PYTHON) -m venv --clear --without-pip $(@D)
	@$(ENGINES)/bin/python -c 'import sys; print(*(p for p in sys.path if "site-p" in p), sep="\n")' \
		>"$$(echo $(@D)/lib/python*/site-packages)/venv.pth"
	@$(@D)/bin/python $(PIP) --no-deps -r $<
	@touch $@

test-iceberg: $(STAMPS)/iceberg/$(MADE) ## Publish tables of Iceberg on Spark 3.5, and read them by others
	@$(STAMPS)/iceberg/bin/python -m pytest tests/iceberg

# Airflow has an environment of its own, with nothing of ours.
$(STAMPS)/airflow/$(MADE): orchestration/airflow/requirements.lock
	@echo "Installing Airflow into $(@D) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(PIP) --no-deps -r $<
	@touch $@

test-airflow: $(STAMPS)/dev $(STAMPS)/airflow/$(MADE) ## Have Airflow itself run its DAG
	@$(BIN)/python -m pytest tests/orchestration

# So have other versions of dbt, and the emulator of Snowflake.
BEYOND := $(patsubst %,$(STAMPS)/%/$(MADE),dbt_1_12 dbt_2 snowflake)
$(BEYOND): $(STAMPS)/%/$(MADE): tests/beyond/%.lock
	@echo "Installing another dbt into $(@D) ..."
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(PIP) --no-deps -r $<
	@touch $@

test-beyond: $(ENGINES)/$(MADE) $(BEYOND) ## Build with dbt 1.12, dbt 2, and on an emulator of Snowflake
	@$(ENGINES)/bin/python -m pytest tests/beyond

torture: $(ENGINES)/$(MADE) ## Attack loads, publishes and readers for minutes; count how often they held
	@$(ENGINES)/bin/python -m tests.torture
	@scripts/with_postgres.sh $(ENGINES)/bin/python -m tests.torture --target postgres
	@$(ENGINES)/bin/python -m tests.torture --target spark

# Two at once, where make was not told how many.
lint: $(STAMPS)/dev ## Check the style of SQL, YAML and Python
	@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs 2) lint-sql lint-others

lint-sql:
	@$(BIN)/python scripts/lint_sql.py lint --disable-progress-bar --processes 2 models tests/dbt/singular

lint-others:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(PYTHON_PACKAGES)
	@$(BIN)/yamllint --strict .

bench: $(STAMPS)/dev warehouse ## Measure speed and memory against floors, up to a million lines
	@$(BIN)/python -m benchmarks

bench-large: $(ENGINES)/$(MADE) ## Measure ten million lines on DuckDB, a million on the servers
	@$(ENGINES)/bin/python -m benchmarks --large
	@scripts/with_postgres.sh $(ENGINES)/bin/python -m benchmarks --engine postgres --lines 1m
	@$(ENGINES)/bin/python -m benchmarks --engine spark --lines 1m

bench-huge: $(ENGINES)/$(MADE) ## Build 117 million lines on DuckDB once, and say what that takes
	@$(ENGINES)/bin/python -m benchmarks --huge

clean: ## Remove everything made here, the warehouse and .venv included
	rm -rf .venv $(STAMPS) target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f ecommerce_dwh.db ecommerce_dwh.db.*
