"""What is asked of a registration: two rasters, settings, and the products to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from model_core.errors import BadInputError, given, shown
from model_core.paths import LAYER, checked_path
from model_core.products.registry import PRODUCTS
from model_core.settings import SETTINGS, check_settings


@dataclass(frozen=True)
class RegistrationRequest:
    """Everything that decides the result of a registration; one that exists has been checked.

    Attributes:
        sar: path of the SAR raster (anything GDAL opens).
        optical: path of the optical raster.
        outputs: paths of the products to write, by the product's name in
            ``resources/definitions.json``; a product that is not named is not made.
        settings: by their names in ``resources/definitions.json``; once the request is made, all of
            them, those that were not given by their defaults.

    Raises:
        BadInputError: a setting or product is unknown, or a value cannot be used whatever the
            images are.
    """

    sar: str
    optical: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check, and hold everything in its own type."""
        for name in ("sar", "optical"):
            object.__setattr__(self, name, checked_path(f"The {name} image", getattr(self, name)))
        outputs, settings = _mapping(self, "outputs"), _mapping(self, "settings")
        unknown = [str(name) for name in outputs if name not in PRODUCTS]
        if unknown:
            raise BadInputError(
                f"There is no product {given(unknown[0])}; the products are: {', '.join(PRODUCTS)}."
            )
        paths = {name: checked_path(f"The output {name}", path) for name, path in outputs.items()}
        object.__setattr__(self, "outputs", MappingProxyType(paths))
        object.__setattr__(self, "settings", MappingProxyType(check_settings(settings)))

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> RegistrationRequest:
        """Build a request from its JSON form: ``sar``, ``optical``, ``outputs`` and all settings.

        Outputs may be null, which means that they are not wanted.

        Raises:
            BadInputError: a key is unknown or missing, or a value cannot be used.
        """
        if not isinstance(data, Mapping):
            raise BadInputError(
                f"The request is a {type(data).__name__}; give an object with sar and optical."
            )
        unknown = sorted(str(key) for key in data if key not in {*_OWN, *SETTINGS})
        if unknown:
            names = shown(", ".join(unknown))
            raise BadInputError(
                f"The request has settings this version does not know ({names}); "
                "use the plugin and the core of one release."
            )
        for name in ("sar", "optical"):
            if name not in data:
                raise BadInputError(f"The request has no {name} image; give its path.")
        outputs = data.get("outputs", {})
        if isinstance(outputs, Mapping):
            outputs = {name: path for name, path in outputs.items() if path is not None}
        settings = {name: data[name] for name in data if name in SETTINGS}
        return RegistrationRequest(data["sar"], data["optical"], outputs, settings)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What is read: the images, the model, and files that settings name."""
        paths = [self.settings[name] for name, each in SETTINGS.items() if each.type == "path"]
        model = self.settings["model"]
        paths += [model] if model.endswith(".safetensors") else []  # not a bundled one's name
        files = [path.partition(LAYER)[0] for path in paths if path]
        return (self.sar, self.optical, *files)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; ``outputs`` has every product, null where it is not wanted."""
        outputs = {name: self.outputs.get(name) for name in PRODUCTS}
        return {"sar": self.sar, "optical": self.optical, **self.settings, "outputs": outputs}


_OWN = ("sar", "optical", "outputs")
"""What a request has beside the settings."""


def _mapping(request: RegistrationRequest, name: str) -> Mapping[str, Any]:
    value = getattr(request, name)
    if not isinstance(value, Mapping):
        raise BadInputError(
            f"The {name} of the request are {given(value)}; give each with its name, as an object."
        )
    return value
