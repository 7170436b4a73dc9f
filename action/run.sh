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
if [ -n "${INPUT_GROUP:-}" ]; then args+=("--group=$INPUT_GROUP"); fi
if [ -n "${INPUT_GROUP_SIZE:-}" ]; then args+=("--group-size=$INPUT_GROUP_SIZE"); fi
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

# A group alone is waited for: its jobs are submitted elsewhere.
if [ -n "${INPUT_GROUP:-}" ] && [ -z "${INPUT_FILE:-}" ] && [ "${#jobs[@]}" = 0 ]; then
  output ids ''
  node "$cli" wait --timeout "${INPUT_TIMEOUT:-30m}" --group="$INPUT_GROUP"
  finish $?
fi

submitted="$(node "$cli" submit --json ${args[@]+"${args[@]}"} ${jobs[@]+-- "${jobs[@]}"})"
code=$?
# Through a pipe: an argument may have 128 kB on Linux.
# What comes back is written to the outputs and given to a command: ids, and nothing else.
ids="$(printf %s "$submitted" | node -e '
  const text = require("node:fs").readFileSync(0, "utf8");
  const ids = text === "" ? [] : JSON.parse(text).accepted.map(({ id }) => String(id));
  const strange = ids.filter((id) => !/^job_[a-z2-7]{26}$/.test(id)).length;
  if (strange > 0) console.error(`jobwatch: ${strange} ids of the response are none of jobwatch: is the URL right?`);
  console.log(strange > 0 ? "" : ids.join(" "));
')"
if [ -z "$ids" ] && [ "$code" = 0 ]; then code=1; fi
output ids "$ids"
echo "jobwatch: watching ${ids:-nothing}"
if [ -z "$ids" ] || [ "${INPUT_WAIT:-true}" = false ]; then finish "$code"; fi

read -r -d '' -a watched <<< "$ids"
node "$cli" wait --timeout "${INPUT_TIMEOUT:-30m}" -- "${watched[@]}"
waited=$?
if [ "$waited" -gt "$code" ]; then code=$waited; fi
finish "$code"
