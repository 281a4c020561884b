"""The state file: the last token and how much of it is used up, so that a restart without network works inside grace.

One file per license key, machine, product and named instance, readable by its owner only, replaced atomically. It never
holds the license key. Its bytes carry a keyed checksum: a torn or hand-edited file counts as none. Deleting the file
deletes the token with it, so nothing is gained by that.

Several processes may share the file. The one that holds the lock beside it is the owner: only the owner writes, and
only the owner may take over the session that a dead process left behind. The lock goes with the process, so the next
one to ask becomes the owner; the file itself is only ever seen whole.

On a file system without locks (some network homes) nobody can tell whether the process that wrote the file still lives.
There every process writes, the last one wins, and none takes anything over: what a crash leaves behind ends by its ttl.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import stat
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Optional

from ._clock import Reading
from ._errors import SignatureInvalid
from ._grant import Grant, Verifier
from ._log import log
from ._mark import Mark

VERSION = 1
FILE_BYTES_MAX = 1024 * 1024

# Everything that a file of somebody else's making can lead to.
_BROKEN = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    SignatureInvalid,
)
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True)
class Record:
    """What the file says."""

    grant: Grant
    mark: Mark
    instance: str


def default_directory(env: Mapping[str, str]) -> Optional[Path]:
    """Where the platform keeps such files; None if this user has no such place."""
    if env.get("USHER_STATE_DIR"):
        return Path(env["USHER_STATE_DIR"])
    if sys.platform == "win32":
        return Path(env["LOCALAPPDATA"]) / "usher" if env.get("LOCALAPPDATA") else None
    if env.get("XDG_STATE_HOME"):
        return Path(env["XDG_STATE_HOME"]) / "usher"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / "Library/Application Support/usher" if sys.platform == "darwin" else home / ".local/state/usher"


class Store:
    """The state file of one seat. All methods may be called from any thread."""

    def __init__(
        self, directory: Optional[Path], license_key: str, hardware_id: str, product: str, instance: str
    ) -> None:
        """Name the file; nothing is opened. Without a directory nothing is ever kept."""
        scope = json.dumps([license_key, hardware_id, product, instance]).encode("utf-8")
        self._path = None if directory is None else directory / f"{hashlib.sha256(scope).hexdigest()[:32]}.json"
        self._key = hashlib.sha256(b"usher state file v1\0" + scope).digest()
        self._guard = threading.RLock()
        self._lock: Optional[_FileLock] = None
        self._sealed = False
        self._closed = False
        self._warned = False

    @property
    def path(self) -> Optional[Path]:
        """The file's path."""
        return self._path

    def own(self) -> bool:
        """Become the owner if nobody is; whether this store is certainly the only one that uses the file now."""
        with self._guard:
            return self._may_write() and self._lock is not None and self._lock.is_exclusive

    def _may_write(self) -> bool:
        if self._path is None or self._closed:
            return False
        if self._lock is None:
            with self._quietly():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._lock = _FileLock.take(self._path.with_suffix(".lock"))
        return self._lock is not None

    def load(self, verifier: Verifier, now: Reading) -> Optional[Record]:
        """What the file says, if it is whole and its token verifies; else None."""
        if self._path is None:
            return None
        try:
            kept = json.loads(_read(self._path))
            body = kept["body"]
            if kept["v"] != VERSION or not hmac.compare_digest(str(kept["mac"]), self._mac(body)):
                raise ValueError("its checksum is wrong")
            mark = _mark_from_json(body["mark"])
            grant = Grant.from_json(body["grant"], verifier, mark.reached_by(now))
            return Record(grant, mark, str(body["instance"]))
        except FileNotFoundError:
            return None
        except _BROKEN as error:
            log.warning("The state file %s is not used: %s", self._path, error)
            return None

    def save(self, record: Record) -> None:
        """Replace the file, unless another process owns it. A failure is logged once and nothing else."""
        with self._guard:
            if self._path is None or self._sealed or not self._may_write():
                return
            body = {"grant": record.grant.to_json(), "mark": _mark_to_json(record.mark), "instance": record.instance}
            text = json.dumps({"v": VERSION, "body": body, "mac": self._mac(body)})
            with self._quietly():
                _replace(self._path, text)

    def forget(self) -> None:
        """Delete the token, unless another process owns the file. Nothing is saved after this until `unseal`.

        Without locks it may be a sibling's, which saves it again at its next beat: better than keeping a released one.
        """
        with self._guard:
            self._sealed = True
            if self._path is not None and self._lock is not None:
                with self._quietly(), contextlib.suppress(FileNotFoundError):
                    self._path.unlink()

    def unseal(self) -> None:
        """Allow saving again."""
        with self._guard:
            self._sealed = False

    def close(self) -> None:
        """Give up ownership; nothing is written or deleted after this."""
        with self._guard:
            self._closed = True
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def after_fork(self) -> None:
        """In a child: the parent goes on owning the file; this copy of its descriptor must not keep the lock alive."""
        self._guard = threading.RLock()
        self.close()

    def _mac(self, body: object) -> str:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, text.encode("utf-8"), hashlib.sha256).hexdigest()

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        """A state file that cannot be written must not stop the application: it only cannot restart offline."""
        try:
            yield
        except (OSError, ValueError) as error:
            if not self._warned:
                self._warned = True
                log.warning(
                    "The state file %s cannot be written (%s): a restart without network will not work. "
                    "Set state_dir or USHER_STATE_DIR to a directory of this user.",
                    self._path,
                    error,
                )


def _read(path: Path) -> bytes:
    """The file's bytes. What lies in its place may be anything: nothing is waited for, and a device is not read."""
    descriptor = os.open(path, os.O_RDONLY | _AT_ONCE | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no regular file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(FILE_BYTES_MAX + 1)
    finally:
        os.close(descriptor)
    if len(content) > FILE_BYTES_MAX:
        raise ValueError(f"it is longer than {FILE_BYTES_MAX} bytes")
    return content


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def _mark_to_json(mark: Mark) -> Dict[str, Any]:
    at = mark.at
    return {
        "reached": mark.reached,
        "unsaved": mark.unsaved,
        "wall": at.wall,
        "boot": at.boot,
        "boot_id": at.boot_id,
    }


def _mark_from_json(kept: Mapping[str, Any]) -> Mark:
    reading = Reading(float(kept["wall"]), float(kept["boot"]), str(kept["boot_id"]))
    return Mark(float(kept["reached"]), reading, float(kept["unsaved"]))


class _FileLock:
    """An exclusive lock that the system drops with the process, also when it is killed; or, without locks, none."""

    def __init__(self, descriptor: int, *, is_exclusive: bool) -> None:
        self._descriptor = descriptor
        self.is_exclusive = is_exclusive

    @classmethod
    def take(cls, path: Path) -> Optional[_FileLock]:
        """Take the lock without waiting; None if somebody has it. Where there are no locks it is not exclusive."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _AT_ONCE, 0o600)
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except OSError as error:
            # Replacing the file is atomic all the same, so two writers cannot tear it.
            log.info(
                "The file system of %s has no locks (%s): no session of a crashed process is taken over", path, error
            )
            return cls(descriptor, is_exclusive=False)
        return cls(descriptor, is_exclusive=True)

    def release(self) -> None:
        """Drop this descriptor; the lock goes with the last copy of it."""
        os.close(self._descriptor)
