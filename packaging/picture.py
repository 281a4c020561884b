"""Turns what a command printed into a picture of a terminal, as SVG.

make demo < /dev/null | tee demo.txt && python packaging/picture.py '$ make demo' < demo.txt > docs/demo.svg
"""

from __future__ import annotations

import sys
from xml.sax.saxutils import escape

CHARACTER, LINE, MARGIN, COLUMNS = 7.8, 18, 16, 118
INK = {"plain": "#d7dae0", "head": "#8ab4f8", "good": "#81c995", "faint": "#8b919c"}


def ink(line: str) -> str:
    """The colour of a line, by what it is."""
    if line.startswith("$"):
        return INK["plain"]
    if not line.startswith(" "):
        return INK["head"]
    return INK["good"] if line.strip().startswith("done in") else INK["plain"]


def wrapped(text: str) -> list[str]:
    """The text's lines, long ones continued below, indented as they begin."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        while len(line) > COLUMNS:
            cut = line.rfind(" ", len(indent), COLUMNS)
            cut = cut if cut > 0 else COLUMNS
            lines.append(line[:cut])
            line = indent + line[cut:].lstrip()
        lines.append(line)
    return lines


def picture(lines: list[str]) -> str:
    """The SVG."""
    width = COLUMNS * CHARACTER + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN + 20
    rows = [
        f'<text x="{MARGIN}" y="{MARGIN + 34 + number * LINE}" fill="{ink(line)}" xml:space="preserve">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]
    dots = "".join(
        f'<circle cx="{MARGIN + 4 + 18 * number}" cy="16" r="5" fill="{colour}"/>'
        for number, colour in enumerate(("#ee675c", "#fdd663", "#5bb974"))
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"',
            f'     font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" width="{width:.0f}">',
            f"<title>{escape(lines[0])}</title>",
            f'<rect width="100%" height="100%" rx="8" fill="#1e2127"/>{dots}',
            *rows,
            "</svg>",
            "",
        ]
    )


def main() -> None:
    """Read what was printed, write the picture."""
    command = sys.argv[1:]
    sys.stdout.write(picture(command + wrapped(sys.stdin.read())))


if __name__ == "__main__":
    main()
