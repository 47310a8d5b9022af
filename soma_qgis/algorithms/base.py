"""What the algorithms share: running a job of the worker, and reading parameters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingUtils,
    QgsRasterLayer,
)
from qgis.PyQt.QtGui import QIcon

from soma_qgis.algorithms.parameters import band_list, creation_options, is_given
from soma_qgis.algorithms.paths import path_of, plain_file
from soma_qgis.definitions import Setting, settings
from soma_qgis.engine.engine import STARTING, shared_engine
from soma_qgis.engine.errors import EngineError
from soma_qgis.i18n import tr
from soma_qgis.layers.source import LayerError, absolute, raster_source
from soma_qgis.layers.stand_in import StandIn, stand_in
from soma_qgis.locations import homepage, icon_path


class ProcessingListener:
    """Passes what the worker says on to Processing, and the person's cancellation back."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._stage = ""

    def progress(self, stage: str, fraction: float) -> None:
        """Move the progress bar, and name the stage when it changes."""
        if stage != self._stage:
            self._stage = stage
            self._feedback.setProgressText(_stage_text(stage))
        self._feedback.setProgress(100 * fraction)

    def log(self, message: str) -> None:
        """Show a line in the log."""
        self._feedback.pushInfo(message)

    def cancelled(self) -> bool:
        """Return whether the person pressed Cancel."""
        return bool(self._feedback.isCanceled())


class SomaAlgorithm(QgsProcessingAlgorithm):
    """An algorithm whose work the worker does."""

    def createInstance(self) -> SomaAlgorithm:
        """Return a fresh instance, as Processing asks for one a run."""
        return type(self)()

    def group(self) -> str:
        """Return no group: the provider has few algorithms."""
        return ""

    def groupId(self) -> str:
        """Return no group."""
        return ""

    def icon(self) -> QIcon:
        """Return the algorithm's icon."""
        return QIcon(icon_path("soma.svg"))

    def svgIconPath(self) -> str:
        """Return the icon's file."""
        return icon_path("soma.svg")

    def helpUrl(self) -> str:
        """Return the page that the dialog's Help button opens."""
        return homepage()

    def __init__(self) -> None:
        super().__init__()
        self._stand_ins: dict[str, StandIn] = {}

    def layer(
        self, parameters: dict[str, Any], name: str, context: QgsProcessingContext
    ) -> QgsRasterLayer:
        """Return the raster layer of a parameter; never in ``processAlgorithm``.

        Raises:
            QgsProcessingException: there is none.
        """
        found = self.parameterAsRasterLayer(parameters, name, context)
        if found is None or not found.isValid():
            raise QgsProcessingException(self.invalidRasterError(parameters, name))
        return found

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Return whether the parameters can be used, and why not."""
        known = {s.parameter: s for s in settings() if s.type == "path"}
        plain = [n for n, s in known.items() if plain_file(s, parameters.get(n))]
        # Processing takes layers only there.
        checked = {n: v for n, v in self._in_words(parameters).items() if n not in plain}
        good, message = super().checkParameterValues(checked, context)
        for definition in self.destinationParameterDefinitions():
            value = parameters.get(definition.name())
            if good and is_given(value) and self.provider() is not None:
                # Dialogs ask this themselves, qgis_process and scripts do not.
                good, message = self.provider().isSupportedOutputValue(value, definition, context)
        if good:
            try:
                self.arguments(parameters, context)
            except QgsProcessingException as error:
                return False, str(error)
        return bool(good), str(message)

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> dict[str, Any]:
        """Return what the worker is asked, outputs apart; may touch layers.

        Raises:
            QgsProcessingException: the parameters cannot be used.
        """
        raise NotImplementedError

    def value(
        self, setting: Setting, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> Any:
        """Return what the parameters say of a setting, as the worker takes it; no extents.

        Raises:
            QgsProcessingException: it cannot be used.
        """
        name = setting.parameter
        given = parameters.get(name)
        if setting.default is None and not is_given(given):
            return None
        if setting.type == "choice":
            return self.choice(parameters, name, context)
        if setting.type == "bands":
            return band_list(given if is_given(given) else setting.default)
        if setting.type == "band":
            return self.parameterAsInt(parameters, name, context)
        if setting.type == "number":
            return self.parameterAsDouble(parameters, name, context)
        if setting.type == "flag":
            return self.parameterAsBool(parameters, name, context)
        if setting.type == "path":
            return self.path(setting, parameters, context)
        text = self.parameterAsString(parameters, name, context)
        # The worker runs in another folder, where a relative path would be another file.
        return creation_options(text) if setting.type == "options" else absolute(text.strip())

    def path(
        self, setting: Setting, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> str:
        """Return the path that a parameter leads to; never in ``processAlgorithm``.

        Raises:
            QgsProcessingException: it leads to nothing that the setting takes.
        """
        try:
            return path_of(self, setting, parameters, context)
        except LayerError as error:
            raise QgsProcessingException(str(error)) from error

    def choice(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """Return the word that was chosen, whether it was given as a word or as its number."""
        return str(self.parameterAsEnumString(self._in_words(parameters), name, context))

    def _in_words(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Replace numbers of choices by their words: ``qgis_process help`` lists both."""
        worded = dict(parameters)
        for definition in self.parameterDefinitions():
            if isinstance(definition, QgsProcessingParameterEnum):
                options = dict(enumerate(definition.options()))
                value = str(parameters.get(definition.name()))
                if value.isdecimal() and int(value) in options:
                    worded[definition.name()] = options[int(value)]
        return worded

    def source(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """Return the file behind the raster layer of a parameter; never in ``processAlgorithm``.

        Raises:
            QgsProcessingException: there is no layer, or it is no file.
        """
        try:
            return self.file_of(self.layer(parameters, name, context))
        except LayerError as error:
            raise QgsProcessingException(str(error)) from error

    def file_of(self, layer: QgsRasterLayer) -> str:
        """Return the file of a raster layer; never in ``processAlgorithm``. Where QGIS knows more
        of the layer than its file says, it is one that :meth:`run_job` writes.

        Raises:
            LayerError: the layer is no file.
        """
        source, found = raster_source(layer), stand_in(layer)
        if found is None:
            return source
        path = str(QgsProcessingUtils.generateTempFilename(found.file_name))
        self._stand_ins[path] = found
        return path

    def run_job(
        self,
        job: str,
        arguments: dict[str, Any],
        feedback: QgsProcessingFeedback,
        outputs: Sequence[str],
    ) -> dict[str, Any]:
        """Have the worker do a job.

        Raises:
            QgsProcessingException: with one sentence for the person; the details are in the log.
        """
        written: list[str] = []
        try:
            for path in [one for one in self._stand_ins if one in arguments.values()]:
                written += self._stand_ins[path].write(path, feedback)
            return shared_engine().run(job, arguments, ProcessingListener(feedback), outputs)
        except LayerError as error:
            raise QgsProcessingException(str(error)) from error
        except EngineError as error:
            if error.details:
                feedback.pushConsoleInfo(error.details)
            raise QgsProcessingException(str(error)) from error
        finally:
            for path in written:
                Path(path).unlink(missing_ok=True)


def _stage_text(stage: str) -> str:
    texts = {
        STARTING: tr("Starting the worker"),
        "read": tr("Reading the images"),
        "coarse": tr("Searching for the shift"),
        "refine": tr("Refining, tile by tile"),
        "verify": tr("Checking the result"),
        "write": tr("Writing"),
        "report": tr("Writing the report"),
    }
    return texts.get(stage, stage)
