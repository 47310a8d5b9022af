#!/bin/sh
# Makes a virtual environment for a tool that the tests do not need.
# Use: tool_environment.sh FOLDER REQUIREMENTS
set -eu
cd "$(dirname "$0")/.."
folder=$1
requirements=$2

stamp=$folder/.requirements
if [ -r "$stamp" ] && cmp -s "$requirements" "$stamp"; then
    exit 0
fi
echo "Making $folder from $requirements."
rm -rf "$folder"
python3 -m venv "$folder"
"$folder/bin/python" -m pip --disable-pip-version-check install -q -r "$requirements"
cp "$requirements" "$stamp"
