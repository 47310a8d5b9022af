"""Making the managed environment, step by step, and what to say where a step fails."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from soma_qgis.engine.base_python import base_pythons, find_uv
from soma_qgis.engine.child import ask, child_environment
from soma_qgis.engine.diagnostics import Check, check, redacted
from soma_qgis.engine.engine import Listener, shared_engine
from soma_qgis.engine.environment import managed_folder, python_in
from soma_qgis.engine.errors import EngineCancelledError, EngineError
from soma_qgis.engine.failures import failure_of
from soma_qgis.engine.plan import Plan
from soma_qgis.engine.sources import HASHED, UNHASHED, chosen_only
from soma_qgis.i18n import tr
from soma_qgis.locations import requirements_folder

Span = tuple[float, float]
"""Of the whole progress, in [0, 1]."""

Requirements = tuple[str, tuple[str, ...]]
"""A list in the plugin's resources and the options with which it is installed."""

GB = 1e9
NEEDED_SPACE = {"cpu": 3 * GB, "gpu": 12 * GB}
"""Bytes while it is made: downloads, their temporary files and what is unpacked of them."""

INSTALLED = {"packages.txt": 0.6 * GB, "cpu": 1.2 * GB, "gpu": 9 * GB}
"""Bytes that a step writes, for its progress; about, and only for that."""

FIT = "import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))"
TAG = (
    "import platform, sys; "
    "print(f'{sys.platform}-{platform.machine()}-cp{sys.version_info[0]}{sys.version_info[1]}')"
)
UNKNOWN = "torch-unhashed.txt"
"""The list of builds of which no hash is known: from one index alone."""

FROM_DEFAULT = ("packages.txt", "torch.txt")
"""Lists that the default index has, or the one that pip is told of."""

INDEX_OPTION = re.compile(r"index-url|find-links|no-index")
INDEX_VARIABLE = re.compile(r"PIP_(EXTRA_INDEX_URL|INDEX_URL|FIND_LINKS|NO_INDEX)$")


def remove(folder: Path | None = None) -> None:
    """Delete the managed environment, finished or not, after the worker that may run in it.

    Raises:
        EngineError: something in it cannot be deleted.
    """
    shared_engine().close()
    folder = folder or managed_folder()
    for each in (folder, unfinished(folder)):
        try:
            if each.exists():
                shutil.rmtree(each)
        except OSError as error:
            sentence = tr("{} cannot be deleted ({}); close other QGIS windows and try again.")
            why = error.strerror or error
            raise EngineError(sentence.format(each, why), "installation") from error


def outdated(folder: Path) -> bool:
    """Return whether an environment was made from other lists than those of this release."""
    noted = folder / "done"
    said = noted.read_text(encoding="utf-8") if noted.exists() else ""
    return sha256((requirements_folder() / "packages.txt").read_bytes()).hexdigest() not in said


def unfinished(folder: Path) -> Path:
    """Return where an environment is made, before it takes its place."""
    return folder.with_name(folder.name + ".unfinished")


class Installation:
    """Makes one environment beside its place and moves it there when it has passed its test.

    What was done before a failure or a cancellation is kept, and the next attempt goes on there.
    """

    def __init__(self, plan: Plan, listener: Listener) -> None:
        self._plan = plan
        self._listener = listener
        self._folder = unfinished(plan.folder)
        self._python = str(python_in(self._folder))
        self._log: list[str] = []
        self._uv: str | None = None

    def run(self) -> Check:
        """Do all steps that are not done yet and return what the test found.

        Raises:
            EngineCancelledError: the listener asked to stop.
            EngineError: which step failed, why, and what to do; ``details`` is the log, redacted.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._check_space()
            self._make()
            self._install(tr("Installing packages"), [("packages.txt", HASHED)], (0.08, 0.3))
            self._install(tr("Installing torch"), self._builds(), (0.3, 0.92))
            return self._finish()
        except EngineCancelledError:
            raise
        except OSError as error:
            raise self._failure(tr("Writing the environment"), str(error)) from error
        finally:
            with contextlib.suppress(OSError):  # what went wrong matters more than its log
                log_path(self._plan.folder).write_text(self._text(), encoding="utf-8")

    def _check_space(self) -> None:
        needed = NEEDED_SPACE["gpu" if self._plan.gpu else "cpu"]
        free = shutil.disk_usage(self._folder).free
        self._log.append(f"free: {free / GB:.1f} GB of {needed / GB:.0f} GB needed")
        if free < needed:
            sentence = tr(
                "Checking the disk: {:.1f} GB are free where the QGIS profile is and the "
                "environment needs {:.0f} GB; free some space and try again."
            )
            raise self._error(sentence.format(free / GB, needed / GB))

    def _make(self) -> None:
        """Make the virtual environment, with uv unless pip knows an index that uv does not."""
        step = tr("Making the virtual environment")
        self._listener.progress(step, 0.01)
        cancelled = self._listener.cancelled
        fit = (base for base in base_pythons() if not ask([base, "-c", FIT], cancelled).returncode)
        base = next(fit, None)
        self._uv = find_uv()
        if self._uv and base and not self._plan.wheels:
            told = ask([base, "-m", "pip", "config", "list"], cancelled).stdout
            if INDEX_OPTION.search(told) or any(map(INDEX_VARIABLE.match, os.environ)):
                self._log.append("uv is there, but pip has index settings: pip is used")
                self._uv = None
        if not self._uv and base is None:
            sentence = tr(
                "{}: no Python 3.10 to 3.14 with venv was found; install one (on Debian and "
                "Ubuntu the package python3-venv) or uv, and try again."
            )
            raise self._error(sentence.format(step))
        tool = "uv" if self._uv else "pip"
        if self._done("venv", tool) and Path(self._python).exists():
            return
        shutil.rmtree(self._folder)
        self._folder.mkdir()
        small = ((0.02, 0.08), 0.1 * GB)
        if self._uv:
            options = ["--allow-existing", "--python", base or "3.12"]
            self._call(step, [self._uv, "venv", *options, str(self._folder)], *small)
        elif base:
            self._call(step, [base, "-m", "venv", str(self._folder)], *small)
        self._note("venv", tool)

    def _builds(self) -> list[Requirements]:
        """Return which lists of torch to try, in this order, with the options of each."""
        plan, tag = self._plan, ask([self._python, "-c", TAG], self._listener.cancelled).stdout
        builds: list[Requirements] = []
        if sys.platform == "linux" and not plan.gpu:
            own = f"torch-cpu-{tag.strip()}.txt"
            if (requirements_folder() / own).exists():
                builds.append((own, (*HASHED, *self._backend("cpu"))))
            elif self._has_torch_index:
                builds.append((UNKNOWN, (*UNHASHED, *self._backend("cpu"))))
        elif sys.platform == "win32" and plan.gpu and self._has_torch_index:
            builds.append((UNKNOWN, (*UNHASHED, *self._backend("auto"))))
        return [*builds, ("torch.txt", HASHED)]

    @property
    def _has_torch_index(self) -> bool:
        """Whether torch comes from one index of its own: that which the person named, or the one
        of PyTorch that uv knows, from which it then takes torch and nothing else."""
        return not self._plan.wheels and bool(self._plan.index or self._uv)

    def _backend(self, name: str) -> tuple[str, ...]:
        by_uv = self._uv and not self._plan.index and not self._plan.wheels
        return ("--torch-backend", name) if by_uv else ()

    def _install(self, step: str, lists: list[Requirements], span: Span) -> None:
        """Install the first list of which the index has all."""
        for position, (name, options) in enumerate(lists):
            file = requirements_folder() / name
            content = sha256(file.read_bytes()).hexdigest()
            if self._done(name, content):
                return
            if self._uv:
                command = [self._uv, "pip", "install", "--python", self._python]
            else:
                command = [self._python, "-m", "pip", "install"]
            command += ["--only-binary", ":all:", *options]
            only_chosen = bool(self._plan.wheels) or name == UNKNOWN
            if self._plan.wheels:
                command += ["--no-index", "--find-links", self._plan.wheels]
            elif self._plan.index and name not in FROM_DEFAULT:
                command += ["--index-url", self._plan.index]
            size = INSTALLED.get(name, INSTALLED["gpu" if self._plan.gpu else "cpu"])
            try:
                self._call(step, [*command, "-r", str(file)], span, size, only_chosen)
            except EngineError as error:
                if error.kind != "not_found" or position == len(lists) - 1:
                    raise
                other = lists[position + 1][0]
                self._say(tr("{}: not in the index; {} instead").format(name, other))
                continue
            self._note(name, content)
            return

    def _finish(self) -> Check:
        step = tr("Testing the environment")
        self._listener.progress(step, 0.92)
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        found = check(self._python, self._listener.cancelled)
        self._log.append(found.sentence)
        if not found.ok:
            (self._folder / "done").unlink()  # the next attempt starts afresh
            sentence = tr("{}: {} Try again, or choose a Python of your own.")
            raise self._error(sentence.format(step, found.sentence))
        shared_engine().close()
        if self._plan.folder.exists():
            shutil.rmtree(self._plan.folder)
        self._folder.rename(self._plan.folder)
        self._listener.progress(step, 1.0)
        return found

    def _done(self, name: str, content: str) -> bool:
        noted = self._folder / "done"
        return noted.exists() and f"{name} {content}\n" in noted.read_text(encoding="utf-8")

    def _note(self, name: str, content: str) -> None:
        with (self._folder / "done").open("a", encoding="utf-8") as noted:
            noted.write(f"{name} {content}\n")

    def _text(self) -> str:
        return redacted("\n".join(self._log))

    def _say(self, line: str) -> None:
        self._log.append(line)
        self._listener.log(redacted(line))

    def _variables(self, only_chosen: bool) -> dict[str, str]:
        temporary = self._folder / "tmp"  # /tmp may be small, and lie in memory
        temporary.mkdir(exist_ok=True)
        said = {"PIP_NO_INPUT": "1", "PIP_USER": "0", "PIP_PROGRESS_BAR": "off", "NO_COLOR": "1"}
        places = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(temporary))
        variables = {**child_environment(), **self._plan.variables, **said, **places}
        if not only_chosen:
            return variables
        told = ask([self._python, "-m", "pip", "config", "list"], self._listener.cancelled).stdout
        return chosen_only(variables, told)

    def _call(
        self, step: str, command: list[str], span: Span, size: float, only_chosen: bool = False
    ) -> None:
        """Run a program to its end, with progress by the bytes that the disk loses."""
        self._say("$ " + " ".join(command))
        free = shutil.disk_usage(self._folder).free

        def look() -> bool:
            share = (free - shutil.disk_usage(self._folder).free) / size
            share = min(max(share, 0.0), 1.0)
            self._listener.progress(step, span[0] + share * (span[1] - span[0]))
            return self._listener.cancelled()

        try:
            done = ask(command, look, self._folder, self._variables(only_chosen), math.inf)
        except EngineCancelledError:
            sentence = tr("Cancelled; what was installed so far is kept for the next attempt.")
            raise EngineCancelledError(sentence) from None
        said = done.stdout + done.stderr
        self._log.append(said)
        if done.returncode:
            raise self._failure(step, said)

    def _failure(self, step: str, said: str) -> EngineError:
        """Return the error with the sentence that fits what a program said."""
        found = failure_of(said)
        if found is None:
            last = next(filter(None, map(str.strip, reversed(said.splitlines()))), "?")
            other = tr("{}; try again, and copy the diagnostics where it stays so.")
            found = other.format(redacted(last[-200:].rstrip("."))), False
        sentence, not_found = found
        return self._error(f"{step}: {sentence}", "not_found" if not_found else "installation")

    def _error(self, sentence: str, kind: str = "installation") -> EngineError:
        return EngineError(sentence, kind, self._text())


def log_path(folder: Path) -> Path:
    """Return where the log of the last attempt is."""
    return folder.with_name(folder.name + ".log")
