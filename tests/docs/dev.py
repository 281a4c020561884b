"""One development server, and the snippets that a reader would try with it."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from blocks import Block
from machine import Failed, Machine

# What the reader's own program would bring with it.
OWN_PROGRAM = """\
import asyncio
import usher_client

def run(**facts): print("it runs with", facts)
async def serve(**facts): print("it serves with", facts)
def save_and_stop(): print("it saves and stops")

"""


class Dev:
    """A server that `usher server --dev` started, with a terminal beside it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        facts = json.loads(machine.run("usher server --dev -o json"))
        self.url: str = facts["url"]
        self.token: str = facts["admin_token"]
        self.root: str = Path(facts["root_file"]).read_text(encoding="utf-8")
        (machine.home / "vendor-root.json").write_text(self.root, encoding="utf-8")
        machine.environment |= {
            "USHER_URL": self.url,
            "USHER_TOKEN": self.token,
            "USHER_LICENSE_KEY": facts["license_key"],
            "USHER_ROOT": str(machine.home / "vendor-root.json"),
        }
        # What a refusal names for a renewal.
        machine.run("usher product update coditect --renewal-url https://coditect.example/renew")
        self._stands_for = {
            "CODITECT-…": facts["license_key"],
            "https://license.example": self.url,
            "usher_…": self.token,
        }

    def license(self, terms: str) -> str:
        """A new license of the development server's plan `pro`: its key."""
        created = self.machine.run(f"usher license create --plan coditect:pro --customer EXAMPLE-1 {terms} -o json")
        key: str = json.loads(created)["license_key"]
        return key

    def type(self, block: Block) -> str:
        """Types the commands of a block."""
        return self.machine.run(fill(block.text, self._stands_for))

    def python(self, block: Block) -> str:
        """Runs a block in a program of the reader's own."""
        text = fill(block.text, self._stands_for)
        if re.search(r"^(async|await) ", text, re.MULTILINE):
            text = f"async def main():\n{textwrap.indent(text, '    ')}\n\nasyncio.run(main())\n"
        (self.machine.home / "program.py").write_text(OWN_PROGRAM + text, encoding="utf-8")
        return self.machine.run("python program.py")

    def python_says(self, *words: str) -> Any:
        """The same for a block that must print these words."""
        return lambda block: check_says(self.python(block), *words)

    def python_refused(self, block: Block) -> None:
        """Runs a block with a license that is full, one that has ended, and a key that was mistyped."""
        full = self.license("--seats 1")
        self.machine.run(f"usher bench sessions --license-key {full} --count 1 --clients 1")
        ended = self.license("--starts 2020-01-01 --expires 2020-02-01")
        for key, words in (
            (full, "1 of 1 seats are in use"),
            (ended, "Renew at https://coditect.example/renew"),
            ("CODITECT" + 6 * "-00000", "seems mistyped"),
        ):
            before = self.machine.environment["USHER_LICENSE_KEY"]
            self.machine.environment["USHER_LICENSE_KEY"] = key
            try:
                check_says(self.python(block), words)
            finally:
                self.machine.environment["USHER_LICENSE_KEY"] = before

    def pytest(self, block: Block) -> None:
        """Runs a block that is a test."""
        (self.machine.home / "test_of_theirs.py").write_text(block.text, encoding="utf-8")
        check_says(self.machine.run("python -m pytest -q test_of_theirs.py"), "1 passed")

    def config(self, block: Block) -> None:
        """A block that is a configuration file."""
        self.machine.config_file.write_text(block.text, encoding="utf-8")
        self.machine.run("usher config validate")


def introduce(machine: Machine, block: Block) -> None:
    """Starts a development server as a block says, then runs everything that its own welcome shows."""
    welcome = machine.run(fill(block.text, {"cargo build\n": "", "target/debug/usher": "usher"}))
    shown = re.findall(r"^((?:  .*\n|\n(?=  ))+)", welcome, re.MULTILINE)
    if [line.split()[0] for line in shown] != ["curl", "import", "export"]:
        raise Failed(block.text, f"{welcome}\n(it does not show curl, Python and command lines)")
    curl, python, commands = map(textwrap.dedent, shown)
    check_says(machine.run(curl), '"session_id"')
    (machine.home / "program.py").write_text(python, encoding="utf-8")
    check_says(machine.run("python program.py"), "'gpu': True")
    # The state of one node is `degraded`, and its exit code 2.
    machine.run(commands.replace("usher status", "usher status || test $? = 2"))


def fill(text: str, stands_for: dict[str, str]) -> str:
    """Puts what is there in place of what is shown. Nothing with `…` may be left."""
    for shown, real in stands_for.items():
        text = text.replace(shown, real)
    if left := re.search(r"\S*…\S*", text):
        raise Failed(text, f"(nothing is known that {left[0]} stands for)")
    return text


def check_says(out: str, *words: str) -> None:
    """What a snippet printed must have these words."""
    for word in words:
        if word not in out:
            raise Failed("the snippet", f"{out}\n(it should say: {word})")
