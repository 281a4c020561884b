"""Three machines that become a cluster by what docs/operations.md says."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable

from blocks import Block
from dev import check_says, fill
from machine import Failed, Machine

HEALTHY_WITHIN = 30.0


class Cluster:
    """The machines one, two and three. What each document's snippet needs of an earlier one is remembered here."""

    def __init__(self, machine: Callable[[str], Machine]) -> None:
        self._machines = {name: machine(name) for name in ("one", "two", "three")}
        self._one = self._machines["one"]
        self._stands_for = {
            **{f"{name}.example": machine.address for name, machine in self._machines.items()},
            "/var/lib/usher": str(self._one.data),
        }

    def _real(self, block: Block) -> str:
        return fill(block.text, self._stands_for)

    def config(self, block: Block) -> None:
        """The first machine's configuration file; the others have their own name and addresses in it."""
        for name, machine in self._machines.items():
            own = re.sub(r"\bone\b", name, block.text)
            machine.config_file.write_text(fill(own, self._stands_for), encoding="utf-8")
            machine.run("usher config validate")

    def found(self, block: Block) -> None:
        """`usher init` and `usher server` on the first machine."""
        self._remember("usher_…", r"usher_\w+", self._one.run(self._real(block)))
        for file in ("vendor-root.json", "cluster-ca.pem"):
            shutil.copy(self._one.data / file, self._one.home)

    def type(self, block: Block) -> None:
        """Types the commands on the first machine."""
        self._one.run(self._real(block))

    def license(self, block: Block) -> None:
        """The first license; its key is needed later."""
        self._remember("STUDIO-…", r"STUDIO-[\w-]+", self._one.run(self._real(block)))

    def python(self, block: Block) -> None:
        """A program that takes a seat."""
        (self._one.home / "program.py").write_text(self._real(block), encoding="utf-8")
        check_says(self._one.run("python program.py"), "'gpu': True", "'projects': 20")

    def join(self, block: Block) -> None:
        """`usher join` and `usher server` on each further machine, with a token of its own."""
        for name in ("two", "three"):
            self._join(name, block)

    def replace(self, block: Block) -> None:
        """The third machine loses its disk and comes back as a new node."""
        nodes = json.loads(self._one.run("usher status -o json"))["cluster"]["nodes"]
        self._machines["three"].break_down()
        lost = next(node["id"] for node in nodes if node["name"] == "three")
        self._stands_for["--replace 3"] = f"--replace {lost}"
        self._join("three", block)
        self.status(Block(block.file, block.line, block.heading, "sh", "usher status"))

    def status(self, block: Block) -> None:
        """Waits until the cluster is healthy: a node that has just joined catches up first."""
        deadline = time.monotonic() + HEALTHY_WITHIN
        while True:
            try:
                return check_says(self._one.run(block.text), "healthy")
            except Failed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def measure(self, block: Block, shorter: dict[str, str]) -> None:
        """Measures the cluster with a license that is large enough, and for a shorter time."""
        if not any(words in block.text for words in shorter):
            raise Failed(block.text, "(nothing is known that makes this measurement shorter)")
        if "STUDIO-…" in block.text:
            large = "usher license create --plan studio:pro --customer CRM-42 --seats 1000"
            self._remember("STUDIO-…", r"STUDIO-[\w-]+", self._one.run(large))
        self._one.run(fill(block.text, {**self._stands_for, **shorter}))

    def fail_over(self, block: Block, shorter: dict[str, str]) -> None:
        """Measures a demo, which has to be ended also when that fails."""
        try:
            self.measure(block, shorter)
        except Failed:
            self._one.run("usher demo --stop --data demo || true")
            raise

    def _join(self, name: str, block: Block) -> None:
        self._remember("usher-join-1.…", r"usher-join-1\.[\w.]+", self._one.run("usher cluster join-token"))
        self._machines[name].run(self._real(block))

    def _remember(self, shown: str, pattern: str, out: str) -> None:
        found = re.search(pattern, out)
        if found is None:
            raise Failed(f"looking for {shown}", out)
        self._stands_for[shown] = found[0]
