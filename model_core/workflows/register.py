"""The whole way of the data: two rasters in, a registration with its verdict and products out.

:func:`register` is the story; :func:`compute` is all of it but the writing, for those who want the
result in memory.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_core.feedback import Feedback, stage_progress
from model_core.geometry.located import LocatedGrid, regular_grid
from model_core.products.displacement_field import RegistrationGrids, to_displacement_field
from model_core.products.finished_run import FinishedRun
from model_core.products.output_grid import output_grid, output_sentence
from model_core.products.registered_raster import RasterOptions, check_creation
from model_core.products.registry import PRODUCTS
from model_core.products.result import RegistrationResult, summarise
from model_core.products.space import space_needed
from model_core.products.tie_points import select_tie_points
from model_core.products.writing import write_product
from model_core.raster.destination import check_outputs
from model_core.raster.location import heights_unused, uses_heights
from model_core.raster.output import EARLIER, atomic_writes
from model_core.raster.overlap import check_alike, common_grid
from model_core.raster.reader import ScenePair, SceneReader
from model_core.raster.scene import Scene, open_scene
from model_core.registration.model import load_model
from model_core.registration.start_points import align_beside
from model_core.workflows.bounds import search_bounds
from model_core.workflows.left_out import ground_left_out
from model_core.workflows.points import GivenPoints, given_points
from model_core.workflows.request import RegistrationRequest


def register(request: RegistrationRequest, feedback: Feedback) -> RegistrationResult:
    """Register two rasters and write the products asked for.

    A failed registration is a result, not an error: it writes nothing but its summary.

    Args:
        request: images, settings and outputs.
        feedback: is told progress and log lines, and asked whether to stop.

    Returns:
        Verdict, figures, and the paths that were written.

    Raises:
        BadInputError: something in the files cannot be used; nothing was written.
        CancelledError: on request; nothing was written.
    """
    stage_progress(feedback, "read").report(0.0)
    scenes = open_scenes(request)
    options = RasterOptions.of(request.settings)
    needed = space_needed(request.outputs, scenes.moving.path, scenes.grids, options)
    check_outputs(request.outputs.values(), request.inputs, needed)
    run = compute(request, scenes, feedback)
    return write_products(run, request.outputs, feedback)


@dataclass(frozen=True)
class OpenScenes:
    """The two rasters of a request on common ground; no pixel of them has been read.

    Attributes:
        reference: stays, and gives CRS and pixels.
        moving: is to be moved.
        grids: working grid, the moving image's, and that of registered rasters.
        points: that a person has found in both.
    """

    reference: Scene
    moving: Scene
    grids: RegistrationGrids
    points: GivenPoints


def open_scenes(request: RegistrationRequest) -> OpenScenes:
    """Open the rasters of a request and find their common ground.

    Raises:
        BadInputError: a raster or a file of points cannot be used, or they share too little ground.
    """
    settings = request.settings
    sar_bands = None if settings["sar_band"] is None else [settings["sar_band"]]
    dem = settings["dem"]
    sar = open_scene(request.sar, "sar", sar_bands, dem)
    optical = open_scene(request.optical, "optical", settings["optical_bands"], dem)
    reference, moving = (optical, sar) if settings["moving"] == "sar" else (sar, optical)
    check_alike(reference, moving)
    own = regular_grid(reference.grid)
    points = given_points(settings, own, moving.grid)
    working = common_grid(reference, moving, settings["extent"], points.affine)
    grids = RegistrationGrids(
        working=working,
        moving=moving.grid,
        output=output_grid(
            working,
            own,
            settings["output_pixel_size"],
            moving.grid,
            settings["output_grid"],
        ),
        pixel=working.pixel_size[0] / own.pixel_size[0],
    )
    check_creation(moving.path, grids.output, RasterOptions.of(settings))
    return OpenScenes(reference, moving, grids, points)


def compute(request: RegistrationRequest, scenes: OpenScenes, feedback: Feedback) -> FinishedRun:
    """Register two open rasters; nothing is written, whatever outputs the request names.

    Args:
        request: its settings decide.
        scenes: its rasters, from :func:`open_scenes`.
        feedback: is told progress and log lines, and asked whether to stop.

    Returns:
        The alignment, its field on the ground, and its verdict, which may be "failed".

    Raises:
        BadInputError: the model or the device cannot be used, an image has no valid pixel.
        CancelledError: on request.
    """
    began = time.perf_counter()
    settings, grids = request.settings, scenes.grids
    model, device_reason = load_model(settings["model"], settings["device"])
    feedback.log(f"{model.name} on {model.device}: {device_reason}.")
    scenes.points.log(feedback)
    whole = _readers(scenes, settings, feedback)
    start = scenes.points.start_on(grids.working)
    left_out = ground_left_out(settings, whole, start, feedback)
    bounds = search_bounds(settings, grids.working.crs is not None, grids.pixel)
    pair = left_out.of(whole, start)
    with whole.kept_open():
        alignment = align_beside(start, pair, model, bounds, settings["transform"], feedback)
    fit = alignment.fit
    failed = alignment.verdict == "failed"
    points = scenes.points.figures(grids, None if failed else fit.field)
    known = fit.known | left_out.shown(whole, fit.field)
    field = to_displacement_field(
        grids, fit.field, alignment.certainty_anywhere, fit.residual, known
    )
    result = summarise(alignment, field, model, device_reason, request.to_dict(), points)
    return FinishedRun(
        reference=scenes.reference,
        moving=scenes.moving,
        fill=whole.moving.fill,
        pair=whole,
        alignment=alignment,
        field=field,
        tie_points=select_tie_points(field, settings["spacing"], settings["min_certainty"]),
        settings=settings,
        result=dataclasses.replace(
            result, left_out=left_out.shares, seconds=time.perf_counter() - began
        ),
        progress=stage_progress(feedback, "write"),
    )


def _readers(scenes: OpenScenes, settings: Mapping[str, Any], feedback: Feedback) -> ScenePair:
    """Return readers of both images, and say what a user should know of how they are read."""
    working = scenes.grids.working
    pair = ScenePair(SceneReader(scenes.reference, working), SceneReader(scenes.moving, working))
    for reader in (pair.reference, pair.moving):
        if reader.scene.note:
            feedback.log(reader.scene.note)
        if isinstance(reader.scene.grid, LocatedGrid):
            feedback.log(reader.scene.grid.sentence(reader.scene.name))
        if reader.fill:
            feedback.log(reader.fill.sentence(reader.scene.name))
    if settings["dem"] is not None and not any(
        uses_heights(reader.scene.grid) for reader in (pair.reference, pair.moving)
    ):
        feedback.log(heights_unused("neither image is"))
    own = regular_grid(scenes.reference.grid)
    coarse = output_sentence(scenes.grids.output, own, scenes.moving.name)
    if coarse and settings["output_pixel_size"] is None:
        feedback.log(coarse)
    return pair


def write_products(
    run: FinishedRun, outputs: Mapping[str, str], feedback: Feedback
) -> RegistrationResult:
    """Write products of a run: all that are asked for, or none.

    A failed run makes place of an earlier one's: where it writes something, what stands at the
    paths of its outputs is moved to a folder :data:`~model_core.raster.output.EARLIER`.

    Args:
        run: from :func:`compute`. Where its verdict is "failed", only the products are written
            that say so.
        outputs: paths by the product's name.
        feedback: is told progress, and asked whether to stop.

    Returns:
        The run's result, with the paths that were written and the seconds that it took with them.

    Raises:
        BadInputError: a file cannot be written; all files are as they were.
        CancelledError: on request; no file is left.
    """
    failed = run.result.verdict == "failed"
    wanted = [p for n, p in PRODUCTS.items() if n in outputs and (p.when_failed or not failed)]
    paths = {product.name: outputs[product.name] for product in wanted}
    began = time.perf_counter() - run.result.seconds
    left = [Path(outputs[name]) for name in outputs if name not in paths] if paths else []
    earlier = sorted({path.parent for path in left if path.is_file()})
    with atomic_writes(paths, left) as temporary:
        for stage in ("write", "report"):
            progress = stage_progress(feedback, stage)
            seconds = time.perf_counter() - began
            result = dataclasses.replace(run.result, outputs=paths, seconds=seconds)
            run = dataclasses.replace(run, result=result, progress=progress)
            progress.report(0.0)
            for product in wanted:
                feedback.raise_if_cancelled()
                if product.stage == stage:
                    write_product(product, run, temporary[product.name])
        feedback.raise_if_cancelled()
    for folder in earlier:
        feedback.log(f"The files of an earlier run are in {folder / EARLIER} now.")
    # The files are there: nobody is asked any more whether to stop.
    feedback.progress("report", 100, 100, 1.0)
    return run.result
