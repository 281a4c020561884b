"""The calls of docs/api.md: each is sent as shown, and the answer must be like the one that is shown."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from blocks import Block
from dev import Dev
from machine import DIRECTLY, Failed
from shapes import differences

Json = dict[str, Any]


class Api:
    """Sends requests, and remembers what was answered until the answer is shown."""

    def __init__(self, dev: Dev) -> None:
        self._dev = dev
        self._holders = 0
        self._heading = ""
        self._answers: list[Json] = []
        self._seat: Json = {}
        self._key = dev.license("--seats 10 --expires 365d")

    def call(self, block: Block) -> None:
        """A block below a heading that names the call: the first is the request, the second its answer."""
        shown: Json = json.loads(block.text)
        if block.heading == self._heading:
            for answer in self._answers:
                check(block, shown, answer)
            self._seat = self._seat or shown
            return
        methods = re.findall(r"\b[A-Z]{3,}\b", block.heading)
        path = block.heading.split()[-1].strip("`")
        if not methods or not path.startswith("/api/"):
            raise Failed(block.text, f"(the heading above, {block.heading!r}, names no call)")
        self._heading, self._answers = block.heading, []
        for method in methods:
            status, answer = self.send(method, path, self._real(shown))
            if status != 200:
                raise Failed(f"{method} {path} {block.text}", f"{status} {answer}")
            self._answers.append(answer)
        if path.endswith("/heartbeat"):
            check(block, self._seat, self._answers[0])

    def problem(self, block: Block) -> None:
        """The block is what somebody is told who finds every seat in use."""
        key = self._dev.license("--seats 1")
        for holder in ("the-first-device", "the-second-device"):
            status, answer = self.send("POST", "/api/v1/licenses/acquire", {"license_key": key, "hardware_id": holder})
        shown = json.loads(block.text)
        check(block, shown, answer)
        if not status == shown["status"] == answer["status"]:
            raise Failed(block.text, f"{status} {answer}")

    def root(self, block: Block) -> None:
        """The block is the file that applications pin."""
        check(block, json.loads(block.text), json.loads(self._dev.root))

    def send(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """One call, with the operator's token only where one is needed."""
        headers = {"Content-Type": "application/json"}
        if path.endswith("/heartbeats"):
            headers["Authorization"] = f"Bearer {self._dev.token}"
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._dev.url + path, method=method, data=data, headers=headers)
        try:
            with DIRECTLY.open(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def _real(self, body: Json) -> Json:
        """What stands for secrets that only this server knows."""
        stands_for: dict[str, Callable[[], Any]] = {
            "license_key": lambda: self._key,
            "session_id": self._acquire,
            "session_ids": lambda: [self._acquire(), self._acquire(release=True)],
        }
        return {name: stands_for.get(name, lambda value=value: value)() for name, value in body.items()}

    def _acquire(self, *, release: bool = False) -> str:
        self._holders += 1
        body = {"license_key": self._key, "hardware_id": f"device-number-{self._holders}"}
        status, answer = self.send("POST", "/api/v1/licenses/acquire", body)
        if status != 200:
            raise Failed("acquire", f"{status} {answer}")
        if release:
            self.send("POST", "/api/v1/licenses/release", {"session_id": answer["session_id"]})
        session: str = answer["session_id"]
        return session


def check(block: Block, shown: Any, answer: Any) -> None:
    """The answer must be like the one that is shown."""
    if found := list(differences(shown, answer)):
        raise Failed(block.text, "\n".join([json.dumps(answer, indent=2, ensure_ascii=False), *found]))
