# Headings with times, for scripts of several steps: sourced by them, never run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
begun=$SECONDS

# section <title> <command…>: stops the script when the command fails.
section() {
    local title=$1 start=$SECONDS
    shift
    printf '\n== %s\n' "$title"
    if "$@"; then
        printf -- '-- %s: %d s\n' "$title" $((SECONDS - start))
    else
        printf -- '-- %s: FAILED after %d s\n' "$title" $((SECONDS - start)) >&2
        exit 1
    fi
}
