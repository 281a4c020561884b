"""The package's logger, and how secrets look in it."""

from __future__ import annotations

import hashlib
import logging

log = logging.getLogger("usher_client")


def redacted(secret: str) -> str:
    """A secret's prefix and a short hash: enough to compare two logs, useless for anything else."""
    prefix = secret.split("-", 1)[0] if "-" in secret else ""
    short = hashlib.sha256(secret.encode("utf-8")).hexdigest()[:8]
    return f"{prefix[:16]}…{short}"
