"""``simulate``: render a SAR-optical pair whose displacement is known exactly."""

from __future__ import annotations

import argparse

from model_core.commands.options import path
from model_core.commands.streams import say


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "simulate",
        help="render a SAR-optical pair with known displacement",
        description="Writes sar.tif, optical.tif, truth.json and truth_displacement.tif, for tests "
        "and demonstrations. The shift is the correction that registers the SAR image: "
        "map_new = map_old + (east, north).",
    )
    parser.add_argument("--out", required=True, type=path, help="folder for the files")
    _add_grids(parser)
    _add_displacement(parser)
    parser.add_argument("--looks", type=float, default=4.0, help="of the speckle (%(default)g)")
    parser.add_argument("--unit", choices=("db", "linear"), default="db", help="of the SAR values")
    parser.add_argument(
        "--collar", type=int, default=12, metavar="PX", help="nodata border (%(default)s)"
    )
    parser.set_defaults(run=run)


def _add_grids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, default=1024, metavar="PX", help="of the optical image")
    parser.add_argument("--seed", type=int, default=0, help="of everything random")
    parser.add_argument("--crs", default="EPSG:32630", help="of the optical image (%(default)s)")
    parser.add_argument("--sar-crs", metavar="CRS", help="default: that of the optical image")
    parser.add_argument(
        "--pixel-size", type=float, default=10.0, metavar="M", help="metres (%(default)g)"
    )
    parser.add_argument("--sar-pixel-size", type=float, metavar="M", help="default: the same")
    parser.add_argument(
        "--sar-grid-rotation",
        type=float,
        default=0.0,
        metavar="DEG",
        help="of the SAR raster's rows against its CRS (%(default)g)",
    )


def _add_displacement(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shift",
        type=float,
        nargs=2,
        default=(120.0, -80.0),
        metavar=("EAST", "NORTH"),
        help="correction at the centre, in metres (120 -80)",
    )
    parser.add_argument(
        "--rotation",
        type=float,
        default=0.8,
        metavar="DEG",
        help="of the correction, anticlockwise (%(default)g)",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of the correction (%(default)g)")
    parser.add_argument(
        "--local",
        type=float,
        default=1.5,
        metavar="PX",
        help="amplitude of a smooth distortion, in optical pixels (%(default)g)",
    )
    parser.add_argument(
        "--relief",
        type=float,
        default=3.0,
        metavar="PX",
        help="layover of the highest hill, in optical pixels (%(default)g)",
    )


def run(options: argparse.Namespace) -> int:
    """Render the pair and name the files."""
    from model_core.commands.feedback import StandardErrorFeedback
    from model_core.raster.output_folder import output_folder
    from model_core.simulation.scene_pair import FILES, SceneSettings, simulate

    settings = SceneSettings(
        size=options.size,
        pixel_size=options.pixel_size,
        seed=options.seed,
        crs=options.crs,
        sar_crs=options.sar_crs,
        sar_pixel_size=options.sar_pixel_size,
        sar_grid_rotation=options.sar_grid_rotation,
        shift=tuple(options.shift),
        rotation=options.rotation,
        scale=options.scale,
        local=options.local,
        relief=options.relief,
        looks=options.looks,
        unit=options.unit,
        collar=options.collar,
    )
    with output_folder(options.out):
        simulate(settings, options.out, StandardErrorFeedback())
    say("".join(f"{options.out / name}\n" for name in FILES))
    return 0
