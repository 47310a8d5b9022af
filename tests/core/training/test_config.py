"""Settings: every key is checked, and what is wrong is said in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_core.errors import BadInputError
from model_core.training.config import CONFIGS, read_config

GOOD = "preset: soma-compact\ndata:\n  - path: pairs.csv\nsteps: 10\n"


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.yaml")))
def test_shipped_settings_are_sound(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMA_DATA", "/somewhere")
    config = read_config(name)
    assert config.data[0].path == "/somewhere/pairs/manifest.csv"
    assert config.data[0].split == "train"  # never the validation split
    assert config.network().preset == config.preset


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("stepz: 3\n", "stepz is not a setting"),
        ("warp: {sides: 3}\n", "warp.sides is not a setting"),
        ("batch: many\n", "batch is 'many', not of the type int"),
        ("precision: float8\n", "precision is 'float8'; choose one of float32"),
        ("cooldown: 2.0\n", "cooldown is 2.0; give a share"),
        ("preset: sooma\n", "preset is 'sooma'; choose one of"),
        ("warp: {side: 100}\n", "warp.side is 100; give a multiple of 16"),
        ("data: []\n", "data is empty"),
        ("start: $NO_SUCH_VARIABLE/x\n", "no such environment variable"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, extra: str, said: str) -> None:
    file = tmp_path / "run.yaml"
    key = extra.split(":")[0]
    kept = [line for line in GOOD.splitlines(keepends=True) if not line.startswith(f"{key}:")]
    text = "".join(kept) + extra
    if key == "data":
        text = text.replace("  - path: pairs.csv\n", "")
    file.write_text(text)
    with pytest.raises(BadInputError) as caught:
        read_config(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["steps: [", "- 1\n", "preset: soma-compact\nsteps: 1\n"])
def test_no_settings_at_all(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(BadInputError):
        read_config(file)
    with pytest.raises(BadInputError, match="cannot be read"):
        read_config(tmp_path / "absent.yaml")


def test_ablations_reach_the_network(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(GOOD + "ablation: {fge: false, foundation: false}\n")
    network = read_config(file).network()
    assert network.fge is None
    assert network.foundation is None
