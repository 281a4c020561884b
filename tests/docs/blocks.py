"""What the documents show: fenced blocks, commands inside the text, and links to other files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"\s*(```+|~~~+)\s*(\S*)\s*$")
HEADING = re.compile(r"#+ (.*)")
COMMAND = re.compile(r"`((?:usher|make) [^`]*)`")
LINK = re.compile(r"\]\((?!\w+:)([^)#]+)")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    file: str
    line: int
    heading: str
    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Mention:
    """A command or a link inside the text."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def documents(root: Path) -> list[Path]:
    """Every document, in the order in which a newcomer reads them."""
    first = [root / "README.md", root / "docs/operations.md"]
    others = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("sdk/*/README.md")]
    return first + sorted(set(others) - set(first))


def read(root: Path, document: Path) -> tuple[list[Block], list[Mention], list[Mention]]:
    """The blocks, commands and links of a document."""
    file = str(document.relative_to(root))
    blocks, prose = [], []
    heading, lines = "", enumerate(document.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        if fence := FENCE.match(line):
            text = "\n".join(_until(fence[1], lines, f"{file}:{number}"))
            blocks.append(Block(file, number, heading, fence[2], text))
        elif found := HEADING.match(line):
            heading = found[1]
        prose.append((number, line))

    def mentions(pattern: re.Pattern[str]) -> list[Mention]:
        return [Mention(file, number, found) for number, line in prose for found in pattern.findall(line)]

    return blocks, mentions(COMMAND), mentions(LINK)


def _until(fence: str, lines: Iterator[tuple[int, str]], begun: str) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == fence:
            return
        yield line
    raise ValueError(f"{begun}: the block has no end")
