"""What the worker can do. A job takes JSON arguments and gives a JSON result.

The imports stand inside the functions, so that the worker answers at once and pays for torch with
the first job that needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from model_core.errors import BadInputError, given, shown
from model_core.feedback import Feedback
from model_core.paths import checked_path

OF_APPLY = ("resampling", "output_grid", "output_pixel_size", "creation_options", "dem")
OF_PATHS = ("displacement_raster", "raster", "output")
APPLY_ARGUMENTS = (*OF_PATHS, *OF_APPLY)
Job = Callable[[dict[str, Any], Feedback], dict[str, Any]]


def run_register(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    """Register: a ``RegistrationRequest`` in, a ``RegistrationResult`` out, both as JSON."""
    from model_core.workflows.register import register
    from model_core.workflows.request import RegistrationRequest

    return register(RegistrationRequest.from_dict(arguments), feedback).to_dict()


def run_apply(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    """Apply a saved registration.

    Arguments: ``displacement_raster``, ``raster``, ``output``, and the settings in
    :data:`OF_APPLY`. Result: ``output``.

    Raises:
        BadInputError: an argument is missing or is not one of these, or cannot be used.
    """
    from model_core.products.registered_raster import RasterOptions
    from model_core.settings import check_settings
    from model_core.workflows.apply import apply_registration

    if set(arguments) != set(APPLY_ARGUMENTS):
        raise BadInputError(
            f"The job apply takes {', '.join(APPLY_ARGUMENTS)}, but was given "
            f"{shown(', '.join(sorted(arguments))) or 'nothing'}; "
            "use the plugin and the core of one release."
        )
    displacement_raster, raster, output = (checked_path(name, arguments[name]) for name in OF_PATHS)
    apply_registration(
        displacement_raster,
        raster,
        output,
        RasterOptions.of(check_settings({name: arguments[name] for name in OF_APPLY})),
        feedback,
    )
    return {"output": arguments["output"]}


def run_info(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    """Say what a registration would run on: ``versions``, ``device``, ``device_reason``."""
    from model_core.device import choose_device
    from model_core.versions import versions

    device, reason = choose_device(arguments.get("device", "auto"))
    return {"versions": versions(), "device": str(device), "device_reason": reason}


def run_ping(arguments: dict[str, Any], feedback: Feedback) -> dict[str, Any]:
    """Answer, to show that the worker lives."""
    return {"pid": os.getpid()}


JOBS: dict[str, Job] = {
    "register": run_register,
    "apply": run_apply,
    "info": run_info,
    "ping": run_ping,
}


def find_job(name: object) -> Job:
    """Return a job by its name.

    Raises:
        BadInputError: there is no such job.
    """
    job = JOBS.get(name) if isinstance(name, str) else None
    if job is None:
        raise BadInputError(
            f"The worker has no job named {given(name)}, only {', '.join(JOBS)}; "
            "use the plugin and the core of one release."
        )
    return job
