"""A whole evaluation: files that can be read, resumed, and trusted to be of one run."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from model_core.__main__ import main
from model_core.errors import BadInputError
from model_core.evaluation import figures, methods
from model_core.evaluation.run import EvaluationSettings, evaluate
from model_core.evaluation.scoring import Record
from model_core.feedback import Feedback
from tests.core.evaluation.files import write_image, write_manifest

LOOK_ONLY = ("identity", "mind", "ecc")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two pairs of two places and sources; the second is aligned by a matrix."""
    for number, shift in enumerate([(0.0, 0.0), (4.0, -2.0)]):
        write_image(tmp_path / f"o{number}.tif", seed=number)
        write_image(tmp_path / f"s{number}.tif", seed=number, shift=shift)
    rows = ["a,s0.tif,o0.tif,north,", 'b,s1.tif,o1.tif,south,"1,0,4,0,1,-2"']
    return write_manifest(tmp_path, "id,sar_path,optical_path,source,H_opt2sar", rows)


def settings(manifest: Path, out: Path, **more: object) -> EvaluationSettings:
    """Return settings for one thread and the baseline methods that need nothing."""
    values: dict[str, object] = {"methods": LOOK_ONLY, "threads": 1, **more}
    return EvaluationSettings(manifests=(manifest,), out=out, **values)  # type: ignore[arg-type]


def lines(out: Path) -> list[dict[str, object]]:
    """Return the results of a folder."""
    text = (out / "results.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_everything_is_measured_and_written(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line per method, protocol and pair; tables by source; what is absent is said."""
    monkeypatch.setattr(methods, "_importable", lambda module: False)
    out = tmp_path / "out"
    protocols = ("P1", "local", "equivariance", "unrelated")
    table = evaluate(settings(manifest, out, protocols=protocols), Feedback())
    results = [Record.from_dict(line) for line in lines(out)]
    keys = {(r.method, r.protocol, r.pair) for r in results}
    assert len(keys) == len(results) == 2 * len(protocols) * 2
    for record in results:
        if record.method == "mind" and record.protocol == "P1":
            assert record.rmse is not None
            assert record.rmse < 0.3
            assert record.seconds > 0
    text = table.read_text(encoding="utf-8")
    assert "ECC on gradient magnitude: not run: cv2 is not installed" in text
    for heading in ("## P1", "### north", "### south", "### all sources", "## Equivariance"):
        assert heading in text
    row = next(line for line in text.splitlines() if line.startswith("| Structure matching, MIND"))
    assert row.split("|")[4].strip() == "100.0 [100, 100]"
    assert "No registration | 1 (1) | 0.0 [0, 0]" in text


def test_figures_are_drawn_where_matplotlib_is(manifest: Path, tmp_path: Path) -> None:
    """One chart of errors per protocol with a truth, each naming its methods."""
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    chosen = {"methods": ("identity", "mind"), "protocols": ("P1", "equivariance")}
    evaluate(settings(manifest, out, limit=1, **chosen), Feedback())
    expected = {"P1_rmse", "equivariance"}
    assert {path.stem for path in (out / "figures").iterdir()} == expected
    for name in expected:
        root = ElementTree.parse(out / "figures" / f"{name}.svg").getroot()
        assert root.tag.endswith("svg")
        assert "Structure matching, MIND channels" in "".join(root.itertext())


def test_without_matplotlib_the_tables_come_alone(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said before any work; a second run, with matplotlib, adds the figures."""
    said: list[str] = []

    class Listener(Feedback):
        def log(self, message: str) -> None:
            said.append(message)

        def progress(self, stage: str, done: int, total: int, fraction: float) -> None:
            said.append(stage)

    out = tmp_path / "out"
    chosen = settings(manifest, out, methods=("identity",), protocols=("P1",))
    with monkeypatch.context() as patched:
        patched.setattr(figures, "can_draw", lambda: False)
        table = evaluate(chosen, Listener())
    assert "No registration" in table.read_text(encoding="utf-8")
    assert not (out / "figures").exists()
    assert [line.startswith("matplotlib is not installed") for line in said].index(True) == 0
    pytest.importorskip("matplotlib")
    evaluate(chosen, Feedback())
    assert (out / "figures" / "P1_rmse.svg").exists()


def test_a_run_goes_on_where_it_was_cut_off(manifest: Path, tmp_path: Path) -> None:
    """Half a line is measured again, whole lines are not, and methods can be added."""
    out = tmp_path / "out"
    evaluate(settings(manifest, out, methods=("identity",)), Feedback())
    whole = lines(out)
    path = out / "results.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: -len(text.splitlines()[-1]) // 2], encoding="utf-8")
    evaluate(settings(manifest, out, methods=("identity",)), Feedback())
    timeless = [{**line, "seconds": 0, "memory_mb": 0} for line in lines(out)]
    assert timeless == [{**line, "seconds": 0, "memory_mb": 0} for line in whole]
    before = path.read_bytes()
    evaluate(settings(manifest, out, methods=("identity",)), Feedback())
    assert path.read_bytes() == before
    evaluate(
        settings(manifest, out, methods=("identity", "cfog", "cfog"), protocols=("P1",), limit=1),
        Feedback(),
    )
    assert path.read_bytes().startswith(before)
    assert {line["method"] for line in lines(out)[len(whole) :]} == {"cfog"}
    assert len(lines(out)) == len(whole) + 2


def test_results_of_other_settings_are_not_mixed(manifest: Path, tmp_path: Path) -> None:
    """Another seed, or a manifest that changed, needs another folder."""
    out = tmp_path / "out"
    evaluate(settings(manifest, out, methods=("identity",), protocols=("P1",)), Feedback())
    with pytest.raises(BadInputError, match="results of another seed"):
        evaluate(settings(manifest, out, seed=1), Feedback())
    manifest.write_text(manifest.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="results of another sha256"):
        evaluate(settings(manifest, out), Feedback())
    manifest.write_text(manifest.read_text(encoding="utf-8")[:-1], encoding="utf-8")
    (out / "results.jsonl").write_text("[1]\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="is no result of this version"):
        evaluate(settings(manifest, out), Feedback())


def test_cases_that_cannot_be_asked_are_counted(manifest: Path, tmp_path: Path) -> None:
    """A single place has no unrelated partner: no line of a method, but a line that says why."""
    out = tmp_path / "out"
    table = evaluate(
        settings(manifest, out, sources=("north",), protocols=("unrelated",)), Feedback()
    )
    (line,) = lines(out)
    assert line["pair"] == "a"
    assert "No pair of another region" in str(line["reason"])
    assert "| north, unrelated | 1 |" in table.read_text(encoding="utf-8")


def test_the_command_says_what_is_wrong(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence on stderr, exit code 2, nothing measured."""
    base = ["evaluate", "--pairs", str(manifest), "--out", str(tmp_path / "out")]
    for more, says in (
        (["--methods", "loftr"], "'loftr' is no method"),
        (["--protocols", "P9"], "'P9' is no protocol"),
        (["--limit", "0"], "--limit is 0"),
        (["--source", "east"], "No pair is left"),
    ):
        assert main([*base, *more]) == 2
        assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_network_is_measured_on_real_images(pairs: Path, tmp_path: Path) -> None:
    """The bundled network judges itself, gives a certainty map, and rejects unrelated images."""
    out = tmp_path / "out"
    chosen = ["--methods", "soma", "--protocols", "P2,unrelated", "--limit", "1"]
    manifest = str(pairs / "manifest.csv")
    command = ["evaluate", "--pairs", manifest, "--split", "train", "--source", "sih", "--threads"]
    assert main([*command, "2", "--out", str(out), *chosen]) == 0
    related, unrelated = (Record.from_dict(line) for line in lines(out))
    assert related.method == unrelated.method
    assert re.search(r" \([0-9a-f]{8}\)$", related.method)
    assert related.verdict in ("registered", "doubtful", "failed")
    assert related.reliability is not None
    assert sum(related.reliability[0]) > 100_000
    assert unrelated.verdict != "registered"
    assert "## Certainty" in (out / "table.md").read_text(encoding="utf-8")
    drawn = (out / "figures" / "P2_reliability.svg").exists()
    assert drawn == figures.can_draw()


def test_the_affine_alone_has_no_field(pairs: Path, tmp_path: Path) -> None:
    """What the baseline methods answer, an affine, can be compared with the network's own."""
    out = tmp_path / "out"
    chosen = ["--methods", "soma-affine+flow,soma-affine", "--limit", "1"]
    chosen += ["--protocols", "local-equivariance"]
    manifest = str(pairs / "manifest.csv")
    command = ["evaluate", "--pairs", manifest, "--split", "train", "--source", "volkov"]
    assert main([*command, "--model", "fixed-descriptors", "--out", str(out), *chosen]) == 0
    with_field, alone = (Record.from_dict(line) for line in lines(out))
    assert ", affine (" in alone.method
    assert ", affine+flow (" in with_field.method
    assert with_field.method != alone.method
    assert alone.mean_error == pytest.approx(alone.affine_error, rel=1e-3)
    assert with_field.mean_error is not None
    assert with_field.affine_error is not None
    assert with_field.mean_error < 0.98 * with_field.affine_error
