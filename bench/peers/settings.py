"""What can be set: everything comes from the environment, as in `make bench-peers ROUNDS=5 OUT=facts/peers.json`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent
SYSTEMS = ("usher", "etcd", "classic", "floor")


@dataclass(frozen=True)
class Settings:
    """The settings of a comparison."""

    systems: tuple[str, ...]
    clients: int
    duration: str
    warmup: str
    rounds: int
    workers: int
    redis_fsync: str
    out: str
    usher: Path
    etcd: str
    build: Path
    data: Path

    @classmethod
    def of_environment(cls) -> Settings:
        """Read the settings; a `SystemExit` says which is wrong."""
        target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
        return cls(
            systems=_systems(os.environ.get("SYSTEMS") or ",".join(SYSTEMS)),
            clients=_count("CLIENTS", 64),
            duration=_duration("DURATION", "10s"),
            warmup=_duration("WARMUP", "2s"),
            rounds=_count("ROUNDS", 3),
            workers=_count("WORKERS", 2),
            redis_fsync=_one_of("REDIS_FSYNC", "everysec", "always"),
            out=os.environ.get("OUT") or "",
            usher=Path(os.environ.get("USHER") or target / "release/usher").absolute(),
            etcd=os.environ.get("ETCD") or "",
            build=Path(os.environ.get("BUILD") or target / "peers").absolute(),
            # Not /tmp, which may be in memory: what is measured is durable on a disk.
            data=Path(os.environ.get("TMPDIR") or "/var/tmp"),
        )


def seconds(duration: str) -> float:
    """How long `500ms`, `10s` or `1m` is."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", duration).groups()
    return int(number) * {"ms": 0.001, "s": 1.0, "m": 60.0}[unit]


def _systems(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    unknown = [name for name in chosen if name not in SYSTEMS]
    if unknown:
        raise SystemExit(f"SYSTEMS: there is no {unknown[0]!r}; choose of {','.join(SYSTEMS)}")
    return chosen


def _count(name: str, otherwise: int) -> int:
    text = os.environ.get(name) or str(otherwise)
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise SystemExit(f"{name}: expected a number from 1 to 999999, not {text!r}")
    return int(text)


def _duration(name: str, otherwise: str) -> str:
    text = os.environ.get(name) or otherwise
    if not re.fullmatch(r"[1-9]\d{0,5}(ms|s|m)", text):
        raise SystemExit(f"{name}: expected a time such as 500ms, 10s or 1m, not {text!r}")
    return text


def _one_of(name: str, *choices: str) -> str:
    text = os.environ.get(name) or choices[0]
    if text not in choices:
        raise SystemExit(f"{name}: expected {' or '.join(choices)}, not {text!r}")
    return text
