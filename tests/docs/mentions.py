"""Commands and links inside the text: each must lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from blocks import Mention


def is_known(root: Path, usher: Path, command: str) -> bool:
    """Whether a command that the text mentions exists, with its options; or a target of the Makefile."""
    program, *words = command.split()
    if program == "make":
        makefile, script = (root / "Makefile").read_text(), (root / "packaging/bench.sh").read_text()
        settings = [word.partition("=")[0] for word in words if "=" in word]
        return re.search(rf"^{words[0]}:", makefile, re.MULTILINE) is not None and all(
            re.search(rf"^{name} *\??=", makefile + script, re.MULTILINE) for name in settings
        )
    verbs = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
    told = subprocess.run([usher, *verbs, "--help"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    options = [word for word in words if word.startswith("--") and len(word) > 2]
    return told.returncode == 0 and all(option in told.stdout.decode() for option in options)


def wrong_mentions(root: Path, usher: Path, commands: list[Mention], links: list[Mention]) -> list[str]:
    """What the text mentions that does not exist."""
    known = {text: is_known(root, usher, text) for text in {command.text for command in commands}}
    unknown = [f"{command}: there is no `{command.text}`" for command in commands if not known[command.text]]
    dead = [
        f"{link}: {link.text} is not there"
        for link in links
        if not (root / link.file).parent.joinpath(link.text).exists()
    ]
    print(f"{len(known)} commands and {len(links)} links inside the text: {len(unknown) + len(dead)} lead nowhere")
    return unknown + dead
