"""JSON without choices: one object, UTF-8, no name twice, whole numbers of 64 bits only.

`Members` hands out an object's members one by one and names a wrong one by its path, so that every implementation gives
the same reason for the same text.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, NoReturn, Optional, Tuple, TypeVar

from ._errors import SignatureInvalid

T = TypeVar("T")


def refuse(reason: str, message: str) -> NoReturn:
    """Refuse an artefact: `reason` is the permanent name of the rule, `message` says it in words."""
    raise SignatureInvalid(f"Verification failed: {message}.", reason=reason)


class Members:
    """The members of one object, to be taken out by name."""

    def __init__(self, members: object, what: str, path: str = "") -> None:
        """Wrap a parsed value, which must be an object; `what` names it in errors."""
        if not isinstance(members, dict):
            refuse("not_an_object", f"{what} is not a JSON object")
        self._members: Dict[str, Any] = dict(members)
        self._what = what
        self._path = path

    @classmethod
    def parse(cls, text: bytes, what: str) -> Members:
        """Read a text that is one object."""
        return cls(_parse(text, what), what)

    def require(self, name: str, expected: str, read: Callable[[Any], Optional[T]]) -> T:
        """Take a member that must be there and that `read` understands; None from `read` means it does not."""
        if name not in self._members:
            refuse("member_missing", f"{self._path}{name} is missing in {self._what}")
        value = read(self._members.pop(name))
        if value is None:
            refuse("member_invalid", f"{self._path}{name} of {self._what} is not {expected}")
        return value

    def optional(self, name: str, expected: str, read: Callable[[Any], Optional[T]]) -> Optional[T]:
        """Take a member that may be absent, but if present is one that `read` understands."""
        return self.require(name, expected, read) if name in self._members else None

    def has(self, name: str) -> bool:
        """Whether the member is there and has not been taken."""
        return name in self._members

    def refuse_rest(self) -> None:
        """Refuse what has not been taken: a limit that an older verifier passes over would be none."""
        for name in sorted(self._members):
            refuse("member_unknown", f"{self._path}{name} is not a known member of {self._what}")


def text(value: object) -> Optional[str]:
    """The text, if it is one."""
    return value if isinstance(value, str) else None


def whole(bits: int = 64) -> Callable[[object], Optional[int]]:
    """A reader of whole numbers that fit `bits` bits without a sign."""

    def read(value: object) -> Optional[int]:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return value if is_number and 0 <= value < 1 << bits else None  # type: ignore[operator,return-value]

    return read


def one_of(*allowed: str) -> Callable[[object], Optional[str]]:
    """A reader of one of a few texts."""
    return lambda value: value if isinstance(value, str) and value in allowed else None


def _parse(raw: bytes, what: str) -> object:
    def unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        members: Dict[str, Any] = {}
        for name, value in pairs:
            if name in members:
                refuse("duplicate_name", f"{what} has the name {name!r} twice")
            members[name] = value
        return members

    def integer(digits: str) -> int:
        if len(digits) > 20 or digits == "-0" or not -(1 << 63) <= int(digits) < 1 << 64:
            not_whole(digits)
        return int(digits)

    def not_whole(number: str) -> NoReturn:
        refuse("not_a_whole_number", f"{what} has the number {number:.30}; only whole numbers of 64 bits are read")

    def not_json(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=unique,
            parse_int=integer,
            parse_float=not_whole,
            parse_constant=not_json,
        )
        # Python reads a lone surrogate escape, which no UTF-8 text can hold.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        refuse("not_json", f"{what} is not JSON ({error})")
    return document
