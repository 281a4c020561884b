"""Fuzzes every target for its share of the time, and tells what each did.

    python3 fuzz/run.py [--minutes N] [--target NAME] [--jobs N]
    python3 fuzz/run.py --keep [--target NAME]

What is found goes to `fuzz/found` in cargo's target folder and is begun with the next time. `--keep` copies into
`fuzz/corpus` those of it that reach code nothing there reaches, the smallest first, as far as the corpus stays small.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "fuzz"

# As in `targets/tests/replay.rs`, which holds the corpora to it.
FILES_MAX = 40
KEPT_BYTES_MAX = 4 << 10

# A process that holds more, or an input that takes longer, has found something. Counted in MiB and seconds.
MEMORY_MAX = 2_048
INPUT_MAX = 20


def targets() -> list[str]:
    return sorted(program.stem for program in (HERE / "fuzz_targets").glob("*.rs"))


def build(only: str | None) -> pathlib.Path:
    """Builds with the stable compiler, whose `-C` flags are enough for libFuzzer without a sanitizer: there is no unsafe
    code here that one would watch."""
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        sys.exit("libFuzzer is C++ and is built here: install a compiler, such as with `apt-get install g++`")
    if subprocess.run(["cargo", "fuzz", "--version"], capture_output=True).returncode != 0:
        subprocess.run(["cargo", "install", "cargo-fuzz", "--locked"], check=True)
    flags = ["--sanitizer", "none", "--no-cfg-fuzzing", "--target-dir", str(BUILT)]
    subprocess.run(["cargo", "fuzz", "build", *flags, *([only] if only else [])], cwd=ROOT, check=True)
    version = subprocess.run(["rustc", "-vV"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    triple = re.search(r"^host: (.*)$", version, re.MULTILINE)
    assert triple, "rustc names its host"
    return BUILT / triple[1] / "release"


def folders(name: str) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    found, crashes, corpus = BUILT / "found" / name, BUILT / "crashes" / name, HERE / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(parents=True, exist_ok=True)
    return found, crashes, corpus


def fuzz(program: pathlib.Path, seconds: int) -> bool:
    """Fuzzes one target; tells how it went, and gives whether its property held."""
    name = program.name
    found, crashes, corpus = folders(name)
    begun = time.monotonic()
    ran = subprocess.run(
        [
            program,
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={MEMORY_MAX}",
            f"-timeout={INPUT_MAX}",
            f"-artifact_prefix={crashes}/",
            "-print_final_stats=1",
            found,
            corpus,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # The frames are libFuzzer's own; the replay shows those that matter.
        env={**os.environ, "RUST_BACKTRACE": "0"},
    )
    executed = re.findall(r"stat::number_of_executed_units: (\d+)", ran.stderr) or ["0"]
    coverage = re.findall(r" cov: (\d+)", ran.stderr) or ["0"]
    told = f"{int(executed[-1]):>12,} executions in {time.monotonic() - begun:.0f} s, {int(coverage[-1]):>6,} edges reached"
    if ran.returncode == 0:
        print(f"{name:<18}{told}", flush=True)
        return True
    inputs = re.findall(r"Test unit written to (\S+)", ran.stderr)
    said = [line for line in ran.stderr.splitlines() if not line.startswith(("#", "stat::", "INFO:", "\t"))]
    begins = next((at for at, line in enumerate(said) if "panicked at" in line or "ERROR: libFuzzer" in line), 0)
    words = "\n".join(f"    {line[:300]}" for line in said[begins : begins + 6])
    print(f"{name:<18}{told}: FAILED\n{words}", flush=True)
    for path in inputs:
        print(f"\n    the input:     {path}")
        print(f"    to replay it:  cargo run -p fuzz-targets --example replay -- {name} {path}")
        print(f"    to keep it:    cp {path} fuzz/corpus/{name}/WHAT-IT-WAS", flush=True)
    return False


def keep(program: pathlib.Path) -> None:
    """Copies what is worth it from what was found into the corpus."""
    name = program.name
    found, _, corpus = folders(name)
    merged = BUILT / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    shutil.copytree(corpus, merged)
    quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([program, "-merge=1", merged, found], check=True, **quietly)
    there = {path.name for path in corpus.iterdir()}
    new = sorted((path for path in merged.iterdir() if path.name not in there), key=lambda path: path.stat().st_size)
    kept, total = 0, 0
    for path in new[: FILES_MAX - len(there)]:
        total += path.stat().st_size
        if total > KEPT_BYTES_MAX:
            break
        shutil.copy(path, corpus / path.name[:12])
        kept += 1
    print(f"{name:<18}{kept:>4} of {len(new)} kept", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together")
    parser.add_argument("--target", choices=targets(), help="this one alone")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time")
    parser.add_argument("--keep", action="store_true", help="put what was found into the corpora")
    asked = parser.parse_args()
    names = [asked.target] if asked.target else targets()
    built = build(asked.target)
    programs = [built / name for name in names]
    if asked.keep:
        for program in programs:
            keep(program)
        return
    seconds = max(1, int(asked.minutes * 60 * min(asked.jobs, len(names)) / len(names)))
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        held = list(pool.map(lambda program: fuzz(program, seconds), programs))
    if not all(held):
        sys.exit(1)


if __name__ == "__main__":
    main()
