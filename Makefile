# Targets: setup demo test test-matrix lint translations package screenshots clean clean-matrix.
# Each can be repeated at no cost.
SHELL := /bin/sh
PYTHON := .venv/bin/python
# Where tests need QGIS they need no display, and never somebody's own profile.
HEADLESS := QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$(CURDIR)/build/run \
	QGIS_CUSTOM_CONFIG_PATH=$(CURDIR)/build/test-profile SOMA_PYTHON=$(CURDIR)/$(PYTHON)

.PHONY: help system environment setup demo test test-matrix lint translations package \
	screenshots clean clean-matrix

help:
	@echo "make setup    system packages (Debian), .venv, QGIS profile with the plugin in build/profile"
	@echo "make demo     setup, then register a scene headless in QGIS, and show what came of it"
	@echo "make test     setup, then all tests"
	@echo "make test-matrix  all tests on the QGIS of other Debian releases (SUITES=trixie TESTS=tests/qgis)"
	@echo "make lint     ruff and mypy"
	@echo "make translations  texts of the plugin into resources/i18n, compiled"
	@echo "make package  dist/soma_qgis.zip, for QGIS's plugin manager"
	@echo "make screenshots  pictures of docs/guide, from the zip in a QGIS under Xvfb"
	@echo "make clean    delete build, dist and caches, but neither .venv nor what test-matrix made"
	@echo "make clean-matrix  delete what test-matrix made"

system:
	@scripts/system_packages.sh

environment: system
	@scripts/environment.sh

setup: environment
	@$(PYTHON) scripts/qgis_profile.py

demo: setup
	@PYTHONPATH=$(CURDIR) $(PYTHON) -W ignore scripts/demo.py

test: environment
	@mkdir -p build/run build/test-profile && chmod 700 build/run
	@echo "Tests:"
	@$(HEADLESS) $(PYTHON) -m pytest

test-matrix:
	@/usr/bin/python3 scripts/test_matrix.py $(if $(SUITES),--suites $(SUITES)) -- $(TESTS)

lint: environment
	@echo "ruff:"
	@$(PYTHON) -m ruff check .
	@echo "mypy:"
	@$(PYTHON) -m mypy
	@$(PYTHON) -m mypy scripts

translations:
	@/usr/bin/python3 scripts/translations.py

package:
	@/usr/bin/python3 scripts/package.py

screenshots: environment package
	@PYTHONPATH=$(CURDIR) $(PYTHON) -W ignore scripts/screenshots.py $(SCREENSHOTS)

clean:
	@echo "Deleting build (but build/matrix), dist and caches."
	@mkdir -p build
	@find build -mindepth 1 -maxdepth 1 -not -name matrix -exec rm -rf {} +
	@rmdir --ignore-fail-on-non-empty build
	@rm -rf dist .pytest_cache .ruff_cache .mypy_cache
	@find . -name __pycache__ -type d -not -path './.venv/*' -not -path './build/*' -prune -exec rm -rf {} +

clean-matrix:
	@/usr/bin/python3 scripts/test_matrix.py --clean
