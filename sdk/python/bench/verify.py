"""Time the verification of a chain and its token: `python bench/verify.py [--rounds N]`."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from usher_client._trust import parse_roots, verify

VECTORS = Path(__file__).parents[3] / "trust" / "tests" / "vectors" / "session-v1.json"


def main() -> None:
    """Print the median and the worst of many verifications."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=2000)
    rounds = arguments.parse_args().rounds
    shared = json.loads(VECTORS.read_text(encoding="utf-8"))
    roots = parse_roots(json.dumps(shared["roots"]))
    expected = shared["expectations"]
    for name, chain, token in (
        ("chain of 1", shared["chain"], shared["token"]),
        *(
            (case["name"], case["chain"], case.get("token", shared["token"]))
            for case in shared["good"]
            if "chain" in case
        ),
    ):
        seconds = []
        for _ in range(rounds):
            begun = time.perf_counter()
            verify(chain, token, roots, now=expected["now"])
            seconds.append(time.perf_counter() - begun)
        p99 = statistics.quantiles(seconds, n=100)[98]
        print(f"{name:32} median {statistics.median(seconds) * 1e6:7.0f} µs   p99 {p99 * 1e6:7.0f} µs")


if __name__ == "__main__":
    main()
