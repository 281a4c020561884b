"""`python -m usher_client`: the command line. Exit codes: 0 all is well, 1 something stands in the way, 64 usage."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from typing import List, NoReturn, Optional

from ._doctor import Options, as_json, as_text, diagnose, failed
from ._version import __version__

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 64


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Optional[List[str]] = None) -> int:
    """Run a command and answer its exit code."""
    parser = _Parser(prog="python -m usher_client", description="Tools of the usher license client.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor = commands.add_parser("doctor", help="tell what stands between this machine and a seat")
    doctor.add_argument("--license-key", help="default: USHER_LICENSE_KEY")
    doctor.add_argument("--url", help="server addresses, separated by commas; default: USHER_URL")
    doctor.add_argument("--root", help="the vendor's root file; default: USHER_ROOT")
    doctor.add_argument("--product", help="the product's code, if the application passes one")
    doctor.add_argument("--hardware-id", help="default: USHER_FINGERPRINT, else this machine's ids")
    doctor.add_argument("--instance", help="default: USHER_INSTANCE")
    doctor.add_argument("--state-dir", help="default: USHER_STATE_DIR, else the platform's place")
    doctor.add_argument("--ca-file", help="default: USHER_CACERT, else the system's certificates")
    doctor.add_argument("--timeout", type=float, default=5.0, help="seconds for each server (5)")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    findings = diagnose(Options(**{option.name: getattr(given, option.name) for option in fields(Options)}))
    text = as_json(findings) if given.json else as_text(findings)
    # A console that has no arrow gets a question mark, not an exception.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    return EXIT_FAILED if failed(findings) else EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
