"""HTTP by the standard library: one kept connection per server, proxies and certificates by the usual conventions.

A failure says whether the request may have reached the server, because only that decides whether an acquire must be
repeated under the same id. Redirects are not followed: a license key is sent to the address that was configured.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import re
import selectors
import socket
import ssl
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Mapping, Optional, Sequence, Tuple
from urllib.parse import SplitResult, unquote, urlsplit

from ._errors import ConfigurationError, ConnectionFailed, UsherError
from ._version import __version__

ANSWER_BYTES_MAX = 256 * 1024
_DROPPED = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ConnectionAbortedError)
_PRINTABLE = r"[\x21-\x7e]*"
_CA_VARIABLES = ("USHER_CACERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Response:
    """An answer: its status, its body and the headers that matter."""

    status: int
    body: bytes
    content_type: str
    retry_after: Optional[float]
    date: Optional[str]


class CallFailed(Exception):
    """No answer; `maybe_sent` says whether the server may have acted on the request."""

    def __init__(self, error: UsherError, *, maybe_sent: bool) -> None:
        """Wrap what is told to the user."""
        super().__init__(str(error))
        self.error = error
        self.maybe_sent = maybe_sent


@dataclass(frozen=True)
class Server:
    """One address of the list."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read a URL such as `https://license.example` or `http://10.0.0.5:7700/licensing`."""
        try:
            parts: SplitResult = urlsplit(url.strip())
            host, port = _wire_name(parts.hostname or ""), parts.port
        except ValueError as error:
            raise ConfigurationError(f"The server URL {url!r} cannot be read: {error}.") from None
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise ConfigurationError(f"The server URL {url!r} should look like https://license.example.")
        if parts.username or parts.password:
            raise ConfigurationError("The server URL holds a user name or password; usher does not use one: remove it.")
        if not re.fullmatch(_PRINTABLE, parts.path):
            raise ConfigurationError(
                f"The path of the server URL {url!r} holds white space or unusual characters: percent-encode them."
            )
        default = 443 if parts.scheme == "https" else 80
        return cls(parts.scheme, host, port or default, parts.path.rstrip("/"))

    @property
    def origin(self) -> str:
        """Scheme, host and port, as they stand in a request line to a proxy."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the address can only be this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        """The URL without what it has by default."""
        default = 443 if self.scheme == "https" else 80
        return (self.origin.rsplit(":", 1)[0] if self.port == default else self.origin) + self.path


def tls_context(ca_file: Optional[str], env: Mapping[str, str]) -> ssl.SSLContext:
    """Trust the given CA file or directory alone, else the one the environment names, else the system's."""
    for name, path in [("ca_file", ca_file), *((name, env.get(name)) for name in _CA_VARIABLES)]:
        given_to_us = name in ("ca_file", "USHER_CACERT")
        if not path or not (given_to_us or Path(path).exists()):
            continue
        try:
            is_directory = Path(path).is_dir()
            return ssl.create_default_context(capath=path) if is_directory else ssl.create_default_context(cafile=path)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The CA certificates at {path} ({name}) cannot be read: {error}.") from None
    return ssl.create_default_context()


def _wire_name(host: str) -> str:
    """A host's name as it goes over the wire; a ValueError if there can be no such host."""
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("a part of the host's name is empty, too long or not made of letters and digits") from None
    if not re.fullmatch(_PRINTABLE, name):
        raise ValueError("the host's name holds white space or unusual characters")
    return name


def proxy_for(server: Server) -> Optional[SplitResult]:
    """The proxy that the platform's conventions (HTTPS_PROXY, NO_PROXY, system settings) name for a server."""
    if server.is_loopback or urllib.request.proxy_bypass(f"{server.host}:{server.port}"):
        return None
    proxies = urllib.request.getproxies()
    url = proxies.get(server.scheme) or proxies.get("all")
    return _read_proxy(server, url) if url else None


def check_proxies(servers: Sequence[Server]) -> None:
    """Raise `ConfigurationError` if the environment names a proxy that cannot be used.

    The system's own settings, which count where the environment names none, may have to be looked up in the network.
    """
    if urllib.request.getproxies_environment():
        for server in servers:
            proxy_for(server)


def _read_proxy(server: Server, url: str) -> SplitResult:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme == "http" and _wire_name(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        # The address itself is not shown: it may hold a password.
        raise ConfigurationError(
            f"The proxy that the environment or the system names for {server.scheme} is not of the form "
            f"http://host:port. Only HTTP proxies are supported: correct {server.scheme.upper()}_PROXY or ALL_PROXY, "
            f"or name {server.host} in NO_PROXY."
        )
    return parts


class Transport:
    """Calls to a list of servers. Belongs to one thread."""

    def __init__(self, servers: Sequence[Server], tls: Optional[ssl.SSLContext]) -> None:
        """Nothing is opened yet; `tls` is for servers whose URL begins with https."""
        self._servers = tuple(servers)
        self._tls = tls
        self._kept: Dict[int, http.client.HTTPConnection] = {}

    def server(self, index: int) -> Server:
        """The address that calls to `index` go to."""
        return self._servers[index]

    def call(
        self,
        index: int,
        method: str,
        path: str,
        body: bytes,
        timeout: float,
        permit: Optional[Callable[[], bool]] = None,
    ) -> Response:
        """Send one request and read its answer; `permit` is asked just before the first byte leaves."""
        deadline = time.monotonic() + timeout
        kept = self._kept.pop(index, None)
        if kept is None or _is_dropped(kept):
            return self._exchange(index, self._connect(index, deadline), method, path, body, deadline, permit)
        try:
            return self._exchange(index, kept, method, path, body, deadline, permit)
        except CallFailed as failed:
            # A kept connection that ends at this very moment says nothing about the server: try a new one.
            if not isinstance(failed.__cause__, _DROPPED):
                raise
        try:
            return self._exchange(index, self._connect(index, deadline), method, path, body, deadline, permit)
        except CallFailed as failed:
            # The first attempt may have been heard, whatever became of the second.
            raise CallFailed(failed.error, maybe_sent=True) from failed

    def _connect(self, index: int, deadline: float) -> http.client.HTTPConnection:
        server = self._servers[index]
        try:
            connection, target = self._new_connection(server)
        except ConfigurationError as error:
            raise CallFailed(error, maybe_sent=False) from error
        connection.timeout = max(deadline - time.monotonic(), 0.05)
        try:
            connection.connect()
            if connection.sock is not None:
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except Exception as error:
            connection.close()
            raise CallFailed(_explain(target, error), maybe_sent=False) from error
        return connection

    def _new_connection(self, server: Server) -> Tuple[http.client.HTTPConnection, str]:
        proxy = proxy_for(server)
        host, port = (server.host, server.port) if proxy is None else (str(proxy.hostname), proxy.port or 80)
        target = str(server) if proxy is None else f"{server} through the proxy {host}:{port}"
        if server.scheme == "http":
            return http.client.HTTPConnection(host, port), target
        connection = http.client.HTTPSConnection(host, port, context=self._tls)
        if proxy is not None:
            connection.set_tunnel(server.host, server.port, headers=_proxy_headers(proxy))
        return connection, target

    def _exchange(
        self,
        index: int,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes,
        deadline: float,
        permit: Optional[Callable[[], bool]],
    ) -> Response:
        server = self._servers[index]
        if permit is not None and not permit():
            connection.close()
            raise CallFailed(ConnectionFailed("The call was called off before it was sent."), maybe_sent=False)
        try:
            _set_deadline(connection, deadline)
            connection.request(method, *self._request_target(server, path), body, self._headers(server))
            answer = connection.getresponse()
            response = _read(connection, answer, deadline)
        except ConfigurationError as error:
            # The proxy's settings are read anew for each request, before anything of it is sent.
            connection.close()
            raise CallFailed(error, maybe_sent=False) from error
        except Exception as error:
            connection.close()
            raise CallFailed(_explain(str(server), error), maybe_sent=True) from error
        if answer.will_close:
            connection.close()
        else:
            self._kept[index] = connection
        return response

    def _request_target(self, server: Server, path: str) -> Tuple[str]:
        through_proxy = server.scheme == "http" and proxy_for(server) is not None
        return ((server.origin if through_proxy else "") + server.path + path,)

    def _headers(self, server: Server) -> Dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, application/problem+json",
            "User-Agent": f"usher-client-python/{__version__}",
        }
        proxy = proxy_for(server) if server.scheme == "http" else None
        return {**headers, **_proxy_headers(proxy)} if proxy is not None else headers

    def certificate_ends(self, index: int) -> Optional[float]:
        """When the certificate of the connection just used ends, in seconds since 1970; None without TLS."""
        connection = self._kept.get(index)
        sock = None if connection is None else connection.sock
        certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        ends = certificate.get("notAfter") if certificate else None
        return ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None

    def close(self) -> None:
        """Close what is kept open."""
        while self._kept:
            self._kept.popitem()[1].close()


def _is_dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has closed an idle connection: then it is readable, though nothing was asked."""
    if connection.sock is None:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        dropped = bool(selector.select(0))
    if dropped:
        connection.close()
    return dropped


def _set_deadline(connection: http.client.HTTPConnection, deadline: float) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(max(deadline - time.monotonic(), 0.05))


def _read(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, deadline: float) -> Response:
    """Read a body of bounded size within the deadline, also when a server sends it byte by byte."""
    body = b""
    while True:
        if time.monotonic() > deadline:
            raise socket.timeout("timed out while reading the answer")
        _set_deadline(connection, deadline)
        part = answer.read1(16 * 1024)
        if not part:
            break
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise http.client.HTTPException(f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
    # Read to its end, the answer has to be closed too before the connection takes the next request.
    answer.close()
    return Response(
        answer.status,
        body,
        (answer.getheader("Content-Type") or "").split(";")[0].strip().lower(),
        _seconds(answer.getheader("Retry-After")),
        answer.getheader("Date"),
    )


def _seconds(text: Optional[str]) -> Optional[float]:
    return float(text) if text is not None and re.fullmatch(r"[0-9]+", text.strip()) else None


def _proxy_headers(proxy: SplitResult) -> Dict[str, str]:
    if not proxy.username:
        return {}
    user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(user.encode("utf-8", "surrogateescape")).decode("ascii")}


def _explain(target: str, error: Exception) -> ConnectionFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailed(
            f"The certificate of {target} is not trusted: {error.verify_message}.",
            remedy="If your organisation has its own CA, name its file in ca_file= or USHER_CACERT.",
        )
    if isinstance(error, socket.timeout):
        return ConnectionFailed(f"{target} did not answer in time.")
    if isinstance(error, socket.gaierror):
        return ConnectionFailed(f"The name of {target} cannot be resolved: {error.strerror}.")
    return ConnectionFailed(f"{target} cannot be reached: {str(error) or type(error).__name__}.")
