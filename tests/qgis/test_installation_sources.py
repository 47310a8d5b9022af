"""From where and with which tool the environment is made: indexes, folders, proxies, uv."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy

from soma_qgis.engine import child, environment, installation
from soma_qgis.engine.diagnostics import redacted, report
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.installation import log_path
from soma_qgis.engine.plan import Plan
from soma_qgis.engine.sources import chosen_only
from soma_qgis.locations import requirements_folder
from soma_qgis.settings import Settings

from .stage import GOOD, Ear, Stage, make_uv


def test_an_offline_folder_is_the_only_source(stage: Stage) -> None:
    stage.run(wheels="/media/wheels", index="https://ignored.example")
    lines = stage.calls.read_text(encoding="utf-8").splitlines()
    for line in (line for line in lines if "pip install" in line):
        assert "--no-index --find-links /media/wheels" in line
        assert "ignored" not in line


def lines_of(stage: Stage) -> dict[str, str]:
    """Return the command line of each list that was installed."""
    lines = stage.calls.read_text(encoding="utf-8").splitlines()
    return {Path(line.split()[-1]).name: line for line in lines if "pip install" in line}


@pytest.mark.parametrize("tag", ["linux-x86_64-cp311", "linux-x86_64-cp313"])
def test_another_index_supplies_torch_and_nothing_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    text = stage.python.read_text(encoding="utf-8").replace("linux-x86_64-cp311", tag)
    stage.python.write_text(text, encoding="utf-8")
    stage.run(index="https://wheels.example/cpu")
    packages, torch = lines_of(stage).values()
    assert "wheels.example" not in packages
    assert "--index-url https://wheels.example/cpu" in torch
    for line in (packages, torch):
        assert "--extra-index-url" not in line
        assert "--only-binary :all:" in line
        assert "--no-deps" in line


FOREIGN = {
    "PIP_EXTRA_INDEX_URL": "https://evil.example/simple",
    "PIP_FIND_LINKS": "/evil",
    "PIP_CONFIG_FILE": "/evil/pip.conf",
    "PIP_NO_BINARY": ":all:",
    "UV_INDEX": "https://evil.example/simple",
    "UV_EXTRA_INDEX_URL": "https://evil.example/simple",
    "UV_INDEX_STRATEGY": "unsafe-best-match",
    "UV_CONFIG_FILE": "/evil/uv.toml",
    "uv_find_links": "/evil",
}


@pytest.mark.parametrize("plan", [{"index": "https://wheels.example"}, {"wheels": "/media/wheels"}])
@pytest.mark.parametrize("uv", [False, True])
def test_nobody_adds_an_index_where_hashes_or_a_folder_do_not_decide(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, plan: dict[str, str], uv: bool
) -> None:
    text = stage.python.read_text(encoding="utf-8").replace("cp311", "cp313")
    stage.python.write_text(text, encoding="utf-8")
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)
    (stage.folder / "pip.conf").write_text(
        "global.extra-index-url='https://evil.example/simple'\nglobal.cert='/our.pem'\n"
    )
    heard: list[dict[str, str]] = []
    real = child.ask

    def ask(command: list[str], *rest: Any) -> Any:
        if "install" in command and "packages.txt" not in command[-1]:
            heard.append(rest[2])
        return real(command, *rest)

    monkeypatch.setattr(installation, "ask", ask)
    monkeypatch.setattr(sys, "platform", "linux")
    if uv:
        make_uv(stage, monkeypatch)
    stage.run(None, **plan)
    (variables,) = heard
    assert "evil" not in str(variables)
    assert variables["PIP_CONFIG_FILE"] == os.devnull
    assert variables["UV_NO_CONFIG"] == "1"
    assert variables["PIP_CERT"] == "/our.pem"
    assert "PIP_NO_BINARY" not in variables


def test_how_an_index_is_reached_is_kept() -> None:
    told = ":env:.timeout='60'\nglobal.client-cert='/c.pem'\nglobal.index-url='https://evil'\n"
    given = {"PATH": "/bin", "HTTPS_PROXY": "http://p:1", "PIP_PROXY": "q", "PIP_INDEX_URL": "evil"}
    assert chosen_only(given, told) == {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://p:1",
        "PIP_PROXY": "q",
        "PIP_TIMEOUT": "60",
        "PIP_CLIENT_CERT": "/c.pem",
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
    }


def test_what_has_no_hash_comes_from_pytorchs_own_index_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = stage.python.read_text(encoding="utf-8").replace("cp311", "cp313")
    stage.python.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "platform", "linux")
    make_uv(stage, monkeypatch)
    stage.run()
    lines = lines_of(stage)
    assert "--require-hashes --no-deps" in lines["packages.txt"]
    assert "--no-deps --torch-backend cpu" in lines["torch-unhashed.txt"]
    assert "index-url" not in "".join(lines.values())


def test_pip_without_an_index_of_ones_own_takes_only_what_is_hashed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = stage.python.read_text(encoding="utf-8").replace("cp311", "cp313")
    stage.python.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "platform", "linux")
    stage.run()
    assert set(lines_of(stage)) == {"packages.txt", "torch.txt"}
    assert all("--require-hashes --no-deps" in line for line in lines_of(stage).values())


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
