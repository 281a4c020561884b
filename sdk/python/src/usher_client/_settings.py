"""Arguments and environment become one checked value; every mistake is named before anything is sent."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import ssl
import sys
import unicodedata
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple, Union

from ._errors import ConfigurationError, SignatureInvalid
from ._fingerprint import Fingerprint, fingerprint
from ._http import Server, check_proxies, tls_context
from ._log import log
from ._store import default_directory
from ._trust import Roots, parse_roots
from ._version import __version__

KEY_VARIABLES = ("USHER_LICENSE_KEY", "CODITECT_LICENSE_KEY")
URL_VARIABLES = ("USHER_URL", "CODITECT_LICENSE_API_URL")
ROOT_VARIABLES = ("USHER_ROOT", "CODITECT_LICENSE_ROOT")
JWT_VARIABLES = ("USHER_JWT_TOKEN", "CODITECT_JWT_TOKEN")
FACT_CHARACTERS_MAX = 128
# Bounds of the server (docs/api.md), checked here so that a mistake is named on the machine where it was made.
KEY_CHARACTERS_MAX = 256
JWT_BYTES_MAX = 8 * 1024
SECONDS_MAX = 86_400

Root = Union[str, "os.PathLike[str]", Mapping[str, Any]]
Urls = Union[str, Sequence[str]]


@dataclass(frozen=True)
class Settings:
    """Everything a seat needs to know."""

    license_key: str = field(repr=False)
    servers: Tuple[Server, ...]
    roots: Roots
    product: Optional[str]
    fingerprint: Fingerprint
    instance: Optional[str]
    jwt_token: Optional[str] = field(repr=False)
    state_dir: Optional[Path]
    tls: Optional[ssl.SSLContext]
    timeout: float
    acquire_timeout: float
    app: Optional[str]
    app_version: Optional[str]

    @property
    def scope(self) -> str:
        """What the fingerprint is hashed for: the product, else the license key's prefix, which is the product's."""
        return product_scope(self.license_key, self.product)

    def client_facts(self, instance: str) -> Dict[str, str]:
        """What an acquire tells about this process, for the operator's list of sessions."""
        facts = {
            "instance": instance,
            "hostname": socket.gethostname(),
            "app": self.app or _program(),
            "version": self.app_version,
            "os": f"{platform.system()} {platform.release()}",
            "sdk": f"usher-client-python/{__version__}",
        }
        return {name: _shown(value) for name, value in facts.items() if value}


def _program() -> str:
    """The running script's name; an embedded interpreter may have none."""
    arguments: Sequence[str] = getattr(sys, "argv", ())
    return Path(arguments[0]).name if arguments and arguments[0] else "python"


def _shown(fact: str) -> str:
    """A fact as the server takes it: names of files and hosts may hold any bytes, and must not cost the seat."""
    return "".join("\ufffd" if _is_unfit(character) else character for character in fact[:FACT_CHARACTERS_MAX])


def _is_unfit(character: str) -> bool:
    """Whether it is a control character, or the surrogate that stands for a byte that could not be decoded."""
    return unicodedata.category(character) in ("Cc", "Cs")


def product_scope(license_key: str, product: Optional[str]) -> str:
    """What a fingerprint is hashed for."""
    return product or license_key.split("-", 1)[0]


def resolve(
    license_key: Optional[str],
    *,
    url: Optional[Urls],
    root: Optional[Root],
    product: Optional[str],
    hardware_id: Optional[str],
    instance: Optional[str],
    jwt_token: Optional[str],
    state_dir: Optional[Union[str, os.PathLike[str]]],
    ca_file: Optional[Union[str, os.PathLike[str]]],
    timeout: float,
    acquire_timeout: float,
    app: Optional[str],
    app_version: Optional[str],
) -> Settings:
    """Fill what is not given from the environment and check all of it; `ConfigurationError` names the first fault."""
    _check_kinds(locals())
    env = os.environ
    key = read_license_key(license_key or first_variable(env, KEY_VARIABLES))
    for name, seconds in (("timeout", timeout), ("acquire_timeout", acquire_timeout)):
        if not 0 < seconds <= SECONDS_MAX:
            raise ConfigurationError(
                f"{name} is {seconds}; it must be a positive number of seconds, at most {SECONDS_MAX}."
            )
    servers = read_servers(url or first_variable(env, URL_VARIABLES))
    check_proxies(servers)
    needs_tls = any(server.scheme == "https" for server in servers)
    return Settings(
        license_key=key,
        servers=servers,
        roots=read_roots(root or first_variable(env, ROOT_VARIABLES)),
        product=product,
        fingerprint=fingerprint(product_scope(key, product), override=hardware_id),
        instance=_instance(instance or env.get("USHER_INSTANCE")),
        jwt_token=_jwt(jwt_token or first_variable(env, JWT_VARIABLES)),
        state_dir=Path(state_dir) if state_dir else default_directory(env),
        tls=tls_context(None if ca_file is None else os.fspath(ca_file), env) if needs_tls else None,
        timeout=timeout,
        acquire_timeout=acquire_timeout,
        app=app,
        app_version=app_version,
    )


def _check_kinds(arguments: Mapping[str, object]) -> None:
    """Name an argument of a kind that would fail somewhere inside, where its name is not known."""
    for name, value in arguments.items():
        expected, fits = _KINDS.get(name, _TEXT)
        if not fits(value):
            raise ConfigurationError(f"{name} is of the type {type(value).__name__}; give {expected}.")


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_path(value: object) -> bool:
    return _is_text(value) or (isinstance(value, os.PathLike) and isinstance(os.fspath(value), str))


def _is_root(value: object) -> bool:
    return _is_path(value) or isinstance(value, Mapping)


def _are_urls(value: object) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray))
    return _is_text(value) or (is_list and all(isinstance(one, str) for one in value))  # type: ignore[attr-defined]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TEXT: Tuple[str, Callable[[object], bool]] = ("a text (str)", _is_text)
_KINDS: Mapping[str, Tuple[str, Callable[[object], bool]]] = {
    "url": ("an address as text (str), or a list of them", _are_urls),
    "root": ("the vendor root's path, its text (str) or the parsed object (dict)", _is_root),
    "state_dir": ("a path (str or pathlib.Path)", _is_path),
    "ca_file": ("a path (str or pathlib.Path)", _is_path),
    "timeout": ("a number of seconds", _is_number),
    "acquire_timeout": ("a number of seconds", _is_number),
}


def new_instance() -> str:
    """A fresh id for a process that was given no name."""
    return uuid.uuid4().hex


def first_variable(env: Mapping[str, str], names: Sequence[str]) -> Optional[str]:
    """The first of these variables that is set."""
    return next((env[name] for name in names if env.get(name)), None)


def read_license_key(key: Optional[str]) -> str:
    """Check a license key's form."""
    if not key or not key.strip():
        raise ConfigurationError(
            "There is no license key. Pass it as the first argument of seat(), or set USHER_LICENSE_KEY."
        )
    key = key.strip()
    if len(key) > KEY_CHARACTERS_MAX or not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ConfigurationError("The license key holds white space or unusual characters; copy it again, in one line.")
    return key


def read_servers(url: Optional[Urls]) -> Tuple[Server, ...]:
    """Read the list of server addresses."""
    urls = url.split(",") if isinstance(url, str) else list(url or ())
    servers = tuple(Server.parse(one) for one in urls if one.strip())
    if not servers:
        raise ConfigurationError(
            "There is no server URL. Pass url=, or set USHER_URL; several addresses are separated by commas."
        )
    for server in servers:
        if server.scheme == "http" and not server.is_loopback:
            log.warning("%s is not encrypted: the license key can be read on the way. Use https.", server)
    return servers


def read_roots(root: Optional[Root]) -> Roots:
    """Read the pinned roots from a path, a text or a parsed object."""
    if not root:
        raise ConfigurationError(
            "There is no vendor root, so no answer could be trusted. Pass root= with the vendor-root.json that the "
            "application's vendor published (its path, its text or the parsed object), or set USHER_ROOT. It comes "
            "with the application and is never fetched from a server: ask the vendor for it."
        )
    try:
        return parse_roots(_root_text(root))
    except SignatureInvalid as error:
        raise ConfigurationError(
            f"The vendor root cannot be used. {error.message} Use the file as the vendor published it."
        ) from error


def _root_text(root: Root) -> Union[str, bytes]:
    if isinstance(root, Mapping):
        try:
            return json.dumps(root)
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"The vendor root that was passed as an object is no JSON: {error}.") from error
    text = os.fspath(root)
    if text.lstrip().startswith("{"):
        return text
    try:
        return Path(text).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"The vendor root {text!r} cannot be read: {why}.") from error


def _instance(instance: Optional[str]) -> Optional[str]:
    if instance is None:
        return None
    if not 1 <= len(instance) <= FACT_CHARACTERS_MAX:
        raise ConfigurationError(f"instance has {len(instance)} characters; it may have 1 to {FACT_CHARACTERS_MAX}.")
    # It tells holders apart, so unlike the other facts it is not changed.
    if any(map(_is_unfit, instance)):
        raise ConfigurationError(
            "instance holds control characters or bytes that are no text. Pass instance= or set USHER_INSTANCE to a "
            "plain name."
        )
    return instance


def _jwt(token: Optional[str]) -> Optional[str]:
    if token is not None and len(token) > JWT_BYTES_MAX:
        raise ConfigurationError(f"jwt_token is longer than {JWT_BYTES_MAX} bytes; pass the user's ID token alone.")
    if token is not None and not token.isascii():
        raise ConfigurationError("jwt_token holds characters that no JWT has; pass the user's ID token alone.")
    return token
