"""``apply``: a saved displacement raster moves another raster of the moving geometry."""

from __future__ import annotations

import argparse

from model_core.commands.feedback import StandardErrorFeedback
from model_core.commands.options import add_settings, given_settings
from model_core.commands.streams import say
from model_core.settings import check_settings


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "apply",
        help="apply a saved registration to another raster",
        description="Moves a raster as a displacement raster says; nothing is matched again.",
    )
    parser.add_argument("--displacement", required=True, help="displacement raster of register")
    parser.add_argument("--raster", required=True, help="raster of the moving image's geometry")
    parser.add_argument("--out", required=True, help="GeoTIFF to write")
    add_settings(
        parser, ("resampling", "output_grid", "output_pixel_size", "creation_options", "dem")
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Apply, and say where the result is."""
    from model_core.products.registered_raster import RasterOptions
    from model_core.workflows.apply import apply_registration

    settings = check_settings(given_settings(options))
    apply_registration(
        options.displacement,
        options.raster,
        options.out,
        RasterOptions.of(settings),
        StandardErrorFeedback(),
    )
    say(f"Written: {options.out}\n")
    return 0
