"""Whether a real JSON document has the shape of one that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def differences(shown: Any, real: Any, at: str = "the answer") -> Iterator[str]:
    """Says where they differ. Members, types and words must be the same, numbers and times need not, and `…` and `<…>`
    stand for any text."""
    if isinstance(shown, dict) and isinstance(real, dict):
        for name in {**shown, **real}:
            if name not in real:
                yield f"{at} has no member `{name}`"
            elif name not in shown:
                yield f"{at} has a member `{name}` that is not shown: {real[name]!r}"
            else:
                yield from differences(shown[name], real[name], f"{at}.{name}")
    elif isinstance(shown, list) and isinstance(real, list) and len(shown) == len(real):
        for number, (one, other) in enumerate(zip(shown, real)):
            yield from differences(one, other, f"{at}[{number}]")
    elif isinstance(shown, str) and isinstance(real, str):
        if not _stands_for(shown, real):
            yield f"{at} is {real!r}, not {shown!r}"
    elif type(shown) is not type(real) or (isinstance(shown, (list, bool)) and shown != real):
        yield f"{at} is {real!r}, not {shown!r}"


def _stands_for(shown: str, real: str) -> bool:
    if TIME.fullmatch(shown):
        return TIME.fullmatch(real) is not None
    parts = re.split(r"…|<[^>]*>", shown)
    return re.fullmatch(".+".join(map(re.escape, parts)), real, re.DOTALL) is not None
