"""The classic server with its PostgreSQL and its Redis, each with fresh data on disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from needs import Needs
from processes import Failed, free_ports, running, until
from settings import PEERS, Settings

SEATS = 1_000_000

# Connections of all workers to PostgreSQL: enough that one flush of its log carries the commits of many.
POSTGRES_CONNECTIONS = 32

# As one would set it for this load, with nothing taken from durability: a commit is on the disk when it is answered.
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "max_connections": "100",
}


@contextlib.contextmanager
def classic(settings: Settings, needs: Needs, data: Path, license_key: str) -> Iterator[tuple[list[int], list[str]]]:
    """Everything of it: the ids of its processes, and a URL for each worker."""
    with contextlib.ExitStack() as parts:
        redis, redis_socket = parts.enter_context(_redis(settings, needs, data))
        postgres, sockets = parts.enter_context(_postgres(needs, data))
        _psql(needs, sockets, "usher_classic", (PEERS / "classic/schema.sql").read_text() + _license(license_key))
        environment = {
            "CLASSIC_REDIS_SOCKET": str(redis_socket),
            "CLASSIC_POSTGRES_FOLDER": str(sockets),
            "CLASSIC_POSTGRES_PORT": "5432",
            "CLASSIC_POSTGRES_CONNECTIONS": str(max(1, POSTGRES_CONNECTIONS // settings.workers)),
            "CLASSIC_SIGNING_SEED": secrets.token_hex(32),
        }
        # A port for each worker, as pods behind a load balancer have: workers that share one take connections from it
        # as they come, and one of them gets most.
        workers, urls = [], []
        for port in free_ports(settings.workers):
            log = data / f"uvicorn-{port}.log"
            command = [
                *(needs.python, "-m", "uvicorn", "classic.app:app", "--host", "127.0.0.1", "--port", str(port)),
                *("--loop", "uvloop", "--http", "httptools"),
                *("--no-proxy-headers", "--no-access-log", "--log-level", "warning"),
            ]
            worker = parts.enter_context(running(command, log, cwd=PEERS, environment=environment))
            workers.append(worker)
            urls.append(f"http://127.0.0.1:{port}")
            until(lambda: answers(urls[-1]), "uvicorn", worker, log)
        yield [redis.pid, postgres.pid, *(worker.pid for worker in workers)], urls
        _check_records(_psql(needs, sockets, "usher_classic", COUNTS))


# Sessions, those still held, and what the audit says of them.
COUNTS = """
    SELECT count(*), count(*) FILTER (WHERE released_at IS NULL),
        (SELECT count(*) FROM audit WHERE action = 'acquire'), (SELECT count(*) FROM audit WHERE action = 'release')
    FROM sessions;
"""


def _check_records(told: str) -> None:
    """What was driven must have happened: no figure comes from a server that only looked busy."""
    sessions, held, acquires, releases = map(int, told.split("|"))
    if sessions == 0 or held != 0 or acquires < sessions or releases < sessions:
        raise Failed(f"of {sessions} sessions {held} are held; the audit has {acquires} acquires, {releases} releases")


def answers(url: str) -> bool:
    """Whether somebody answers there, whatever it is."""
    try:
        with urllib.request.urlopen(f"{url}/", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True


@contextlib.contextmanager
def _redis(settings: Settings, needs: Needs, data: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    folder = data / "redis"
    folder.mkdir()
    socket, log = folder / "redis.sock", data / "redis.log"
    command = [
        *(needs.redis_server, "--port", "0", "--unixsocket", socket, "--dir", folder),
        *("--appendonly", "yes", "--appendfsync", settings.redis_fsync, "--save", ""),
    ]
    with running(command, log) as process:
        until(socket.exists, "redis-server", process, log)
        yield process, socket


@contextlib.contextmanager
def _postgres(needs: Needs, data: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """PostgreSQL and the folder of its socket. It refuses to run as root, and is then the user `postgres`."""
    user = "postgres" if os.geteuid() == 0 else None
    home, log = data / "postgres", data / "postgres.log"
    home.mkdir()
    if user is not None:
        shutil.chown(home, user, user)
    database = home / "data"
    initdb = [needs.postgres_bin / "initdb", "-D", database, "-U", "usher", "-A", "trust", "-E", "UTF8", "--no-sync"]
    with running([*initdb, "--locale=C"], log, cwd=home, user=user) as making:
        if making.wait() != 0:
            raise Failed(f"initdb failed; it said:\n{log.read_text()[-2000:]}")
    given = [f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
    command = [needs.postgres_bin / "postgres", "-D", database, "-k", home, *given]
    # An interrupt is its fast shutdown: it ends connections instead of waiting for them.
    with running(command, log, cwd=home, user=user, ends_by=signal.SIGINT) as process:
        until(lambda: _accepts(needs, home), "postgres", process, log)
        _psql(needs, home, "postgres", "CREATE DATABASE usher_classic;")
        yield process, home


def _accepts(needs: Needs, sockets: Path) -> bool:
    asked = subprocess.run([needs.postgres_bin / "pg_isready", "-q", "-h", sockets, "-U", "usher"], check=False)
    return asked.returncode == 0


def _psql(needs: Needs, sockets: Path, database: str, statements: str) -> str:
    command = [needs.postgres_bin / "psql", "-h", sockets, "-U", "usher", "-d", database]
    done = subprocess.run(
        [*command, "-qtAX", "-v", "ON_ERROR_STOP=1"], check=False, input=statements, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Failed(f"psql: {done.stderr}")
    return done.stdout.strip()


def _license(license_key: str) -> str:
    """One license, with usher's plan and as many seats as its demo's license for load."""
    key = hashlib.sha256(license_key.encode()).hexdigest()
    return f"""
        INSERT INTO licenses VALUES ('lic_s8wfrxgw9qhqztwn906m9304rr', '\\x{key}', 'cus_g6k6yc4f1btsb5p5aabw803gxm',
            'coditect', '{{"code": "pro", "name": "Pro"}}', {SEATS}, '{{"gpu": true, "projects": 20}}', NULL);
    """
