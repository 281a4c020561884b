"""The two functions that applications call."""

from __future__ import annotations

import os
from typing import Optional, Union

from ._announcer import Callback
from ._clock import Clock
from ._seat import AsyncSeat, Seat
from ._settings import Root, Urls, resolve

PathArgument = Union[str, "os.PathLike[str]"]


def seat(
    license_key: Optional[str] = None,
    *,
    url: Optional[Urls] = None,
    root: Optional[Root] = None,
    product: Optional[str] = None,
    hardware_id: Optional[str] = None,
    instance: Optional[str] = None,
    jwt_token: Optional[str] = None,
    on_state: Optional[Callback] = None,
    on_lost: Optional[Callback] = None,
    state_dir: Optional[PathArgument] = None,
    ca_file: Optional[PathArgument] = None,
    timeout: float = 10.0,
    acquire_timeout: float = 30.0,
    app: Optional[str] = None,
    app_version: Optional[str] = None,
    clock: Optional[Clock] = None,
) -> Seat:
    """Prepare a seat; `with` or `acquire()` takes it. Raises `ConfigurationError` for what is wrong on this machine.

    - `license_key`: else `USHER_LICENSE_KEY`, `CODITECT_LICENSE_KEY`.
    - `url`: one or more addresses, as a list or separated by commas; else `USHER_URL`, `CODITECT_LICENSE_API_URL`.
    - `root`: the vendor's root file: its path, its text or the parsed object; else `USHER_ROOT`,
      `CODITECT_LICENSE_ROOT`.
    - `product`: the product's code; a token for another product is then refused.
    - `hardware_id`: names this machine instead of its own ids; else `USHER_FINGERPRINT`.
    - `instance`: names this process, where a plan counts processes; else `USHER_INSTANCE`, else a random id.
    - `jwt_token`: the user's ID token, where a plan counts users; else `USHER_JWT_TOKEN`,
      `CODITECT_JWT_TOKEN`.
    - `on_state`, `on_lost`: called with a `StateChange`, on a thread of their own.
    - `state_dir`: where the last token is kept; else `USHER_STATE_DIR`, else the platform's place.
    - `ca_file`: the CA certificates to trust; else `USHER_CACERT`, `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`,
      `CURL_CA_BUNDLE`, else the system's. Proxies come from `HTTPS_PROXY` and `NO_PROXY`.
    - `timeout`: seconds for one attempt at one server; `acquire_timeout`: for all attempts of an acquire. While there
      are other servers to ask, one that does not answer an acquire or a release within 3 s is passed over.
    - `app`, `app_version`: shown to the operator in the list of sessions.
    - `clock`: only for tests, see `usher_client.testing.ManualClock`.
    """
    settings = resolve(
        license_key,
        url=url,
        root=root,
        product=product,
        hardware_id=hardware_id,
        instance=instance,
        jwt_token=jwt_token,
        state_dir=state_dir,
        ca_file=ca_file,
        timeout=timeout,
        acquire_timeout=acquire_timeout,
        app=app,
        app_version=app_version,
    )
    return Seat(settings, on_state, on_lost, clock)


def aseat(
    license_key: Optional[str] = None,
    *,
    url: Optional[Urls] = None,
    root: Optional[Root] = None,
    product: Optional[str] = None,
    hardware_id: Optional[str] = None,
    instance: Optional[str] = None,
    jwt_token: Optional[str] = None,
    on_state: Optional[Callback] = None,
    on_lost: Optional[Callback] = None,
    state_dir: Optional[PathArgument] = None,
    ca_file: Optional[PathArgument] = None,
    timeout: float = 10.0,
    acquire_timeout: float = 30.0,
    app: Optional[str] = None,
    app_version: Optional[str] = None,
    clock: Optional[Clock] = None,
) -> AsyncSeat:
    """Prepare a seat for asyncio: as `seat`, with `async with` and callbacks that may be coroutine functions."""
    settings = resolve(
        license_key,
        url=url,
        root=root,
        product=product,
        hardware_id=hardware_id,
        instance=instance,
        jwt_token=jwt_token,
        state_dir=state_dir,
        ca_file=ca_file,
        timeout=timeout,
        acquire_timeout=acquire_timeout,
        app=app,
        app_version=app_version,
    )
    return AsyncSeat(settings, on_state, on_lost, clock)
