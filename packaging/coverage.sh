#!/usr/bin/env bash
# Line coverage of each crate, by their own tests, and of the Python SDK. Each must be at least 80 %.
set -euo pipefail
cd "$(dirname "$0")/.."

least=80
cargo tarpaulin --version > /dev/null 2>&1 || cargo install cargo-tarpaulin --locked
report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT

cargo tarpaulin --engine llvm --workspace --exclude chaos-tests --skip-clean --out json --output-dir "$report" \
    --target-dir "${CARGO_TARGET_DIR:-target}/coverage" --exclude-files '*/examples/*' '*/tests/*' --timeout 600

(cd sdk/python && ../../.venv/bin/coverage run -m pytest --quiet && ../../.venv/bin/coverage json -q -o "$report/sdk.json")

.venv/bin/python - "$report" "$least" <<'PYTHON'
import collections, json, pathlib, sys

report, least = pathlib.Path(sys.argv[1]), float(sys.argv[2])
lines = collections.defaultdict(lambda: [0, 0])
root = pathlib.Path.cwd()
# What is no crate of the product, or a copy of one.
others = {"bench", "chaos-tests", "target"}
for file in json.loads((report / "tarpaulin-report.json").read_text())["files"]:
    path = pathlib.Path("/".join(file["path"])[1:]) if file["path"][0] == "/" else pathlib.Path(*file["path"])
    try:
        inside = path.relative_to(root)
    except ValueError:
        continue
    if inside.parts[0] in others:
        continue
    crate = "usher (src)" if inside.parts[0] == "src" else inside.parts[0]
    lines[crate][0] += file["covered"]
    lines[crate][1] += file["coverable"]
figures = {crate: 100 * covered / total for crate, (covered, total) in lines.items() if total}
figures["sdk/python"] = json.loads((report / "sdk.json").read_text())["totals"]["percent_covered"]
for crate, percent in sorted(figures.items()):
    print(f"{crate:14} {percent:5.1f} %")
low = [crate for crate, percent in figures.items() if percent < least]
sys.exit(f"below {least:.0f} %: {', '.join(low)}" if low else 0)
PYTHON
