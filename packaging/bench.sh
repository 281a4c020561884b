#!/usr/bin/env bash
# Measures three nodes on this machine and prints a table; docs/measuring.md says what its figures mean.
# The settings below come from the environment: `make bench KILLS=5 OUT=facts/bench.json`.
set -euo pipefail
cd "$(dirname "$0")/.."

CLIENTS=${CLIENTS:-1,64,256,1000} # clients at once, one measurement after another
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
declare -A pid config log ops started # by the node's number

# Ends what this script started, whatever happened: its own processes first, of which the demo does not know.
finish() {
    local own=($(jobs -pr) "${started[@]}")
    ((${#own[@]} == 0)) || kill -KILL "${own[@]}" 2> /dev/null || true
    test ! -e "$facts/demo/demo.json" || "$usher" demo --stop --data "$facts/demo" > /dev/null || true
    rm -rf "$facts"
}
trap finish EXIT
trap 'exit 1' INT TERM

# A member of a JSON document on standard input, such as `json nodes 0 api`.
json() {
    $python -c 'import functools, json, sys
step = lambda value, name: value[int(name)] if isinstance(value, list) else value[name]
print(functools.reduce(step, sys.argv[1:], json.load(sys.stdin)))' "$@"
}

ask() { USHER_URL=$urls USHER_TOKEN=$token "$usher" "$@"; }
load() { USHER_URL=$urls USHER_LICENSE_KEY=$license_key "$usher" bench "$@" -o json; }
leader() { { ask status -o json || true; } | json cluster leader; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/${pid[$1]}/status"; }

# Waits until a command succeeds.
until_ok() {
    local by=$((SECONDS + 60))
    until "$@" > "$facts/last" 2>&1; do
        ((SECONDS < by)) || { echo "after 60 s still failing: $*" >&2 && cat "$facts/last" >&2 && return 1; }
        sleep 0.01
    done
}

ended() { ! kill -0 "$1"; }

kill_node() {
    kill -KILL "${pid[$1]}"
    unset "started[$1]"
    until_ok ended "${pid[$1]}"
}

start_node() {
    "$usher" server --config "${config[$1]}" > /dev/null 2>> "${log[$1]}" &
    pid[$1]=$! started[$1]=$!
    disown # so that the shell keeps silent about its end
    until_ok curl -sf "${ops[$1]}/readyz" || { tail "${log[$1]}" >&2 && return 1; }
}

echo "Starting three nodes …" >&2
"$usher" demo --detach -o json --data "$facts/demo" > "$facts/demo.out"
demo() { json "$@" < "$facts/demo.out"; }
token=$(demo admin_token)
license_key=$(demo bulk_license_key)
urls=$(demo nodes 0 api),$(demo nodes 1 api),$(demo nodes 2 api)
for at in 0 1 2; do
    node=$(demo nodes $at node_id)
    pid[$node]=$(demo nodes $at pid)
    config[$node]=$(demo nodes $at config_file)
    log[$node]=$(demo nodes $at log_file)
    ops[$node]=$(demo nodes $at ops)
done
until_ok ask status

load --clients "$CLIENTS" --duration "$DURATION" --warmup "$WARMUP" > "$facts/seats.json"

for ((round = 1; round <= KILLS; round++)); do
    echo "Killing the leader, $round of $KILLS …" >&2
    load --clients 64 --mix heartbeat --warmup 1s --duration 5s > "$facts/kill-$round.json" 2> /dev/null &
    bench=$!
    # Some time in the second second of the measurement, so that it is not always at the same place between two ticks.
    sleep "2.$((RANDOM % 900 + 100))"
    led=$(leader)
    kill_node "$led"
    wait $bench
    start_node "$led"
    until_ok ask status
done

for node in "${!pid[@]}"; do echo "$node before $(memory "$node")"; done > "$facts/memory"
echo "Acquiring $SESSIONS sessions …" >&2
load sessions --count "$SESSIONS" > "$facts/sessions.json"
for node in "${!pid[@]}"; do echo "$node after $(memory "$node")"; done >> "$facts/memory"

echo "Killing a follower and starting it again …" >&2
led=$(leader)
for node in "${!pid[@]}"; do test "$node" = "$led" || follower=$node; done
kill_node "$follower"
begun=$EPOCHREALTIME
start_node "$follower"
echo "$begun $EPOCHREALTIME" > "$facts/restart"

$python sdk/python/bench/verify.py --rounds "$ROUNDS" > "$facts/verify"

"$usher" --version > "$facts/version"
$python - "$facts" "$OUT" <<'PYTHON'
import json, os, pathlib, platform, re, statistics, sys

facts, out = pathlib.Path(sys.argv[1]), sys.argv[2]
read = lambda name: json.loads((facts / name).read_text())
words = lambda name: [line.split() for line in (facts / name).read_text().splitlines()]

kills = [read(file.name)["runs"][0] for file in sorted(facts.glob("kill-*.json"))]
gaps = [run["longest_gap"]["ms"] for run in kills]
lost = sum(count for run in kills for why, count in run["errors"].items() if why.startswith("SESSION_"))
memory = {}
for node, when, kib in words("memory"):
    memory.setdefault(node, {})[f"{when}_kib"] = int(kib)
begun, ready = map(float, words("restart")[0])
cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
verify = re.findall(r"^(.+?) +median +(\d+) µs +p99 +(\d+) µs", (facts / "verify").read_text(), re.M)
figures = {
    "version": (facts / "version").read_text().strip(),
    "machine": {"cpus": os.cpu_count(), "cpu": cpu and cpu[1], "kernel": platform.release()},
    "seats": read("seats.json")["runs"],
    "failover": {"gaps_ms": gaps, "sessions_lost": lost},
    "sessions": {**read("sessions.json"), "memory": memory, "restart_seconds": round(ready - begun, 3)},
    "verify_us": {name: {"median": int(median), "p99": int(p99)} for name, median, p99 in verify},
}

print(f"\n{figures['version']}, three nodes and the load beside them on {os.cpu_count()} CPUs\n")
print(f"{'CLIENTS':>7} {'CALLS/S':>8} {'ACQUIRE P50/P99 MS':>20} {'HEARTBEAT P50/P99 MS':>21} {'ERRORS':>7}")
for run in figures["seats"]:
    acquire, beat = (
        "{p50_ms:.1f} / {p99_ms:.1f}".format_map(run["calls"][kind]) if kind in run["calls"] else "none"
        for kind in ("acquire", "heartbeat")
    )
    print(f"{run['clients']:7} {run['rate']:8.0f} {acquire:>20} {beat:>21} {sum(run['errors'].values()):7}")
print()
if gaps:
    median = statistics.median(gaps)
    print(f"leader killed {len(gaps)} times   silent p50 {median:.0f} ms, max {max(gaps)} ms; {lost} sessions lost")
acquiring = figures["sessions"]["acquiring"]
print(f"{figures['sessions']['sessions']} sessions stay   acquired at {acquiring['rate']:.0f}/s")
for node, kib in sorted(memory.items(), key=lambda item: int(item[0])):
    print(f"memory of node {node:4}   {kib['before_kib'] / 1024:.0f} MiB before, {kib['after_kib'] / 1024:.0f} MiB with them")
print(f"restart of a node     {ready - begun:.2f} s until it is ready")
print(f"the SDK verifies      in {verify[0][1]} µs (median), p99 {verify[0][2]} µs")
if out:
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(out).write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
PYTHON
