# Targets: setup demo test test-matrix lint docs translations package site-checks screenshots clean
# clean-matrix.
# Each can be repeated at no cost.
SHELL := /bin/sh
PYTHON := .venv/bin/python
# Where tests need QGIS they need no display, and never somebody's own profile.
HEADLESS := QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR=$(CURDIR)/build/run \
	QGIS_CUSTOM_CONFIG_PATH=$(CURDIR)/build/test-profile SOMA_PYTHON=$(CURDIR)/$(PYTHON)

.PHONY: help system environment setup demo test test-matrix lint docs translations package \
	site-checks screenshots clean clean-matrix

help:
	@echo "make setup    system packages (Debian), .venv, QGIS profile with the plugin in build/profile"
	@echo "make demo     setup, then register a scene headless in QGIS, and show what came of it"
	@echo "make test     setup, then all tests"
	@echo "make test-matrix  all tests on the QGIS of other Debian releases (SUITES=trixie TESTS=tests/qgis)"
	@echo "make lint     ruff, ruff format and mypy over the core, the plugin, scripts and tests"
	@echo "make docs     build/site, the documentation as web pages"
	@echo "make translations  texts of the plugin into resources/i18n, compiled"
	@echo "make package  dist/soma_qgis.zip, for QGIS's plugin manager"
	@echo "make site-checks  package, then the checks of plugins.qgis.org on it"
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
	@echo "ruff check:"
	@$(PYTHON) -m ruff check .
	@echo "ruff format:"
	@$(PYTHON) -m ruff format --check .
	@echo "mypy:"
	@$(PYTHON) -m mypy

docs:
	@scripts/tool_environment.sh build/docs-venv requirements/docs.txt
	@NO_MKDOCS_2_WARNING=1 build/docs-venv/bin/mkdocs build --strict
	@echo "Documentation: build/site/index.html"

translations:
	@/usr/bin/python3 scripts/translations.py

package:
	@/usr/bin/python3 scripts/package.py

site-checks: package
	@scripts/tool_environment.sh build/site-checks-venv requirements/site-checks.txt
	@scripts/site_checks.sh

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
