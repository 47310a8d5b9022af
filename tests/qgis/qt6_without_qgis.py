"""Loads the plugin's modules with PyQt6 behind ``qgis.PyQt``, and uses those that are of Qt alone.

There is no QGIS with Qt 6 to test with, so its classes are stand-ins here: this says nothing of
them. A program of its own (``test_versions.py`` starts it), for two Qts do not go into one process.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import types
from pathlib import Path
from typing import Any

from PyQt6 import (  # type: ignore[import-not-found,unused-ignore]
    QtCore,
    QtGui,
    QtNetwork,
    QtWidgets,
    QtXml,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


class StandIn(type):
    """A class with whatever is asked of it."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(cls, name, StandIn(name, (), {}))
        return getattr(cls, name)


class Module(types.ModuleType):
    """A module of stand-ins, but for what the plugin's own widgets and objects are derived from."""

    QgsDockWidget = QtWidgets.QDockWidget
    QgsOptionsPageWidget = QtWidgets.QWidget
    QgsTask = QtCore.QObject

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, StandIn(name, (), {}))
        return getattr(self, name)


def main() -> None:
    """Load all modules and show a result; whatever fails is raised."""
    QtWidgets.QAction = QtGui.QAction  # as qgis.PyQt does
    modules = {"": types.ModuleType("qgis"), ".PyQt": types.ModuleType("qgis.PyQt")}
    modules |= {f".{name}": Module(f"qgis.{name}") for name in ("core", "gui")}
    for part in (QtCore, QtGui, QtNetwork, QtWidgets, QtXml):
        modules[part.__name__.replace("PyQt6", ".PyQt")] = part
    sys.modules.update({f"qgis{name}": module for name, module in modules.items()})

    import soma_qgis

    names = [m.name for m in pkgutil.walk_packages(soma_qgis.__path__, "soma_qgis.")]
    for name in names:
        importlib.import_module(name)

    from soma_qgis.dock.card import ResultCard
    from soma_qgis.dock.compare_bar import CompareBar
    from soma_qgis.dock.run_record import RunRecord
    from soma_qgis.dock.run_settings import RunSettings

    app = QtWidgets.QApplication([])
    window = QtWidgets.QWidget()
    column = QtWidgets.QVBoxLayout(window)
    card, bar = ResultCard(), CompareBar(None)
    column.addWidget(card)
    column.addWidget(bar)
    window.show()
    for verdict in ("registered", "doubtful", "failed"):
        results = {"VERDICT": verdict, "RMSE_BEFORE": 4.0, "RMSE_AFTER": 0.5, "COVERAGE": 0.5}
        card.show_record(RunRecord(RunSettings("a", "b"), "s1", "s2", results=results), True, True)
        app.processEvents()
        assert card.isVisible()
        assert not window.grab().isNull()
    sys.stdout.write(f"{len(names)} modules\n")


if __name__ == "__main__":
    main()
