"""What environment to make on this computer, and from what."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtNetwork import QNetworkProxy

from soma_qgis.engine.environment import managed_folder
from soma_qgis.settings import Settings


@dataclass(frozen=True)
class Plan:
    """What to make, and from what.

    Attributes:
        folder: the environment's.
        wheels: folder to install from without a network, or empty.
        index: package index for a build of torch, or empty.
        variables: set for pip and uv: the proxy.
        gpu: there is an NVIDIA driver.
    """

    folder: Path
    wheels: str = ""
    index: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    gpu: bool = False

    @staticmethod
    def of(settings: Settings) -> Plan:
        """Return the plan for this computer; in the main thread, for QGIS's network settings."""
        return Plan(
            managed_folder(), settings.wheels, settings.index, proxy_variables(), has_driver()
        )


def has_driver() -> bool:
    """Return whether an NVIDIA driver is installed: without one no CUDA build can work."""
    if sys.platform == "darwin":
        return False
    system = Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32", "nvcuda.dll")
    places = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"), Path("/dev/dxg"), system)
    return shutil.which("nvidia-smi") is not None or any(place.exists() for place in places)


def proxy_variables() -> dict[str, str]:
    """Return QGIS's network settings as the variables that pip and uv read."""
    manager = QgsNetworkAccessManager.instance()
    proxy = manager.fallbackProxy()
    if not proxy.hostName():
        return {}
    socks = proxy.type() == QNetworkProxy.ProxyType.Socks5Proxy
    user = f"{quote(proxy.user(), '')}:{quote(proxy.password(), '')}@" if proxy.user() else ""
    address = f"{'socks5' if socks else 'http'}://{user}{proxy.hostName()}:{proxy.port()}"
    hosts = [re.sub(r"^\w+://|/.*$", "", url) for url in manager.noProxyList() if url]
    return {"HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": ",".join(hosts)}
