#!/bin/sh
# All that needs a GPU to be measured, below eight minutes; the table is printed last.
#   DATA=folder sh benchmarks/gpu.sh
# DATA: a folder with scenes/ and pairs/ as the project's data has. DEVICE=cpu SMALL=1 tries the
# whole flow without a GPU. OUT: a folder for gpu.json, default build/gpu. PYTHON: default python3.
# It needs torch, timm, safetensors, numpy, jinja2 and rasterio, and neither network, git nor QGIS.
set -u
cd "$(dirname "$0")/.." || exit 1
: "${DATA:?give the folder with the data: DATA=folder sh benchmarks/gpu.sh}"
out=${OUT:-build/gpu}
mkdir -p "$out"
command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total \
	--format=csv,noheader
exec "${PYTHON:-python3}" -W ignore -u benchmarks/gpu.py --data "$DATA" \
	--device "${DEVICE:-cuda}" ${SMALL:+--small} --json "$out/gpu.json" "$@"
