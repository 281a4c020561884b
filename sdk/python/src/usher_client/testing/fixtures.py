"""The fixture for pytest: put `pytest_plugins = ["usher_client.testing.fixtures"]` into your conftest.py."""

from __future__ import annotations

from typing import Iterator

import pytest

from . import FakeUsher


@pytest.fixture
def fake_usher() -> Iterator[FakeUsher]:
    """A license server with one seat; change `fake_usher.plan` for another license."""
    with FakeUsher() as server:
        yield server
