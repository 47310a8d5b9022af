"""Puts faults into the geometry and the engine, one at a time, and sees whether a test notices.

Each mutant is one small change of the kinds that have spoilt registrations before: x and y
exchanged, an order of composition reversed, half a pixel lost, a sign, a factor upside down. The
tests of geometry and engine run on a copy with that change; a mutant that no test turns red
*survives*, and is a test that is missing (or a change that changes nothing: those are listed in
``EQUIVALENT``, each with the reason).

    python scripts/mutants.py                     # all of them; minutes to an hour
    python scripts/mutants.py --module search     # those of one module
    python scripts/mutants.py --sample 40         # some, evenly spread
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import rasterio.warp  # noqa: F401  (loaded before the forks, for all of them)
import timm  # noqa: F401
import torch

ROOT = Path(__file__).resolve().parent.parent

MODULES = (
    *(f"geometry/{name}" for name in ("affine", "field", "pixels", "projection", "sampling")),
    "geometry/window",
    *(f"registration/{name}" for name in ("feature_cache", "fit", "measurements", "refine")),
    *(f"registration/{name}" for name in ("hypotheses", "residual_displacement", "robust_fit")),
    *(f"registration/{name}" for name in ("samples", "search", "tiles", "transformation")),
    *(f"registration/{name}" for name in ("verify", "wide_search")),
)
"""Of model_core: what decides where a pixel lies."""

TESTS = ("tests/core/geometry", "tests/core/network/test_translation_search.py",
         "tests/core/registration")  # fmt: skip
SLOW = ("tests/core/registration/test_real_pairs.py",)

EQUIVALENT: dict[str, str] = {
    "geometry/projection: low[i] + 1e-06 -> low[i] - 1e-06": "where it matters, all positions lie "
    "at the first of two points, whichever side the other one is on",
    "registration/residual_displacement: covariance @ projected -> projected @ covariance": "a "
    "symmetric matrix",
    "registration/residual_displacement: self._noise + usual * self._signal + 1e-06 -> self._noise "
    "+ usual * self._signal - 1e-06": "of the preconditioner, which the answer does not depend on",
    "registration/residual_displacement: (1, 2) -> (2, 1)": "the order of two axes that are summed "
    "over",
    "registration/robust_fit: (0, 1) -> (1, 0)": "the order in which two squares are added",
    "registration/robust_fit: (1, 2) -> (2, 1)": "the order of two axes that are summed over",
    "registration/robust_fit: (item, None) -> (None, item)": "an item, and an axis before it, "
    "whichever is said first",
    "registration/robust_fit: (triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0]) -> "
    "(triples[:, 2] - triples[:, 0], triples[:, 1] - triples[:, 0])": "an area without its sign",
    "registration/robust_fit: triples[:, 0] -> triples[:, 1]": "of a triangle, two other sides: "
    "the same area (in the other place of this text the area is 0, which tests notice)",
    "registration/robust_fit: source[..., 0] -> source[..., 1]": "ones of the same shape",
    "registration/robust_fit: [models[spread_out(source, points[item])], every] -> "
    "[every, models[spread_out(source, points[item])]]": "the best is taken, in whatever order",
    "registration/hypotheses: (1, -1) -> (-1, 1)": "the order in which rotations and scales are "
    "tried",
    "registration/samples: (1, 3) -> (3, 1)": "the order of the quarters of a scene",
    "registration/search: (1, 2) -> (2, 1)": "the order of two axes that are summed over",
    "registration/search: factor * START_SPACING -> factor / START_SPACING": "the start has no "
    "residual displacement, so that its control points hold nothing",
    "registration/search: [found[0], *(one for one in found[1:] if one.score >= FOLLOWED * "
    "found[0].score)] -> [*(one for one in found[1:] if one.score >= FOLLOWED * found[0].score), "
    "found[0]]": "of candidates the best is taken, in whatever order they come",
    "registration/transformation: targets - goal -> targets + goal": "beside centred points, a "
    "constant drops out of the sums",
    "registration/transformation: (1, 2) -> (2, 1)": "the order of two axes that are summed over",
}
"""Mutants that cannot be noticed, by "module: line's text -> new text", with the reason."""

TIMEOUT = 300


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        module: of model_core, without ending.
        line: its number.
        kind: of fault.
        before: the expression as it is.
        after: the changed expression.
        source: the whole changed module.
    """

    module: str
    line: int
    kind: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """What the mutant is called in ``EQUIVALENT``."""
        return f"{self.module}: {self.before} -> {self.after}"


def variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield (kind of fault, changed copy) of one node of a module."""
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "compose" and len(node.args) == 2:
            yield "order of composition", ast.Call(node.func, node.args[::-1], node.keywords)
        if node.func.id == "invert":
            yield "inverse left out", node.args[0]
    elif isinstance(node, ast.Constant) and node.value == 0.5:
        yield "half a pixel", ast.Constant(0.0)
    elif isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        if len(node.elts) == 2 and ast.dump(node.elts[0]) != ast.dump(node.elts[1]):
            yield "x and y", type(node)(node.elts[::-1], node.ctx)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        *first, last = node.slice.elts
        if isinstance(last, ast.Constant) and isinstance(last.value, int) and last.value in (0, 1):
            other = ast.Tuple([*first, ast.Constant(1 - last.value)], ast.Load())
            yield "x and y", ast.Subscript(node.value, other, node.ctx)
    elif isinstance(node, ast.UnaryOp):
        yield from _of_sign(node)


def _of_sign(node: ast.UnaryOp) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield "sign or factor", node.operand


def _of_operation(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    swaps: dict[type[ast.operator], ast.operator] = {
        ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Div(), ast.Div: ast.Mult(),
    }  # fmt: skip
    if type(node.op) in swaps:
        yield "sign or factor", ast.BinOp(node.left, swaps[type(node.op)], node.right)
    if isinstance(node.op, ast.MatMult):
        yield "order of a product", ast.BinOp(node.right, node.op, node.left)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the new node in place of the old one."""
        return self.new if node is self.old else super().generic_visit(node)


def _hints(tree: ast.AST) -> set[int]:
    """Return the ids of the nodes of annotations and aliases of types: they compute nothing."""
    found: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [
                node.returns,
                *(a.annotation for a in ast.walk(node) if isinstance(a, ast.arg)),
            ]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            parts = [node.value] if isinstance(node.targets[0], ast.Name) else []
            parts = parts if node in getattr(tree, "body", []) else []
        for part in parts:
            if part is not None:
                found.update(id(inner) for inner in ast.walk(part))
    return found


def mutants(module: str) -> Iterator[Mutant]:
    """Yield all mutants of a module."""
    tree = ast.parse((ROOT / "model_core" / f"{module}.py").read_text(encoding="utf-8"))
    hints = _hints(tree)
    for node in list(ast.walk(tree)):
        if id(node) in hints:
            continue
        for kind, changed in variants(node):
            before, after = ast.unparse(node), ast.unparse(changed)
            line = getattr(node, "lineno", 0)
            _Replace(node, changed).visit(tree)  # in place, and back again
            source = ast.unparse(ast.fix_missing_locations(tree))
            _Replace(changed, node).visit(tree)
            yield Mutant(module, line, kind, before, after, source)


def killed(mutant: Mutant, folder: Path) -> str:
    """Return the test that notices a mutant in a copy of the project; empty: none does.

    The tests run in a fork of this process, which has loaded the libraries once for all mutants.
    """
    file = folder / "model_core" / f"{mutant.module}.py"
    original = file.read_text(encoding="utf-8")
    file.write_text(mutant.source, encoding="utf-8")
    answer = folder / "answer.txt"
    try:
        child = os.fork()
        if child == 0:
            _run_tests(folder, answer)
        state = _wait(child)
    finally:
        file.write_text(original, encoding="utf-8")
    if state is None:
        return "runs forever"
    if state == 0:
        return ""
    lines = answer.read_text(encoding="utf-8", errors="replace").splitlines()
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0].partition(" ")[2] if failed else "cannot be loaded"


def _run_tests(folder: Path, answer: Path) -> None:
    """Run the tests in this process, which is a fork, and end it with their exit code."""
    with answer.open("w", encoding="utf-8") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        arguments = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:pytest_qgis", "--no-header"]
        ignored = [f"--ignore={name}" for name in SLOW]
        code = pytest.main([*arguments, "--tb=no", *TESTS, *ignored])
        sys.stdout.flush()
    os._exit(int(code))


def _wait(child: int) -> int | None:
    """Return the exit code of a child; None where it had to be ended."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def main() -> int:
    """Try the mutants and print a table of those that survive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", action="append", help="last part of a module's name")
    parser.add_argument("--sample", type=int, help="as many mutants, evenly spread")
    options = parser.parse_args()
    torch.set_num_threads(1)
    wanted = [m for m in MODULES if not options.module or m.split("/")[1] in options.module]
    every = [mutant for module in wanted for mutant in mutants(module)]
    if options.sample and options.sample < len(every):
        every = [every[i * len(every) // options.sample] for i in range(options.sample)]
    survivors = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("model_core", "tests", "resources", "pyproject.toml"):
            source = ROOT / name
            copier = shutil.copytree if source.is_dir() else shutil.copy
            copier(source, folder / name)
        for mutant in every:
            if mutant.key in EQUIVALENT:
                continue
            by = killed(mutant, folder)
            state = by or "SURVIVES"
            sys.stdout.write(
                f"{mutant.module}:{mutant.line} {mutant.kind}: {mutant.before} -> {mutant.after}: "
                f"{state}\n"
            )
            sys.stdout.flush()
            if not by:
                survivors.append(mutant)
    sys.stdout.write(f"{len(every)} mutants, {len(survivors)} survive\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
