"""Walks through the API of three nodes by its OpenAPI document: `python tests/schema/check.py target/debug/usher`.

schemathesis makes requests of what the document says, right ones and wrong ones, in all its phases, and holds every
answer against the document. Each phase asks another node. The requests follow from the seed; ids and keys that the
servers draw do not.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cluster import Cluster

HERE = Path(__file__).parent

# The node that each is asked of, how much of the time it gets where there is a time, and how many examples it takes for
# each that was asked for: a chain of calls is one example, of the whole API and not of one operation.
PHASES = (("examples,coverage", 0, 0, 1), ("fuzzing", 1, 0.5, 1), ("stateful", 2, 0.5, 5))

# Longer than any run that has no time of its own.
ENDS_WITHIN = 900.0


def sell(cluster: Cluster) -> dict[str, Any]:
    """Something of everything, and what the walk may name."""
    product = cluster.call("POST", "/products", {"code": "schema", "name": "Schema", "key_prefix": "SCHEMA"})["id"]
    plan = {"product": product, "code": "pro", "name": "Pro", "seats": 1000, "sessions_per_holder_max": 1000}
    plan = cluster.call("POST", "/plans", plan)["id"]
    customer = cluster.call("POST", "/customers", {"name": "Ada Ltd", "reference": "CRM-42"})["id"]
    license = cluster.call("POST", "/licenses", {"plan": plan, "customer": customer})
    for machine in range(3):
        claim = {"license_key": license["license_key"], "hardware_id": f"machine-number-{machine}"}
        cluster.call("POST", "/licenses/acquire", claim)
    return {
        "product": product,
        "plan": plan,
        "customer": customer,
        "license_key": license["license_key"],
        "token": cluster.call("GET", "/tokens")["items"][0]["id"],
        "nodes": [node["id"] for node in cluster.call("GET", "/cluster")["nodes"]],
    }


def walk(cluster: Cluster, folder: Path, arguments: argparse.Namespace) -> tuple[bool, int]:
    """Runs the phases; whether they found nothing, and how many requests that took."""
    facts, excused = folder / "facts.json", folder / "excused"
    facts.write_text(json.dumps(sell(cluster)), encoding="utf-8")
    excused.touch()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "SCHEMA_FACTS": str(facts),
        "SCHEMA_EXCUSED": str(excused),
        "SCHEMA_TOKEN": cluster.token,
        "PYTHONPATH": str(HERE),
        "NO_COLOR": "1",
    }
    good, requests = True, 0
    for phases, node, share, times in PHASES:
        url = cluster.urls[node]
        command = [str(Path(sys.executable).parent / "st"), "--config-file", str(HERE / "schemathesis.toml")]
        command += ["run", f"{url}/api/v1/openapi.json", "--phases", phases, "--seed", str(arguments.seed)]
        command += ["--max-examples", str(arguments.examples * times)]
        if arguments.minutes and share:
            command += ["--max-time", str(round(arguments.minutes * 60 * share))]
        begun = time.monotonic()
        within = ENDS_WITHIN + arguments.minutes * 60
        ran = subprocess.run(
            command,
            check=False,
            env=environment,
            cwd=HERE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within,
        )
        out = ran.stdout.decode(errors="replace")
        cases = sum(int(count) for count in re.findall(r"(\d+) generated", out))
        requests += cases
        print(
            f"{phases:18} {cases:6} requests, {time.monotonic() - begun:5.1f} s, exit code {ran.returncode}", flush=True
        )
        # A phase that asks nothing proves nothing.
        if ran.returncode != 0 or cases == 0:
            good = False
            print(out, flush=True)
    for row, count in sorted(collections.Counter(excused.read_text(encoding="utf-8").splitlines()).items()):
        print(f"lawfully refused   {count:6} × {row}")
    return good, requests


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("usher", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=5, help="requests of a kind for each operation")
    parser.add_argument("--minutes", type=float, default=0, help="go on for so long; without it, once through")
    arguments = parser.parse_args()
    usher = arguments.usher.resolve()
    with tempfile.TemporaryDirectory(prefix="usher-schema-") as folder, Cluster(usher, Path(folder)) as cluster:
        good, requests = walk(cluster, Path(folder), arguments)
        panics, agrees = cluster.panics(), cluster.agrees()
        print(
            f"seed {arguments.seed}: {requests} requests, {panics} panics, the nodes {'agree' if agrees else 'DIFFER'}"
        )
        if good and agrees and panics == 0:
            return 0
        print(cluster.logs())
    again = f"SEED={arguments.seed} EXAMPLES={arguments.examples} MINUTES={arguments.minutes:g}"
    print(f"FAILED. To see it again: make schema {again}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
