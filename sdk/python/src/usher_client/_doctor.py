"""`python -m usher_client doctor`: what stands between this machine and a seat, and what to do about it.

Nothing is acquired. Each server is asked about a session that cannot exist: only a license server answers that with
`SESSION_NOT_FOUND`, so the answer proves the way there, the certificate and who speaks at the other end.
"""

from __future__ import annotations

import email.utils
import json
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, Mapping, Optional

from ._clock import Reading, SystemClock
from ._errors import ConnectionFailed, UsherError
from ._fingerprint import Grade, fingerprint
from ._grant import Verifier
from ._http import CallFailed, Response, Server, Transport, proxy_for, tls_context
from ._log import redacted
from ._settings import (
    KEY_VARIABLES,
    ROOT_VARIABLES,
    URL_VARIABLES,
    first_variable,
    product_scope,
    read_license_key,
    read_roots,
    read_servers,
)
from ._store import Store, default_directory
from ._trust import Roots

OK, WARN, FAIL = "ok", "warn", "fail"
OFFSET_SECONDS_MAX = 120.0
CERTIFICATE_SECONDS_MIN = 14 * 86_400
# Well formed, and no session's: an id is 128 bits of a keyed hash.
NO_SESSION = "sid_" + "0" * 26


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis."""

    check: str
    verdict: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class Options:
    """What the command line gives; the rest comes from the environment, as for `seat()`."""

    license_key: Optional[str] = None
    url: Optional[str] = None
    root: Optional[str] = None
    product: Optional[str] = None
    hardware_id: Optional[str] = None
    instance: Optional[str] = None
    state_dir: Optional[str] = None
    ca_file: Optional[str] = None
    timeout: float = 5.0


def diagnose(options: Options, env: Optional[Mapping[str, str]] = None) -> List[Finding]:
    """Look at everything; a fault in one place does not hide the next."""
    return list(_findings(options, os.environ if env is None else env))


def as_text(findings: List[Finding]) -> str:
    """For people."""
    lines = []
    for finding in findings:
        lines.append(f"[{finding.verdict:4}] {finding.check}: {finding.detail}")
        if finding.remedy:
            lines.append(f"       → {finding.remedy}")
    return "\n".join(lines)


def as_json(findings: List[Finding]) -> str:
    """For programs: `{"ok": …, "findings": [{check, verdict, detail, remedy}]}`."""
    return json.dumps({"ok": not failed(findings), "findings": [finding.__dict__ for finding in findings]}, indent=2)


def failed(findings: List[Finding]) -> bool:
    """Whether anything stands in the way of a seat."""
    return any(finding.verdict == FAIL for finding in findings)


def _findings(options: Options, env: Mapping[str, str]) -> Iterator[Finding]:
    keys: List[str] = []
    roots: List[Roots] = []
    servers: List[Server] = []
    yield _check("license key", lambda: _license_key(options, env, keys))
    yield _check("vendor root", lambda: _root(options, env, roots))
    yield _check("fingerprint", lambda: _fingerprint(options, env, keys))
    if keys and roots:
        yield _check("state file", lambda: _state_file(options, env, keys[0], roots[0]))
    yield _check("server URLs", lambda: _urls(options, env, servers))
    try:
        transport = Transport(servers, tls_context(options.ca_file, env))
    except UsherError as error:
        yield Finding("CA certificates", FAIL, error.message, error.remedy)
        return
    try:
        for index in range(len(servers)):
            yield from _server(transport, index, options.timeout)
    finally:
        transport.close()


def _check(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except UsherError as error:
        return Finding(name, FAIL, error.message, error.remedy)


def _license_key(options: Options, env: Mapping[str, str], found: List[str]) -> Finding:
    found.append(read_license_key(options.license_key or first_variable(env, KEY_VARIABLES)))
    return Finding("license key", OK, redacted(found[0]))


def _root(options: Options, env: Mapping[str, str], found: List[Roots]) -> Finding:
    found.append(read_roots(options.root or first_variable(env, ROOT_VARIABLES)))
    return Finding("vendor root", OK, "pinned keys: " + ", ".join(sorted(found[0])))


def _fingerprint(options: Options, env: Mapping[str, str], keys: List[str]) -> Finding:
    scope = product_scope(keys[0] if keys else "", options.product)
    found = fingerprint(scope, override=options.hardware_id, env=env)
    detail = f"{found.grade.value}, from {found.source}: {redacted(found.value)}"
    if found.grade is Grade.EPHEMERAL:
        return Finding(
            "fingerprint",
            WARN,
            detail,
            "This container looks like a new machine at every start. Hand it USHER_FINGERPRINT, or in Kubernetes "
            "USHER_POD_NAMESPACE and USHER_POD_NAME of a StatefulSet, or USHER_NODE_UID.",
        )
    return Finding("fingerprint", OK, detail)


def _state_file(options: Options, env: Mapping[str, str], key: str, roots: Roots) -> Finding:
    scope = product_scope(key, options.product)
    hardware_id = fingerprint(scope, override=options.hardware_id, env=env).value
    directory = Path(options.state_dir) if options.state_dir else default_directory(env)
    store = Store(directory, key, hardware_id, scope, options.instance or env.get("USHER_INSTANCE") or "")
    path, now = store.path, SystemClock().now()
    if path is None:
        remedy = "Set USHER_STATE_DIR to a directory of this user."
        return Finding("state file", WARN, "this user has no place for it; no restart without network", remedy)
    if not path.exists():
        return Finding("state file", OK, f"{path} does not exist; the first acquire makes it")
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("state file", WARN, f"{path} can be read by others", f"chmod 600 {path}")
    return _kept_token(store, Verifier(roots, hardware_id, options.product), path, now)


def _kept_token(store: Store, verifier: Verifier, path: Path, now: Reading) -> Finding:
    record = store.load(verifier, now)
    if record is None:
        remedy = "Delete it, or acquire a seat once with the server in reach."
        return Finding("state file", WARN, f"{path} holds no token that verifies", remedy)
    left = record.grant.claims.gex - record.mark.reached_by(now)
    clock = "; this machine's clock was set back" if record.mark.set_back(now) else ""
    if left <= 0:
        return Finding("state file", WARN, f"{path}: offline grace is over{clock}", "Connect to the server once.")
    return Finding("state file", WARN if clock else OK, f"{path}: {left / 3600:.1f} h of offline grace left{clock}")


def _urls(options: Options, env: Mapping[str, str], found: List[Server]) -> Finding:
    found.extend(read_servers(options.url or first_variable(env, URL_VARIABLES)))
    plain = [str(server) for server in found if server.scheme == "http" and not server.is_loopback]
    if plain:
        return Finding("server URLs", WARN, f"not encrypted: {', '.join(plain)}", "Use https.")
    return Finding("server URLs", OK, ", ".join(str(server) for server in found))


def _server(transport: Transport, index: int, timeout: float) -> Iterator[Finding]:
    server = transport.server(index)
    name = f"server {server}"
    body = json.dumps({"session_id": NO_SESSION}).encode("ascii")
    begun = time.time()
    try:
        proxy = proxy_for(server)
        response = transport.call(index, "PUT", "/api/v1/licenses/heartbeat", body, timeout)
    except CallFailed as failure:
        error = failure.error
        # The general advice is to run this very command.
        general = error.remedy == ConnectionFailed.default_remedy
        yield Finding(
            name, FAIL, error.message, "Check the network, the URL and any proxy." if general else error.remedy
        )
        return
    except UsherError as fault:
        yield Finding(name, FAIL, fault.message, fault.remedy)
        return
    seconds = time.time() - begun
    way = f"through the proxy {proxy.hostname}:{proxy.port or 80}" if proxy else "directly"
    yield _answer(name, response, f"{way}, {seconds * 1000:.0f} ms")
    yield from _certificate(name, transport.certificate_ends(index))
    yield from _offset(name, response, begun + seconds / 2)


def _answer(name: str, response: Response, how: str) -> Finding:
    try:
        code = json.loads(response.body).get("code")
    except (ValueError, AttributeError):
        code = None
    if code == "SESSION_NOT_FOUND":
        return Finding(name, OK, f"usher answers, {how}")
    if isinstance(code, str):
        remedy = "The cluster's operator should look at `usher status`." if response.status >= 500 else ""
        return Finding(name, FAIL if response.status >= 500 else WARN, f"usher answers {code}, {how}", remedy)
    detail = f"something else than usher answers: {response.status} {response.content_type}, {how}"
    return Finding(name, FAIL, detail, "Check the URL, and whether a proxy or a portal answers in its place.")


def _certificate(name: str, ends: Optional[float]) -> Iterator[Finding]:
    if ends is None:
        return
    left = ends - time.time()
    detail = f"the certificate is trusted and ends in {left / 86_400:.0f} days"
    short = left < CERTIFICATE_SECONDS_MIN
    yield Finding(name, WARN if short else OK, detail, "Tell the server's operator to renew it." if short else "")


def _offset(name: str, response: Response, at: float) -> Iterator[Finding]:
    if not response.date:
        return
    try:
        offset = at - email.utils.parsedate_to_datetime(response.date).timestamp()
    except (TypeError, ValueError):
        return
    far = abs(offset) > OFFSET_SECONDS_MAX
    detail = f"this machine's clock differs by {offset:+.0f} s"
    yield Finding(name, WARN if far else OK, detail, "Set the clock right; offline grace depends on it." if far else "")
