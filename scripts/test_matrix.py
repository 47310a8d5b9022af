"""Runs the tests on the QGIS and Python of other Debian releases, one after the other.

Each release lives in a root of its own below ``build/matrix``, made once by debootstrap and kept;
``make clean-matrix`` deletes them. Needs a Debian-like system with debootstrap, and root. Where apt
and pip of this machine find their packages (mirror, proxy, index, folders of wheels) holds inside
the roots as well, and is read anew in every run.

All mounts are made in a mount namespace of the command that needs them, so that they end with it
and nothing outside ever sees them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
MATRIX = ROOT / "build" / "matrix"
PYTHON = "/opt/soma/bin/python"
"""Within a root: the Python with pytest, on top of the QGIS of the release."""

NOT_TESTED = (".*", "__pycache__", "build", "dist", "runs")
"""What is left behind when the project is copied into a root."""

PACKAGES = ("qgis", "python3-qgis", "python3-rasterio", "python3-venv", "python3-pyqt6")
"""What every release gets from apt; PyQt6 is only looked into, for the QGIS of all is of Qt 5."""

TORCH = ("python3-torch", "python3-torchvision")


@dataclass(frozen=True)
class Release:
    """A Debian release and where its torch is from: apt, or pip as on the development machine."""

    suite: str
    torch_by_apt: bool

    @property
    def folder(self) -> Path:
        return MATRIX / self.suite

    @property
    def packages(self) -> tuple[str, ...]:
        return PACKAGES + TORCH if self.torch_by_apt else PACKAGES


RELEASES = (
    # 1.13, which this release has, is too old for the core.
    Release("bookworm", torch_by_apt=False),
    Release("trixie", torch_by_apt=True),
    Release("forky", torch_by_apt=True),
)


class UnreachableError(Exception):
    """The release cannot be had from here."""


class MatrixError(Exception):
    """Something other than a test went wrong."""


def output_of(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def mirror() -> str:
    """Return the mirror of Debian that apt uses here."""
    listed = output_of(
        "apt-get", "indextargets", "--format", "$(REPO_URI)",
        "Created-By: Packages", "Origin: Debian", "Label: Debian",
    )  # fmt: skip
    if not listed.split():
        raise MatrixError("apt knows no mirror of Debian here.")
    return listed.split()[0]


def apt_settings() -> str:
    """Return how apt fetches here (proxies, certificates, checks), as text of a settings file."""
    kept = ("Acquire::http", "Acquire::ftp", "Acquire::Check", "Acquire::Retries")
    lines = output_of("apt-config", "dump").splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith(kept))


def pip_settings(outside: str) -> dict[str, str]:
    """Return how pip fetches here as environment variables, local files as seen from a root that
    shows this machine's files in the folder ``outside``."""
    found = {}
    # The environment's settings are listed first and outweigh the files'.
    for line in reversed(output_of("/usr/bin/python3", "-m", "pip", "config", "list").splitlines()):
        key, _, value = line.partition("=")
        words = [_as_seen_from(outside, word) for word in value.strip("'\"").split()]
        found["PIP_" + key.split(".", 1)[1].upper().replace("-", "_")] = " ".join(words)
    return found


def _as_seen_from(outside: str, word: str) -> str:
    if word.startswith("file:///"):
        return f"file://{outside}{urlsplit(word).path}"
    return outside + word if word.startswith("/") else word


def in_root(
    root: Path, command: str, mounts: str = "", environment: dict[str, str] | None = None
) -> list[str]:
    """Return the command that runs a shell command within a root.

    Args:
        mounts: shell commands as :func:`bound` gives them, joined.
        environment: variables besides those that every command gets.
    """
    inner = (
        f"cd {shlex.quote(str(root))}; mount -t proc proc proc; mount -t sysfs -o ro sysfs sys\n"
    )
    inner += f"mkdir -p dev/shm; mount -t tmpfs tmpfs dev/shm\n{mounts}"
    variables = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    } | (environment or {})
    inside = ["env", "-i", *(f"{k}={v}" for k, v in variables.items()), "sh", "-euc", command]
    # The shell stays: it is the process that reaps what the command leaves.
    return in_namespace(f"{inner}chroot . {shlex.join(inside)} || exit $?")


def bound(folder: Path, place: str) -> str:
    """Return the shell commands that show a folder of this machine in a root, read only; ``place``
    is a name there."""
    mount = f"mkdir -p {place}; mount --rbind {shlex.quote(str(folder))} {place}\n"
    return f"{mount}mount -o remount,bind,ro {place}\n"


def in_namespace(command: str) -> list[str]:
    """Return the command that runs a shell command whose mounts and children end with it."""
    alone = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    return [*alone, "sh", "-euc", command]


def call(step: str, command: list[str], log: Path) -> None:
    """Run a step quietly; its output goes to the log.

    Raises:
        MatrixError: it fails.
    """
    say(f"{step} ...")
    with log.open("a", encoding="utf-8") as file:
        done = subprocess.run(
            command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False
        )
    if done.returncode:
        raise MatrixError(f"{step} failed, see {log.relative_to(ROOT)}.")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def make_root(release: Release, log: Path) -> None:
    """Make the root of a release, or what is missing of it.

    Raises:
        UnreachableError: the mirror does not have the release.
        MatrixError: a step fails.
    """
    root, made = release.folder, release.folder / ".debootstrapped"
    source = mirror()
    if not made.exists():
        probe = ["/usr/lib/apt/apt-helper", "download-file"]
        probe += [f"{source.rstrip('/')}/dists/{release.suite}/InRelease", str(MATRIX / "probe")]
        done = subprocess.run(probe, check=False, capture_output=True, text=True)
        if done.returncode:
            raise UnreachableError((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
        delete(root)
        scripts = Path("/usr/share/debootstrap/scripts")
        # A debootstrap older than the release makes it by the rules of unstable.
        script = release.suite if (scripts / release.suite).exists() else "sid"
        command = ["debootstrap", "--variant=minbase", release.suite, str(root), source]
        command.append(str(scripts / script))
        call(f"{release.suite}: base system", in_namespace(shlex.join(command)), log)
        made.touch()

    root.joinpath("etc/apt/apt.conf.d/00outside").write_text(apt_settings(), encoding="utf-8")
    for name in ("resolv.conf", "hosts"):
        root.joinpath("etc", name).write_bytes(Path("/etc", name).read_bytes())

    requirements = requirements_of(release)
    wanted = hashlib.sha256("\n".join([*release.packages, *requirements]).encode()).hexdigest()
    stamp = root / ".installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    # A root half made is no loss, and waiting for the disk takes most of the time.
    apt = "apt-get update -qq; "
    apt += "apt-get install -qq --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "
    apt += f"{' '.join(release.packages)}; apt-get clean\n"
    # Debian starts its programs with these options, of which qgis_process 3.22 knows none.
    apt += "[ ! -e /etc/default/qgis ] || echo QGIS_OPTS= > /etc/default/qgis"
    call(f"{release.suite}: QGIS", in_root(root, apt), log)
    root.joinpath("requirements.txt").write_text("\n".join(requirements), encoding="utf-8")
    pip = f"python3 -m venv --system-site-packages {Path(PYTHON).parent.parent}\n"
    for line in ("-r /requirements.txt", f"--no-deps {' '.join(bare_requirements_of(release))}"):
        pip += f"{PYTHON} -m pip install -q {line}\n"
    outside = bound(Path("/"), "outside")
    command = in_root(root, pip, outside, pip_settings("/outside"))
    call(f"{release.suite}: Python packages", command, log)
    stamp.write_text(wanted, encoding="utf-8")


def requirements_of(release: Release) -> list[str]:
    """Return what pip installs with dependencies: as for development, but no linters."""
    return _lines(release, "core.txt") + [
        line for line in _lines(release, "dev.txt") if line.startswith("pytest")
    ]


def bare_requirements_of(release: Release) -> list[str]:
    """Return what pip installs without dependencies."""
    return [shlex.quote(line) for line in _lines(release, "timm.txt")]


def _lines(release: Release, name: str) -> list[str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    left_out = ("#", "torch") if release.torch_by_apt else ("#",)
    return [line for line in lines if line and not line.startswith(left_out)]


def delete(folder: Path) -> None:
    """Delete a root, or all of them.

    Raises:
        MatrixError: something is mounted in it, by hand: what it shows would be deleted as well.
    """
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    inside = [place for place in (line.split()[4] for line in mounts) if _within(folder, place)]
    if inside:
        raise MatrixError(f"Unmount what is mounted in {folder}: {', '.join(inside)}")
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def _within(folder: Path, place: str) -> bool:
    # Spaces and the like are escaped there.
    return folder in Path(place.encode().decode("unicode_escape")).parents


def test(release: Release, arguments: list[str]) -> tuple[bool, str]:
    """Run the tests in the root of a release, on the project as it is now.

    Returns:
        Whether all passed, and pytest's last line.
    """
    project, temporary = release.folder / "soma", release.folder / "tmp"
    for old in (project, temporary):
        delete(old)
    temporary.mkdir()
    temporary.chmod(0o1777)
    shutil.copytree(ROOT, project, symlinks=True, ignore=shutil.ignore_patterns(*NOT_TESTED))
    environment = {
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": "/run/soma",
        "QGIS_CUSTOM_CONFIG_PATH": "/run/soma/profile",
        "SOMA_PYTHON": PYTHON,
    }
    data = Path(os.environ.get("SOMA_DATA", ROOT.parent / "shared" / "data"))
    mounts = bound(data.resolve(), "data") if data.is_dir() else ""
    if mounts:
        environment["SOMA_DATA"] = "/data"
    if "OMP_NUM_THREADS" in os.environ:
        environment["OMP_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"]
    command = "mkdir -p /run/soma/profile; chmod 700 /run/soma; cd /soma\n"
    command += f"exec {PYTHON} -m pytest {shlex.join(arguments)}"
    last = ""
    with subprocess.Popen(
        in_root(release.folder, command, mounts, environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last = line.strip(" =\n") or last
    return process.returncode == 0, last


def versions(release: Release) -> str:
    """Return the versions of a root in words."""
    code = "import platform, warnings; warnings.simplefilter('ignore')\n"
    code += (
        "from qgis.core import Qgis; from qgis.PyQt.QtCore import QT_VERSION_STR; import torch\n"
    )
    code += "print(f'QGIS {Qgis.QGIS_VERSION}, Qt {QT_VERSION_STR}, '"
    code += "f'Python {platform.python_version()}, torch {torch.__version__}')"
    return output_of(*in_root(release.folder, f"{PYTHON} -c {shlex.quote(code)}")).strip()


def main() -> int:
    """Make the roots, run the tests, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known = [release.suite for release in RELEASES]
    parser.add_argument("--suites", nargs="*", choices=known, default=known)
    parser.add_argument("--clean", action="store_true", help="delete the roots, and no more")
    parser.add_argument("tests", nargs="*", help="arguments of pytest, after -- (default: all)")
    wanted = parser.parse_args()
    if wanted.clean:
        try:
            delete(MATRIX)
        except MatrixError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0
    if os.geteuid() or subprocess.run(["which", "debootstrap"], capture_output=True).returncode:
        sys.stderr.write("Needs root, and debootstrap (apt install debootstrap).\n")
        return 2
    MATRIX.mkdir(parents=True, exist_ok=True)
    results, tested, failed = [], 0, 0
    for release in RELEASES:
        if release.suite not in wanted.suites:
            continue
        log = MATRIX / f"{release.suite}.log"
        try:
            make_root(release, log)
            title = f"{release.suite} ({versions(release)})"
            say(f"{title}: tests")
            passed, line = test(release, wanted.tests)
            tested += 1
        except UnreachableError as error:
            title, passed, line = release.suite, True, f"skipped, not to be had from here: {error}"
        except MatrixError as error:
            title, passed, line = release.suite, False, str(error)
        failed += not passed
        results.append(f"{title}: {line}")
    say("\n".join(["", *results]))
    if not tested:
        sys.stderr.write("No release was tested.\n")
    return int(bool(failed) or not tested)


if __name__ == "__main__":
    sys.exit(main())
