#!/usr/bin/env bash
# The step of the action: submits, then waits. Inputs come as variables, so that nothing of them is read as code.
set -uo pipefail

root="${JOBWATCH_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}"
cli="${JOBWATCH_CLI:-$root/dist/jobwatch.mjs}"
if [ ! -f "$cli" ]; then
  (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build:cli) >&2 || exit 4
fi

args=()
for name in api region project account file; do
  variable="INPUT_${name^^}"
  if [ -n "${!variable:-}" ]; then args+=("--$name" "${!variable}"); fi
done
while IFS= read -r label; do
  if [ -n "$label" ]; then args+=(--label "$label"); fi
done <<< "${INPUT_LABELS:-}"
read -r -d '' -a jobs <<< "${INPUT_JOBS:-}"

output() { printf '%s=%s\n' "$1" "$2" >> "${GITHUB_OUTPUT:-/dev/null}"; }

finish() {
  local names=(succeeded failed timed_out lost unreachable)
  local result="${names[$1]:-failed}"
  if [ "$1" = 0 ] && [ "${INPUT_WAIT:-true}" = false ]; then result=submitted; fi
  output result "$result"
  output exit-code "$1"
  exit "$1"
}

submitted="$(node "$cli" submit --json ${args[@]+"${args[@]}"} ${jobs[@]+-- "${jobs[@]}"})"
code=$?
# Through a pipe: an argument may have 128 kB on Linux.
ids="$(printf %s "$submitted" | node -e 'const text = require("node:fs").readFileSync(0, "utf8"); if (text) console.log(JSON.parse(text).accepted.map(({ id }) => id).join(" "))')"
output ids "$ids"
echo "jobwatch: watching ${ids:-nothing}"
if [ -z "$ids" ] || [ "${INPUT_WAIT:-true}" = false ]; then finish "$code"; fi

# shellcheck disable=SC2086 # ids are words
node "$cli" wait --timeout "${INPUT_TIMEOUT:-30m}" $ids
waited=$?
if [ "$waited" -gt "$code" ]; then code=$waited; fi
finish "$code"
