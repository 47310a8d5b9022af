#!/bin/sh
# The checks of plugins.qgis.org that block an upload, on dist/soma_qgis.zip: see docs/releasing.md.
set -eu
cd "$(dirname "$0")/.."
tools=$PWD/build/site-checks-venv/bin
zip=$PWD/dist/soma_qgis.zip
unpacked=build/site-checks

rm -rf "$unpacked"
mkdir -p "$unpacked"
python3 -m zipfile -e "$zip" "$unpacked"
cd "$unpacked"

failed=0
echo "bandit:"
# What the zip's own .bandit leaves out is left out on the site as well. Unlike the site, this also
# reports B404, an import of subprocess, unless .bandit says otherwise.
"$tools/bandit" -q -r . || failed=1
echo "detect-secrets:"
baseline=soma_qgis/.secrets.baseline
excused=""
[ ! -e "$baseline" ] || excused="--baseline $baseline"
# shellcheck disable=SC2046,SC2086 # lists of words: no file of the plugin has a blank in its name
"$tools/detect-secrets-hook" $excused --exclude-files "metadata\\.txt|\\.secrets\\.baseline" \
    $(find . -type f | sed "s|^\./||" | sort) || failed=1
echo "files:"
suspicious=$(find . -type f \( -name "*.exe" -o -name "*.dll" -o -name "*.so" -o -name "*.dylib" \
    -o -name "*.bat" -o -name "*.cmd" -o -name "*.sh" -o -name "*.ps1" \) )
if [ -n "$suspicious" ]; then
    echo "Programs are not allowed: $suspicious"
    failed=1
fi
if [ "$failed" = 1 ]; then
    echo "The site would block this zip." >&2
    exit 1
fi
echo "The site would take this zip."
