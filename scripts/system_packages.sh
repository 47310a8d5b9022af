#!/bin/sh
# Makes sure that QGIS and the packages that pip cannot give are there; installs them on Debian.
set -eu

OLDEST_QGIS=3.22
PACKAGES="python3-rasterio python3-venv"
QGIS_PACKAGES="qgis python3-qgis"

qgis_version() {
    # "QGIS 3.40.6-Bratislava ..." to "3.40.6"; empty where there is no QGIS.
    QT_QPA_PLATFORM=offscreen qgis_process --version 2>/dev/null |
        sed -n 's/^QGIS \([0-9][0-9.]*\).*/\1/p'
}

recent_enough() {
    [ -n "$1" ] && [ "$(printf '%s\n%s\n' "$OLDEST_QGIS" "$1" | sort -V | head -n 1)" = "$OLDEST_QGIS" ]
}

missing=""
recent_enough "$(qgis_version)" || missing="$missing qgis"
/usr/bin/python3 -c 'import qgis.core' 2>/dev/null || missing="$missing python3-qgis"
/usr/bin/python3 -c 'import rasterio' 2>/dev/null || missing="$missing python3-rasterio"
/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
if [ -z "$missing" ]; then
    echo "System packages: complete (QGIS $(qgis_version))."
    exit 0
fi

say_what_is_missing() {
    echo "Missing:$missing." >&2
    echo "$1" >&2
    echo "Needed: QGIS $OLDEST_QGIS or later with its Python bindings for /usr/bin/python3," >&2
    echo "and rasterio and venv for the same Python. Then run make again." >&2
    exit 1
}

ID=unknown
VERSION_CODENAME=unknown
[ ! -r /etc/os-release ] || . /etc/os-release
[ "$ID" = debian ] || say_what_is_missing \
    "This system is $ID, not Debian: install them with its package manager."

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    say_what_is_missing "Run \"sudo make system\" once, or let an administrator install them."
fi

apt() {
    # Errors and warnings are shown; hundreds of lines on packages are not.
    # shellcheck disable=SC2086 # empty for root
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" >/dev/null
}

target=""
if [ "$VERSION_CODENAME" = bookworm ]; then
    # Debian 12 itself has QGIS 3.22, of which qgis_process does not start as it is packaged.
    target="-t bookworm-backports"
    if ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
        echo "System packages: adding bookworm-backports to apt's sources."
        echo "deb http://deb.debian.org/debian bookworm-backports main" |
            $as_root tee /etc/apt/sources.list.d/bookworm-backports.list >/dev/null
    fi
fi

echo "System packages: installing$missing with apt (some minutes)."
apt update -qq
# shellcheck disable=SC2086 # lists of words
apt install -y -qq --no-install-recommends $target $QGIS_PACKAGES
# shellcheck disable=SC2086
apt install -y -qq --no-install-recommends $PACKAGES
recent_enough "$(qgis_version)" || say_what_is_missing \
    "apt offers QGIS $(qgis_version) for $VERSION_CODENAME, which is too old."
echo "System packages: complete (QGIS $(qgis_version))."
