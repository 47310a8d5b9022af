#!/bin/sh
# Makes .venv with what the core and the tests need, on top of the system's QGIS and rasterio.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/.requirements
wanted=$(cat requirements/core.txt requirements/dev.txt requirements/timm.txt | sha256sum |
    cut -d ' ' -f 1)
if [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    echo "Python environment: up to date (.venv)."
    exit 0
fi

echo "Python environment: making .venv (torch is a large download; pip's own settings apply)."
# The system's Python, because QGIS's and rasterio's modules belong to it.
/usr/bin/python3 -m venv --system-site-packages .venv
pip() {
    .venv/bin/python -m pip --disable-pip-version-check "$@"
}
pip install -q -r requirements/core.txt -r requirements/dev.txt
pip install -q --no-deps -r requirements/timm.txt
.venv/bin/python -W ignore -c "import torch, timm, rasterio
print(f'Python environment: torch {torch.__version__}, timm {timm.__version__}, '
      f'rasterio {rasterio.__version__}')"
echo "$wanted" > "$stamp"
