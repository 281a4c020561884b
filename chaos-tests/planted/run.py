"""Plants bugs in a copy of the sources and counts the seeds of the simulation until a law catches each.

    python3 chaos-tests/planted/run.py TARGET [--check] [--only NAME]... [--seeds N] [--jobs N] [--table FILE]

TARGET is cargo's target folder. All bugs are built at once; the environment says which of them is on.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

SWITCH = """
/// Whether the bug of this name is switched on. Only copies of the sources with planted bugs have this.
pub fn planted(name: &str) -> bool {
    static ON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ON.get_or_init(|| std::env::var("USHER_PLANTED").ok()).as_deref() == Some(name)
}
"""


def read_bugs() -> list[dict[str, str]]:
    return tomllib.loads((HERE / "bugs.toml").read_text())["bug"]


def planted_sources(bugs: list[dict[str, str]]) -> dict[str, str]:
    """Each changed file with all bugs in it; ends with a message if a place is not there exactly once."""
    sources: dict[str, str] = {"licensing/src/lib.rs": (ROOT / "licensing/src/lib.rs").read_text() + SWITCH}
    for bug in bugs:
        if "file" not in bug:
            continue
        text = sources.get(bug["file"]) or (ROOT / bug["file"]).read_text()
        if text.count(bug["before"]) != 1:
            times = text.count(bug["before"])
            sys.exit(
                f"planted/bugs.toml: {bug['name']}: its place is {times} times in {bug['file']}, not once; "
                "let `before` say where it is now"
            )
        sources[bug["file"]] = text.replace(bug["before"], bug["after"])
    return sources


def copy_tree(tree: pathlib.Path, sources: dict[str, str]) -> None:
    """Only what differs is written, so that cargo builds only that again."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        source, copy = ROOT / name, tree / name
        bytes_ = sources[name].encode() if name in sources else source.read_bytes()
        if not copy.exists() or copy.read_bytes() != bytes_:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(bytes_)
    for copy in tree.rglob("*"):
        if copy.is_file() and str(copy.relative_to(tree)) not in names:
            copy.unlink()


def build(target: pathlib.Path, tree: pathlib.Path) -> pathlib.Path:
    environment = {name: value for name, value in os.environ.items() if name != "RUSTFLAGS"}
    environment["CARGO_TARGET_DIR"] = str(target / "simulation")
    # Without the debug assertions of the ledger and the engine, which stop a node before any client could see the harm: the
    # laws are to do it.
    unasserted = [
        f"--config=profile.simulation.package.{package}.debug-assertions=false" for package in ("licensing", "openraft")
    ]
    arguments = ["--profile", "simulation", *unasserted, "--features", "simulation", "--bin", "simulate"]
    print("building the sources with all bugs in them …", file=sys.stderr)
    subprocess.run(["cargo", "build", "--quiet", *arguments], cwd=tree / "chaos-tests", env=environment, check=True)
    built = tree.parent / "simulate"
    # Under a name of its own: the next build of the sound sources writes to the same place.
    built.unlink(missing_ok=True)
    built.write_bytes((target / "simulation/simulation/simulate").read_bytes())
    built.chmod(0o755)
    return built


def run(simulate: pathlib.Path, bug: str | None, seeds: int, jobs: int) -> tuple[int, list[str]]:
    """How many seeds were run, and what was broken."""
    environment = dict(os.environ, RUST_BACKTRACE="0")
    if bug is not None:
        environment["USHER_PLANTED"] = bug
    command = [simulate, "many", "1", str(seeds), "--jobs", str(jobs), "--until-broken"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    counted = re.search(r"^(\d+) seeds: ", ran.stdout, re.MULTILINE)
    broken = re.findall(r"^seed \d+: BROKEN (.*)$", ran.stdout, re.MULTILINE)
    if counted is None:
        sys.exit(f"simulate said nothing that can be read:\n{ran.stdout}{ran.stderr}")
    return int(counted[1]), broken


def law(broken: str) -> str:
    """What caught it, in a word or two."""
    if named := re.match(r"([A-Z][A-Za-z]+):", broken):
        return named[1]
    if broken.startswith("not whole"):
        return "the cluster does not heal"
    if "stopped:" in broken:
        return "a node stops by itself"
    return "a panic stops a node" if "process ended" in broken else broken[:60]


def write_table(file: pathlib.Path, rows: list[str]) -> None:
    """In the place of the table that is there."""
    head = "| bug | what is wrong | caught by | seeds |"
    before, found, rest = file.read_text().partition(head)
    if not found:
        sys.exit(f"{file}: there is no table that begins with {head}")
    after = rest.split("\n\n", 1)[1:]
    table = "\n".join([head, "|---|---|---|--:|", *rows])
    file.write_text(before + "\n\n".join([table, *after]) + ("" if after else "\n"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="only see that each bug has its place")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--seeds", type=int, default=200, help="give a bug up after so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--table", type=pathlib.Path, help="a Markdown file whose table of caught bugs to write anew")
    asked = parser.parse_args()
    bugs = read_bugs()
    sources = planted_sources(bugs)
    if asked.check:
        return
    tree = (asked.target / "planted/tree").resolve()
    copy_tree(tree, sources)
    simulate = build(asked.target.resolve(), tree)
    seeds, broken = run(simulate, None, 10, asked.jobs)
    if broken:
        sys.exit(f"with no bug switched on, {seeds} seeds broke: {broken[0]}")
    rows, missed = [], 0
    for bug in bugs:
        name = bug["name"]
        if "part_of" in bug or (asked.only and name not in asked.only):
            continue
        seeds, broken = run(simulate, name, asked.seeds, asked.jobs)
        caught = ", ".join(sorted({law(line) for line in broken})) or "NOT CAUGHT"
        missed += not broken
        rows.append(f"| {name} | {bug['what']} | {caught} | {seeds} |")
        print(f"{name}: {caught} after {seeds} seeds", flush=True)
    if asked.table:
        write_table(asked.table, rows)
    if missed:
        sys.exit(f"{missed} of {len(rows)} bugs were not caught")


if __name__ == "__main__":
    main()
