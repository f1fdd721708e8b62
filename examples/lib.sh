# Shared by the examples: each command is shown before it runs, and nothing waits longer than it must.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# The project's own commands, without npx's half second per call.
export PATH="$root/node_modules/.bin:$PATH"

say() { printf '\n# %s\n' "$*"; }

run() {
  printf '$ %s\n' "$*"
  "$@"
}

# eventually SECONDS PATTERN COMMAND… : runs the command until its output matches, then shows it.
eventually() {
  local deadline=$((SECONDS + $1)) pattern=$2 output
  shift 2
  printf '$ %s\n' "$*"
  while :; do
    output=$("$@" 2>&1) || true
    if grep -Eq -- "$pattern" <<<"$output"; then
      printf '%s\n' "$output"
      return
    fi
    if ((SECONDS >= deadline)); then
      printf '%s\nexpected a line that matches: %s\n' "$output" "$pattern" >&2
      exit 1
    fi
    sleep 0.1
  done
}
