"""``info``: what runs here, on which device and why, and which models there are."""

from __future__ import annotations

import argparse
import json
from typing import Any

from model_core.commands.streams import say


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "info",
        help="show versions, device and models",
        description="Shows the versions that decide a result, the device a run would take and why, "
        "and the bundled models with what their manifest says of them.",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(run=run)


def collect() -> dict[str, Any]:
    """Return ``versions``, ``device``, ``device_reason`` and ``models`` (manifest entries)."""
    from model_core.device import choose_device
    from model_core.network.checkpoint import read_manifest
    from model_core.versions import versions

    device, reason = choose_device("auto")
    return {
        "versions": versions(),
        "device": str(device),
        "device_reason": reason,
        "models": read_manifest(),
    }


def run(options: argparse.Namespace) -> int:
    """Write the facts to stdout."""
    facts = collect()
    if options.json:
        say(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        return 0
    lines = [f"{name:<10} {version}" for name, version in facts["versions"].items()]
    lines.append(f"{'device':<10} {facts['device']}: {facts['device_reason']}")
    for name, entry in facts["models"].items():
        lines += ["", f"model {name}: {entry['title']}", f"  {entry['description']}"]
        sources = ", ".join(str(source) for source in entry["training_data"]) or "none"
        lines.append(f"  training data: {sources}; licence: {entry['licence']}")
        lines.append(f"  {entry['file']}, {entry['bytes']:,} bytes, sha256 {entry['sha256']}")
    say("\n".join(lines) + "\n")
    return 0
