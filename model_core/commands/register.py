"""``register``: a SAR and an optical raster in, every product of the registration out."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from model_core.commands.exit_codes import EXIT_CODES, EXIT_HELP
from model_core.commands.feedback import StandardErrorFeedback
from model_core.commands.options import add_settings, given_settings, path
from model_core.commands.streams import say
from model_core.products.registry import PRODUCTS, in_folder
from model_core.workflows.request import RegistrationRequest

if TYPE_CHECKING:
    from model_core.products.result import RegistrationResult


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    files = ", ".join(product.file for product in PRODUCTS.values())
    left = ", ".join(product.file for product in PRODUCTS.values() if product.when_failed)
    parser = commands.add_parser(
        "register",
        help="register a SAR and an optical raster",
        description=f"Writes {files}; of a failed registration {left} only. "
        f"Exit code: {EXIT_HELP}.",
    )
    parser.add_argument("--sar", required=True, help="SAR raster")
    parser.add_argument("--optical", required=True, help="optical raster")
    parser.add_argument("--out", required=True, type=path, help="folder for the products")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Register, and say what came of it on stdout."""
    from model_core.raster.output_folder import output_folder
    from model_core.workflows.register import register

    outputs = in_folder(options.out)
    request = RegistrationRequest(options.sar, options.optical, outputs, given_settings(options))
    with output_folder(options.out):
        result = register(request, StandardErrorFeedback())
    if result.verdict == "failed":
        sys.stderr.write("\n".join([f"Verdict: {result.verdict}", *result.reasons]) + "\n")
    else:
        say("\n".join([*_lines(result), f"Products: {options.out}"]) + "\n")
    return EXIT_CODES[result.verdict]


def _lines(result: RegistrationResult) -> list[str]:
    """Return verdict and figures of a registration that did not fail."""
    from model_core.registration.words import WORDS

    metres = "" if result.median_shift_m is None else f", {result.median_shift_m:.2f} m"
    return [
        f"Verdict: {result.verdict}",
        *result.reasons,
        f"Transformation: {WORDS[result.transformation]} ({result.transformation_reason})",
        f"Shift: {result.median_shift_px:.2f} px{metres} (median)",
        f"RMSE: {result.rmse_before_px:.2f} px before, {result.rmse_after_px:.2f} px after",
        f"Verification windows that agree: {100 * result.inlier_ratio:.0f} %; certain over "
        f"{100 * result.coverage:.0f} % of the overlap",
        *_points(result),
        f"{result.seconds:.1f} s on {result.device} with {result.model}",
    ]


def _points(result: RegistrationResult) -> list[str]:
    """Return the errors at tie points and check points, where there are some."""
    named = {"Tie points": result.tie_points, "Check points": result.check_points}
    return [
        f"{name}: RMSE {points.rmse_before_px:.2f} px before, {points.rmse_after_px:.2f} px after, "
        f"CE90 {points.ce90_px:.2f} px"
        for name, points in named.items()
        if points is not None
    ]
