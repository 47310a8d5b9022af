"""``register``: a SAR and an optical raster in, every product of the registration out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model_core.commands.feedback import StandardErrorFeedback
from model_core.workflows.request import (
    DEFAULT_MAX_SHIFT,
    DEFAULT_MODEL,
    OutputPaths,
    RegistrationRequest,
)

EXIT_CODES = {"registered": 0, "doubtful": 3, "failed": 4}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "register",
        help="register a SAR and an optical raster",
        description="Writes registered.tif, displacement.tif, displacements.gpkg, gcps.points, "
        "report.html and summary.json. Exit code: 0 registered, 3 doubtful, 4 failed (summary.json "
        "only), 2 bad input (nothing is written).",
    )
    parser.add_argument("--sar", required=True, help="SAR raster")
    parser.add_argument("--optical", required=True, help="optical raster")
    parser.add_argument("--out", required=True, type=Path, help="folder for the products")
    parser.add_argument("--sar-band", type=int, help="1-based; default: the first")
    parser.add_argument(
        "--optical-bands", type=int, nargs="+", help="one or three, 1-based; default: RGB"
    )
    parser.add_argument("--moving", choices=("sar", "optical"), default="sar")
    parser.add_argument("--transform", choices=("affine", "affine+flow"), default="affine+flow")
    parser.add_argument(
        "--max-shift",
        type=float,
        default=DEFAULT_MAX_SHIFT,
        metavar="PX",
        help="largest shift expected, in pixels (default: %(default)g)",
    )
    parser.add_argument(
        "--max-rotation",
        type=float,
        metavar="DEG",
        help="largest rotation expected (default: 4 for georeferenced images, else 25)",
    )
    parser.add_argument("--min-certainty", type=float, default=0.3, help="of tie points, 0 to 1")
    parser.add_argument("--spacing", type=float, metavar="PX", help="of the displacement vectors")
    parser.add_argument("--resampling", choices=("nearest", "bilinear", "cubic"))
    parser.add_argument(
        "--extent",
        type=float,
        nargs=4,
        metavar=("XMIN", "YMIN", "XMAX", "YMAX"),
        help="part to register, in the reference's CRS",
    )
    parser.add_argument("--pixel-size", type=float, help="of the registered raster, in CRS units")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="bundled name or checkpoint file")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--co",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="GDAL creation option of the registered raster; repeat for more",
    )
    parser.set_defaults(run=run)


def products_in(folder: Path) -> OutputPaths:
    """Return the standard names of all products in a folder."""
    return OutputPaths(
        registered=str(folder / "registered.tif"),
        displacement_raster=str(folder / "displacement.tif"),
        displacements=str(folder / "displacements.gpkg"),
        gcps=str(folder / "gcps.points"),
        report=str(folder / "report.html"),
        summary=str(folder / "summary.json"),
    )


def run(options: argparse.Namespace) -> int:
    """Register, and say what came of it on stdout."""
    from model_core.raster.output import output_folder
    from model_core.workflows.register import register

    request = RegistrationRequest(
        sar=options.sar,
        optical=options.optical,
        sar_band=options.sar_band,
        optical_bands=tuple(options.optical_bands) if options.optical_bands else None,
        moving=options.moving,
        transform=options.transform,
        max_shift=options.max_shift,
        max_rotation=options.max_rotation,
        min_certainty=options.min_certainty,
        spacing=options.spacing,
        resampling=options.resampling,
        extent=tuple(options.extent) if options.extent else None,
        output_pixel_size=options.pixel_size,
        model=options.model,
        device=options.device,
        creation_options=tuple(options.co),
        outputs=products_in(options.out),
    )
    with output_folder(options.out):
        result = register(request, StandardErrorFeedback())
    lines = [f"Verdict: {result.verdict}", *result.reasons]
    if result.verdict == "failed":
        sys.stderr.write("\n".join(lines) + "\n")
        return EXIT_CODES[result.verdict]
    lines.append(f"Shift: {result.median_shift_px:.2f} px, {result.median_shift_m:.2f} m (median)")
    lines.append(
        f"RMSE: {result.rmse_before_px:.2f} px before, {result.rmse_after_px:.2f} px after"
    )
    lines.append(
        f"Check windows that agree: {100 * result.inlier_ratio:.0f} %; certain over "
        f"{100 * result.coverage:.0f} % of the overlap"
    )
    lines.append(f"{result.seconds:.1f} s on {result.device} with {result.model}")
    lines.append(f"Products: {options.out}")
    sys.stdout.write("\n".join(lines) + "\n")
    return EXIT_CODES[result.verdict]
