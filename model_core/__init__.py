"""SOMA: dense sub-pixel registration of SAR and optical images.

Three lines from two files to a picture::

    import model_core as soma
    result = soma.register("sar.tif", "optical.tif")
    result.plot()

``help(soma.register)`` says what can be set. Nothing heavy is loaded before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from model_core.version import __version__

if TYPE_CHECKING:
    from model_core.api.functions import Model, apply, load_model, match, register
    from model_core.api.images import Raster
    from model_core.api.result import Registration
    from model_core.errors import BadInputError, CancelledError, SomaError
    from model_core.feedback import Feedback
    from model_core.workflows.match import PairMatch

_HOME = {
    "register": "model_core.api.functions",
    "match": "model_core.api.functions",
    "apply": "model_core.api.functions",
    "load_model": "model_core.api.functions",
    "Model": "model_core.api.functions",
    "Raster": "model_core.api.images",
    "Registration": "model_core.api.result",
    "PairMatch": "model_core.workflows.match",
    "Feedback": "model_core.feedback",
    "SomaError": "model_core.errors",
    "BadInputError": "model_core.errors",
    "CancelledError": "model_core.errors",
}
"""The module of each public name."""

__all__ = [
    "BadInputError",
    "CancelledError",
    "Feedback",
    "Model",
    "PairMatch",
    "Raster",
    "Registration",
    "SomaError",
    "__version__",
    "apply",
    "load_model",
    "match",
    "register",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, for completion."""
    return sorted(set(globals()) | set(__all__))
