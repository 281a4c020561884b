"""The drafted `orchestration/cli.py`. What stands between the two marks is the draft, word for word."""
# ruff: noqa
# mypy: ignore-errors

import asyncio
import os
import signal
import sys
import time

import usher_client.compat

if os.environ.get("RETURN_SECONDS"):
    usher_client.compat.RETURN_SECONDS = float(os.environ["RETURN_SECONDS"])


class ProjectOrchestrator:
    """The application's own; a test says what it does."""

    def run(self):
        print("ready")
        exec(os.environ["ORCHESTRATOR_RUNS"])


# The draft begins.
from llm_abstractions.license_client import LicenseClient
async def main():
    # Initialize license client
    license_client = LicenseClient(
        license_api_url="https://license.coditect.ai",
        license_key=os.getenv("CODITECT_LICENSE_KEY"),
        jwt_token=os.getenv("CODITECT_JWT_TOKEN"),
    )
    # Acquire license
    if not await license_client.acquire_license():
        print("Failed to acquire license. Please check your license key.")
        sys.exit(1)
    # Register signal handlers for graceful shutdown
    signal.signal(signal.SIGINT, lambda s, f: shutdown(license_client))
    signal.signal(signal.SIGTERM, lambda s, f: shutdown(license_client))
    # Start CODITECT application
    orchestrator = ProjectOrchestrator()
    orchestrator.run()

async def shutdown(license_client: LicenseClient):
    """Handle graceful shutdown."""
    print("Shutting down CODITECT...")
    # Release license
    await license_client.release_license()
    # Cleanup and exit
    sys.exit(0)
# The draft ends.


async def main_with_handlers_that_are_awaited():
    """The same with the handlers as they were meant: asyncio runs the coroutine."""
    license_client = LicenseClient(license_api_url="", license_key=os.getenv("CODITECT_LICENSE_KEY"))
    if not await license_client.acquire_license():
        sys.exit(1)
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    print("ready")
    await ending.wait()
    await shutdown(license_client)


async def main_of_step_2():
    """The draft's second start-up, "Integrate into CODITECT Startup", with its arguments filled in."""
    # 1. Initialize license client
    license_client = LicenseClient(license_api_url="", license_key=os.getenv("CODITECT_LICENSE_KEY"))
    # 2. Acquire license
    if not await license_client.acquire_license():
        handle_license_failure()
    # 3. Start application
    orchestrator = ProjectOrchestrator()
    orchestrator.run()
    # 4. Release license on exit
    await license_client.release_license()
    print("released")


def handle_license_failure():
    sys.exit(7)


MAINS = {"awaited": main_with_handlers_that_are_awaited, "step 2": main_of_step_2}
asyncio.run(MAINS.get(os.environ.get("HANDLER"), main)())
