"""Every Python snippet of the README, and of the docstrings that hold one, runs as it stands."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import textwrap
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

import usher_client
from usher_client import testing
from usher_client.testing import FakeUsher

README = Path(__file__).parents[1] / "README.md"
FENCED = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets() -> List[Any]:
    texts = {"README": README.read_text(encoding="utf-8"), "package": usher_client.__doc__, "testing": testing.__doc__}
    found = []
    for name, text in texts.items():
        for number, source in enumerate(FENCED.findall(textwrap.dedent(text or ""))):
            found.append(pytest.param(source, id=f"{name}-{number}"))
    return found


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dict[str, Any]]:
    """What the snippets take for granted: a server, its root in a file, and the application's own functions."""
    with FakeUsher(seats=3, entitlements={"gpu": True, "projects": 20}) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "vendor-root.json").write_text(json.dumps(server.root))
        monkeypatch.chdir(tmp_path)
        ran: List[Any] = []

        def run(*, gpu: Any) -> None:
            ran.append(gpu)

        async def serve(*, projects: Any) -> None:
            ran.append(projects)

        names = {"usher_client": usher_client, "run": run, "serve": serve, "save_and_stop": list, "ran": ran}
        yield {**names, "server": server}


@pytest.mark.parametrize("source", snippets())
def test_the_snippet_runs(source: str, application: Dict[str, Any]) -> None:
    server: FakeUsher = application["server"]
    # The documentation's address and key stand for the reader's own.
    source = source.replace("https://license.example", server.url).replace("CODITECT-…", server.license_key)
    code = compile(source, "<snippet>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, application)
    if result is not None:
        asyncio.run(result)
    for name, thing in list(application.items()):
        if name.startswith("test_"):
            thing()
        elif name == "seat":
            thing.release() if isinstance(thing, usher_client.Seat) else None
    if "run(gpu" in source:
        assert application["ran"] == [True]
    if "serve(projects" in source:
        assert application["ran"] == [20]
    assert server.seats_in_use == 0


def test_every_part_of_the_readme_was_looked_at() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(FENCED.findall(text)) == text.count("```python") == 5


def test_the_states_of_the_readme_are_all_states() -> None:
    text = README.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z]+)` \|", text, re.MULTILINE)) == {state.name for state in usher_client.State}
