"""The package's surface."""

from __future__ import annotations

import inspect
from importlib import metadata, resources

import pytest

import usher_client
from usher_client import _errors, testing


def test_the_public_names_are_sorted_and_exist() -> None:
    for module in (usher_client, testing):
        assert module.__all__ == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


def test_everything_else_is_private() -> None:
    public = {name for name in vars(usher_client) if not name.startswith("_")}
    modules = {name for name in public if inspect.ismodule(getattr(usher_client, name))}
    assert public - modules - {"annotations"} == set(usher_client.__all__) - {"__version__"}
    assert modules <= {"compat", "testing"}


def test_every_exception_is_an_usher_error_with_a_code_and_a_remedy() -> None:
    errors = [
        thing
        for name in usher_client.__all__
        for thing in [getattr(usher_client, name)]
        if isinstance(thing, type) and issubclass(thing, Exception)
    ]
    assert len(errors) > 15
    for error in errors:
        raised = error("What happened.")
        assert isinstance(raised, usher_client.UsherError)
        assert raised.code == raised.code.upper()
        assert raised.code in str(raised)
        assert raised.remedy or isinstance(raised, usher_client.ConfigurationError)


def test_every_exception_that_can_reach_a_caller_is_public() -> None:
    ours = [thing for thing in vars(_errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]
    assert {error.__name__ for error in ours} <= set(usher_client.__all__)


def test_both_faces_take_the_same_arguments() -> None:
    plain = inspect.signature(usher_client.seat).parameters
    asynchronous = inspect.signature(usher_client.aseat).parameters
    assert list(plain.values()) == list(asynchronous.values())
    assert all(name in str(usher_client.seat.__doc__) for name in plain)


def test_the_version_is_the_distributions() -> None:
    assert metadata.version("usher-client") == usher_client.__version__


def test_the_package_says_that_it_is_typed() -> None:
    assert (resources.files(usher_client) / "py.typed").is_file()


def test_only_cryptography_is_needed() -> None:
    required = [line for line in metadata.requires("usher-client") or [] if "extra ==" not in line]
    assert [line.split(">")[0] for line in required] == ["cryptography"]


def test_states_say_whether_work_may_go_on() -> None:
    entitled = [state.value for state in usher_client.State if state.entitled]
    assert entitled == ["active", "degraded", "grace"]
    with pytest.raises(ValueError, match="sleeping"):
        usher_client.State("sleeping")
