"""From where and with which tool the environment is made: indexes, folders, proxies, uv."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy

from soma_qgis.engine import environment, installation
from soma_qgis.engine.diagnostics import redacted, report
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.installation import log_path
from soma_qgis.engine.plan import Plan
from soma_qgis.locations import requirements_folder
from soma_qgis.settings import Settings

from .stage import GOOD, Ear, Stage, make_uv


def test_an_offline_folder_is_the_only_source(stage: Stage) -> None:
    stage.run(wheels="/media/wheels", index="https://ignored.example")
    lines = stage.calls.read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if "pip install" in line):
        assert "--no-index --find-links /media/wheels" in line
        assert "ignored" not in line


def test_another_index_is_asked_as_well(stage: Stage) -> None:
    stage.run(index="https://wheels.example/cpu")
    assert "--extra-index-url https://wheels.example/cpu" in stage.calls.read_text(encoding="utf-8")


def test_uv_is_used_where_it_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_uv(stage, monkeypatch)
    stage.run()
    called = stage.calls.read_text(encoding="utf-8")
    assert "uv venv" in called
    assert "-m pip install" not in called
    assert "--torch-backend cpu" in called.splitlines()[-1]


def test_what_uv_began_is_not_gone_on_with_by_pip(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_uv(stage, monkeypatch)
    with pytest.raises(EngineCancelledError):
        stage.run(Ear(cancel_at="pip install"))
    monkeypatch.setattr(installation, "find_uv", lambda: None)
    stage.run()
    assert "-m venv" in stage.calls.read_text(encoding="utf-8")


def test_uv_brings_a_python_where_there_is_none(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_uv(stage, monkeypatch)
    monkeypatch.setattr(installation, "base_pythons", lambda: iter([]))
    stage.run()
    assert "--python 3.12" in stage.calls.read_text(encoding="utf-8")


def test_pips_own_index_is_honoured_before_uv(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_uv(stage, monkeypatch)
    (stage.folder / "pip.conf").write_text("global.index-url='https://a.example/simple'\n")
    stage.run()
    assert "uv " not in stage.calls.read_text(encoding="utf-8").replace("/uv ", "")


def test_a_pip_variable_is_honoured_before_uv(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_uv(stage, monkeypatch)
    monkeypatch.setenv("PIP_INDEX_URL", "https://a.example/simple")
    stage.run()
    assert "-m pip install" in stage.calls.read_text(encoding="utf-8")


def test_the_proxy_of_qgis_reaches_pip_and_its_password_no_log(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = QgsNetworkAccessManager.instance()
    before, excluded = QNetworkProxy(manager.fallbackProxy()), manager.excludeList()
    http = QNetworkProxy.ProxyType.HttpProxy
    try:
        proxy = QNetworkProxy(http, "proxy.example", 3128, "ann", "p@ss/word")
        manager.setFallbackProxyAndExcludes(proxy, [], ["http://intern.example"])
        plan = Plan.of(Settings())
    finally:
        manager.setFallbackProxyAndExcludes(before, excluded, [])
    seen = stage.folder / "seen"
    stage.installs(f'echo "$HTTPS_PROXY $NO_PROXY" > "{seen}"; echo "via $HTTPS_PROXY"; exit 1')
    with pytest.raises(EngineError) as caught:
        stage.run(variables=plan.variables)
    assert seen.read_text().split() == [
        "http://ann:p%40ss%2Fword@proxy.example:3128",
        "intern.example",
    ]
    everything = caught.value.details + str(caught.value) + log_path(stage.plan.folder).read_text()
    assert "via http://***@proxy.example" in everything
    assert "word" not in everything


def test_home_and_passwords_are_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    assert redacted("in /home/ann/x and /home/ann2/y") == "in ~/x and /home/ann2/y"
    assert redacted("'/home/ann'") == "'~'"
    assert redacted("https://ann:secret@a.example/x") == "https://***@a.example/x"


def test_the_report_names_versions_and_nobody(
    qgis_app: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("SOMA_PYTHON", str(tmp_path / "python"))
    text = report(GOOD, f"last line of {tmp_path}/log")
    assert "QGIS 3." in text
    assert "~/python" in text
    assert "last line of ~/log" in text
    assert str(tmp_path) not in text


def test_every_shipped_list_but_the_named_one_is_pinned_and_hashed() -> None:
    lists = sorted(requirements_folder().glob("*.txt"))
    assert {"packages.txt", "torch.txt", "torch-unhashed.txt"} < {path.name for path in lists}
    for path in lists:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        entries = re.findall(r"^[^#\s].*\n(?:^ .*\n)*", text, re.MULTILINE)
        assert entries
        for entry in entries:
            assert "==" in entry
            assert ("--hash=sha256:" in entry) == (path.name != "torch-unhashed.txt")


def test_the_lists_hold_what_the_core_imports() -> None:
    folder = requirements_folder()
    text = (folder / "packages.txt").read_text() + (folder / "torch.txt").read_text()
    for name in environment.NEEDED:
        assert re.search(rf"^{name}==", text, re.MULTILINE)
