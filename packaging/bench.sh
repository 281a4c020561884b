#!/usr/bin/env bash
# Measures three nodes on this machine and prints a table; docs/measuring.md says what its figures mean.
# The settings below come from the environment: `make bench KILLS=5 OUT=facts/bench.json`.
set -euo pipefail
cd "$(dirname "$0")/.."

CLIENTS=${CLIENTS:-1,64,256,1000} # clients at once, one measurement after another
RATES=${RATES:-500,1000,2000}     # calls in a second that come whatever the answers, one measurement after another
DURATION=${DURATION:-10s}         # of each measurement
WARMUP=${WARMUP:-2s}              # before it
KILLS=${KILLS:-20}                # how often the leader is killed
SESSIONS=${SESSIONS:-100000}      # sessions that stay, for memory and restart
ROUNDS=${ROUNDS:-2000}            # how often the SDK verifies each chain
OUT=${OUT:-}                      # a file for everything that was measured, as JSON
usher=${USHER:-${CARGO_TARGET_DIR:-target}/release/usher}

export LC_ALL=C
unset "${!USHER_@}"
python=.venv/bin/python
test -x $python || make --no-print-directory .venv/.installed
test -x "$usher" || { echo "$usher is not there: \`cargo build --release\` makes it, or USHER names another" >&2 && exit 1; }
# Not /tmp, which may be in memory: what is measured is durable on a disk.
facts=$(mktemp -d -p "${TMPDIR:-/var/tmp}")

# Ends what this script started, whatever happened.
finish() {
    local own=($(jobs -pr))
    ((${#own[@]} == 0)) || kill -KILL "${own[@]}" 2> /dev/null || true
    test ! -e "$facts/demo/demo.json" || "$usher" demo --stop --data "$facts/demo" > /dev/null || true
    rm -rf "$facts"
}
trap finish EXIT
trap 'exit 1' INT TERM

# A member of each node, or one of the demo itself, as `demo api` or `demo bulk_license_key`.
demo() {
    $python -c 'import json, sys
demo, name = json.load(open(sys.argv[1])), sys.argv[2]
print(demo.get(name) or ",".join(node[name] for node in demo["nodes"]))' "$facts/demo.out" "$1"
}

load() { USHER_URL=$urls USHER_LICENSE_KEY=$license_key "$usher" bench "$@" -o json; }
kill_leaders() { "$usher" bench failover --demo "$facts/demo.out" --kills "$1" -o json; }

echo "Starting three nodes …" >&2
"$usher" demo --detach -o json --data "$facts/demo" > "$facts/demo.out"
license_key=$(demo bulk_license_key)
urls=$(demo api)
ops=$(demo ops)

load --clients "$CLIENTS" --duration "$DURATION" --warmup "$WARMUP" --ops-url "$ops" > "$facts/seats.json"
load --rate "$RATES" --clients 256 --duration "$DURATION" --warmup "$WARMUP" > "$facts/open.json"
kill_leaders "$KILLS" > "$facts/failover.json"
echo "Acquiring $SESSIONS sessions …" >&2
load sessions --count "$SESSIONS" --ops-url "$ops" > "$facts/sessions.json"
kill_leaders 1 > "$facts/restart.json"
$python sdk/python/bench/verify.py --rounds "$ROUNDS" > "$facts/verify"

"$usher" --version > "$facts/version"
$python - "$facts" "$OUT" <<'PYTHON'
import json, os, pathlib, re, sys

facts, out = pathlib.Path(sys.argv[1]), sys.argv[2]
read = lambda name: json.loads((facts / name).read_text())

seats, failover, sessions = read("seats.json"), read("failover.json"), read("sessions.json")
restart = read("restart.json")["kills"][0]["ready_ms"] / 1000
verify = re.findall(r"^(.+?) +median +(\d+) µs +p99 +(\d+) µs", (facts / "verify").read_text(), re.M)
figures = {
    "version": (facts / "version").read_text().strip(),
    "machine": seats["machine"],
    "seats": seats["runs"],
    "open": read("open.json")["runs"],
    "failover": failover,
    "sessions": sessions,
    "restart_seconds": restart,
    "verify_us": {name: {"median": int(median), "p99": int(p99)} for name, median, p99 in verify},
}


def took(run, kind):
    return "{p50_ms:.1f} / {p99_ms:.1f}".format_map(run["calls"][kind]) if kind in run["calls"] else "none"


def print_runs(heading, load, runs):
    print(f"\n{heading:>9} {'CALLS/S':>8} {'ACQUIRE P50/P99 MS':>20} {'HEARTBEAT P50/P99 MS':>21} {'ERRORS':>7}")
    for run in runs:
        acquire, beat = took(run, "acquire"), took(run, "heartbeat")
        print(f"{load(run):9g} {run['rate']:8.0f} {acquire:>20} {beat:>21} {sum(run['errors'].values()):7}")


print(f"\n{figures['version']}, three nodes and the load beside them on {os.cpu_count()} CPUs")
print_runs("CLIENTS", lambda run: run["clients"], figures["seats"])
print_runs("OFFERED/S", lambda run: run["offered"]["rate"], figures["open"])
silent, lost = failover["silent_ms"], failover["sessions_lost"] + failover["acquires_lost"] + failover["releases_lost"]
print(
    f"\nleader killed {len(failover['kills'])} times   silent p50 {silent['p50']:.0f} ms, p99 {silent['p99']:.0f} ms, "
    f"max {silent['max']:.0f} ms; {lost} sessions and acknowledged calls lost, "
    f"{failover['acquires_checked'] + failover['releases_checked']} calls checked"
)
print(f"{sessions['sessions']} sessions stay   acquired at {sessions['acquiring']['rate']:.0f}/s")
for process in sessions["acquiring"]["processes"]:
    before, after = (process[when] / 2**20 for when in ("resident_bytes_before", "resident_bytes"))
    print(f"memory of {process['process']:22}   {before:.0f} MiB before, {after:.0f} MiB with them")
print(f"restart of a node     {restart:.2f} s until it is ready")
print(f"the SDK verifies      in {verify[0][1]} µs (median), p99 {verify[0][2]} µs")
if out:
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(out).write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
PYTHON
