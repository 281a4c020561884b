"""A machine with a terminal, as far as the commands typed there can tell."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Optional

# Variables that would lead the snippets elsewhere.
SETTINGS = re.compile(r"USHER_|CODITECT_|\w+_PROXY$", re.IGNORECASE)
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

READY_WITHIN = 30.0
ENDS_WITHIN = 10.0
COMMANDS_END_WITHIN = 120.0


class Failed(Exception):
    """Something did not do what the document says: what was run, and what came out."""

    def __init__(self, what: str, out: str) -> None:
        super().__init__(f"{what.strip()}\n--- came to this:\n{out.strip()}")


class Machine:
    """Has an address on loopback, a home folder, and one terminal whose variables last."""

    def __init__(self, home: Path, usher: Path, address: str) -> None:
        self.home, self.address = home, address
        self._usher = usher
        self._server: Optional[subprocess.Popen[bytes]] = None
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "usher").symlink_to(usher)
        path = [str(home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not SETTINGS.match(name)},
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "PATH": os.pathsep.join(path),
            # What a machine of its own would have by being one.
            "USHER_CONFIG": str(self.config_file),
            "USHER_NODE__DATA_DIR": str(self.data),
            "USHER_API__LISTEN": f"{address}:4600",
            "USHER_PEER__LISTEN": f"{address}:4601",
            "USHER_OPS__LISTEN": f"{address}:4602",
        }
        self.config_file.write_text("", encoding="utf-8")

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def config_file(self) -> Path:
        return self.home / "usher.toml"

    def run(self, commands: str, cwd: Optional[Path] = None) -> str:
        """Runs what a reader would type, and gives what it printed. `usher server` would keep the terminal; here it
        goes on behind it once it is ready."""
        out = ""
        for part in re.split(r"^(usher server\b.*)\n?", commands, flags=re.MULTILINE):
            if part.startswith("usher server"):
                out += self._serve(shlex.split(part, comments=True)[1:])
            elif part.strip():
                out += self._type(part, cwd or self.home)
        return out

    def _type(self, commands: str, cwd: Path) -> str:
        kept = self.home / "environment"
        # A line of its own, after whatever the commands end with.
        script = f"{commands}\nenv -0 > {shlex.quote(str(kept))}"
        command = ["bash", "-euo", "pipefail", "-c", script]
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as ran:
            try:
                out = ran.communicate(timeout=COMMANDS_END_WITHIN)[0].decode()
            except BaseException as stopped:
                os.killpg(ran.pid, signal.SIGTERM)
                out = ran.communicate()[0].decode()
                if isinstance(stopped, subprocess.TimeoutExpired):
                    raise Failed(commands, f"{out}\n(no end after {COMMANDS_END_WITHIN:.0f} s)") from None
                raise
        if ran.returncode != 0:
            raise Failed(commands, f"{out}\n(exit code {ran.returncode})")
        pairs = kept.read_text(encoding="utf-8").split("\0")
        self.environment = dict(pair.split("=", 1) for pair in pairs if pair)
        return out

    def _serve(self, arguments: list[str]) -> str:
        if "--dev" in arguments:
            # Only flags count for it; without these, every one would want the same ports.
            arguments += ["--api-listen", f"{self.address}:4600", "--ops-listen", f"{self.address}:4602"]
        log = self.home / "server.log"
        with log.open("wb") as out:
            self._server = subprocess.Popen(
                [self._usher, *arguments], cwd=self.home, env=self.environment, stdout=out, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + READY_WITHIN
        while True:
            said = log.read_text(encoding="utf-8")
            introduced = "--dev" not in arguments or said.endswith(("Ctrl-C ends it.\n", "}\n"))
            if introduced and self._is_ready():
                return said
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise Failed(shlex.join(["usher", *arguments]), f"{said}\n(the server is not ready)")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            with DIRECTLY.open(f"http://{self.address}:4602/readyz", timeout=5):
                return True
        except OSError:
            return False

    def break_down(self) -> None:
        """Kills the server, and its disk is lost."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()
        for file in self.data.iterdir():
            file.unlink()

    def stop(self) -> None:
        """Asks the server to end."""
        if self._server is not None:
            self._server.terminate()

    def wait(self) -> None:
        """Waits until it has ended, and ends it if it does not."""
        if self._server is None:
            return
        try:
            self._server.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
