"""Which machine this is, for counting seats: `hardware_id` on the wire.

In this order: what the operator says (`hardware_id=`, `USHER_FINGERPRINT`); in Kubernetes what the pod's specification
hands down in variables; else the ids that the operating system and the hardware keep. Nothing is read that another user
of the same machine could not read too, so root and a service account get the same answer, and no other program is run.

What leaves the machine is an HMAC-SHA-256 keyed by those ids over the product: two vendors cannot compare notes, and
nobody can turn it back. The grade says how far to trust it: `strong` names one machine for good, `weak` may change with
a part or be shared, `ephemeral` lasts no longer than this container.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import socket
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Dict, List, Mapping, Optional

from ._errors import ConfigurationError
from ._hardware import Hardware

LENGTH_MIN = 8
LENGTH_MAX = 256
_STATEFUL_POD = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?-\d+")


class Grade(str, Enum):
    """How far a fingerprint can be trusted to name one machine."""

    STRONG = "strong"
    WEAK = "weak"
    EPHEMERAL = "ephemeral"


@dataclass(frozen=True)
class Fingerprint:
    """The machine's identity for counting, how good it is, and what it was made of."""

    value: str
    grade: Grade
    source: str


def fingerprint(
    product: str,
    *,
    override: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    root: Path = Path("/"),
) -> Fingerprint:
    """Find out which machine this is; `root` is where `/proc`, `/sys` and `/etc` are looked for."""
    env = os.environ if env is None else env
    chosen = override or env.get("USHER_FINGERPRINT")
    if chosen:
        return _chosen(chosen, "hardware_id" if override else "USHER_FINGERPRINT")
    if env.get("KUBERNETES_SERVICE_HOST"):
        return _in_kubernetes(product, env)
    hardware = Hardware.read(root)
    parts = hardware.parts()
    if hardware.machine_id or hardware.platform_id:
        return _hashed(product, parts, Grade.STRONG)
    if hardware.mac or hardware.disk:
        return _hashed(product, parts, Grade.WEAK)
    return _hashed(product, {**parts, "hostname": socket.gethostname()}, Grade.EPHEMERAL)


def _chosen(value: str, source: str) -> Fingerprint:
    if not LENGTH_MIN <= len(value) <= LENGTH_MAX:
        raise ConfigurationError(
            f"{source} has {len(value)} characters; a fingerprint has {LENGTH_MIN} to {LENGTH_MAX}. "
            "Choose a longer name that no other machine has."
        )
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ConfigurationError(f"{source} holds bytes that are no text. Choose a name of plain characters.")
    return Fingerprint(value, Grade.STRONG, source)


def _in_kubernetes(product: str, env: Mapping[str, str]) -> Fingerprint:
    """A container's own files name its image, so only what the pod's specification says counts."""
    node_uid, node_name = env.get("USHER_NODE_UID"), env.get("USHER_NODE_NAME")
    namespace, pod = env.get("USHER_POD_NAMESPACE"), env.get("USHER_POD_NAME")
    if node_uid:
        return _hashed(product, {"node-uid": node_uid}, Grade.STRONG)
    if namespace and pod and _STATEFUL_POD.fullmatch(pod):
        return _hashed(product, {"namespace": namespace, "stateful-pod": pod}, Grade.WEAK)
    if node_name:
        return _hashed(product, {"node-name": node_name}, Grade.WEAK)
    return _hashed(product, {"pod": env.get("USHER_POD_UID") or socket.gethostname()}, Grade.EPHEMERAL)


def _hashed(product: str, parts: Dict[str, str], grade: Grade) -> Fingerprint:
    # A host's name may hold bytes that are no text: they count as they are.
    secret = "\0".join(f"{name}={parts[name]}" for name in sorted(parts)).encode("utf-8", "surrogateescape")
    message = b"usher fingerprint v1\0" + product.encode("utf-8", "surrogateescape")
    sources: List[str] = sorted(parts)
    return Fingerprint(hmac.new(secret, message, hashlib.sha256).hexdigest(), grade, " + ".join(sources))
