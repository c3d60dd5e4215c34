# Sourced by the scripts beside it. Finds a Python, has setup.py do what is missing, and says where the tools are.
# Plain POSIX shell as far as it goes: the bash of macOS is version 3.

set -eu
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

fail() {
    printf 'error: %s\nhelp: %s\n' "$1" "$2" >&2
    exit 1
}

# The first Python that is new enough: an explicit one, the environment's own, then what PATH has.
find_python() {
    if [ -n "${CCIP_PYTHON:-}" ]; then
        new_enough "$CCIP_PYTHON" && return
        fail "CCIP_PYTHON=$CCIP_PYTHON is not a Python 3.11 or newer" "point it at one, or unset it"
    fi
    for candidate in .venv/bin/python python3 python3.13 python3.12 python3.11 python3.14 python; do
        new_enough "$candidate" && return
    done
    fail "no Python 3.11 or newer found" "install Python 3.11+ (python.org, apt install python3, brew install python) and run this again"
}

new_enough() {
    command -v "$1" >/dev/null 2>&1 || return 1
    "$1" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || return 1
    PYTHON=$1
}

# Everything that has to be there before any work: .venv, node_modules, compiled contracts. Quick when nothing changed.
prepare() {
    find_python
    "$PYTHON" -I -S scripts/setup.py "$@" </dev/null
}

# What forge needs. Call after prepare.
use_forge() {
    FORGE=${CCIP_FORGE:-}
    [ -n "$FORGE" ] || FORGE=$(ls node_modules/@foundry-rs/forge-*/bin/forge 2>/dev/null | head -n 1)
    [ -n "$FORGE" ] || FORGE=$(command -v forge || true)
    [ -n "$FORGE" ] || fail "no forge for this machine in node_modules, and none on PATH" "set CCIP_FORGE=/path/to/forge"
    FOUNDRY_SOLC=$(.venv/bin/python -m ccip_py.deploy.solc)
    export FORGE FOUNDRY_SOLC FOUNDRY_DISABLE_NIGHTLY_WARNING=1
}
