"""The ids that an operating system and its hardware keep, read from files, without running another program.

Ids that are known to be shared are left out: an empty or uninitialized machine-id, the one baked into a container's
image, the addresses of virtual network cards (derived from the IP address), serial numbers like `0000`.
"""

from __future__ import annotations

import ctypes
import re
import stat
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, Optional

_MACHINE_ID_FILES = ("etc/machine-id", "var/lib/dbus/machine-id")
_MACHINE_ID = re.compile(r"[0-9a-f]{32}")
_COUNTED_UP = "0123456789abcdef" * 2
_SERIAL_FILES = ("device/serial", "serial", "device/cid", "device/wwid", "wwid")
_VIRTUAL_DISKS = ("loop", "ram", "zram", "dm-", "md", "sr", "nbd")
_CPU_FIELDS = ("vendor_id", "model name", "CPU implementer", "CPU part", "Serial")
_LOCALLY_ADMINISTERED = 0x02


@dataclass(frozen=True)
class Hardware:
    """What was found; None where there is nothing that could be trusted."""

    machine_id: Optional[str] = None
    platform_id: Optional[str] = None
    cpu: Optional[str] = None
    mac: Optional[str] = None
    disk: Optional[str] = None

    @classmethod
    def read(cls, root: Path) -> Hardware:
        """Look at this machine; `root` is where `/proc`, `/sys` and `/etc` are looked for."""
        if sys.platform == "darwin":
            return cls(platform_id=_macos_host_uuid())
        if sys.platform == "win32":
            return cls(platform_id=_windows_machine_guid())
        return cls(machine_id=_machine_id(root), cpu=_cpu(root), mac=_mac(root), disk=_disk(root))

    def parts(self) -> Dict[str, str]:
        """What was found, by name."""
        found = {
            "machine-id": self.machine_id,
            "platform-id": self.platform_id,
            "cpu": self.cpu,
            "mac": self.mac,
            "disk": self.disk,
        }
        return {name: value for name, value in found.items() if value}


def _text(path: Path) -> Optional[str]:
    """The text of a file that everybody may read: what only root sees would give root another fingerprint."""
    try:
        if not path.stat().st_mode & stat.S_IROTH:
            return None
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _machine_id(root: Path) -> Optional[str]:
    for name in _MACHINE_ID_FILES:
        found = (_text(root / name) or "").lower()
        if _MACHINE_ID.fullmatch(found) and len(set(found)) > 1 and found != _COUNTED_UP:
            return None if _is_baked_into_image(root, name) else found
    return None


def _is_baked_into_image(root: Path, name: str) -> bool:
    """In a container, a machine-id that is not mounted from outside is the image's: every copy of it has the same."""
    in_container = any((root / marker).exists() for marker in (".dockerenv", "run/.containerenv"))
    mounts = _text(root / "proc/self/mountinfo") or ""
    mounted = any(line.split()[4:5] == [f"/{name}"] for line in mounts.splitlines())
    return in_container and not mounted


def _cpu(root: Path) -> Optional[str]:
    fields: Dict[str, str] = {}
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in _CPU_FIELDS:
            fields.setdefault(name.strip(), value.strip())
    return "/".join(fields[name] for name in _CPU_FIELDS if fields.get(name)) or None


def _mac(root: Path) -> Optional[str]:
    """The first built-in wired card's address; a dock's and a radio's change with the day."""
    for card in _entries(root / "sys/class/net"):
        address = (_text(card / "address") or "").lower()
        is_wired_hardware = (card / "device").exists() and not (card / "wireless").exists()
        is_usb = "/usb" in str((card / "device").resolve())
        if not is_wired_hardware or is_usb or not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", address):
            continue
        if not int(address[:2], 16) & _LOCALLY_ADMINISTERED and len(set(address)) > 2:
            return address
    return None


def _disk(root: Path) -> Optional[str]:
    for disk in _entries(root / "sys/block"):
        is_usb = "/usb" in str(disk.resolve())
        if disk.name.startswith(_VIRTUAL_DISKS) or _text(disk / "removable") == "1" or is_usb:
            continue
        for name in _SERIAL_FILES:
            serial = _text(disk / name)
            if serial and len(serial) >= 4 and len(set(serial)) > 1:
                return serial
    return None


def _entries(directory: Path) -> Iterable[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _macos_host_uuid() -> Optional[str]:
    class _Timespec(ctypes.Structure):
        _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))

    raw = (ctypes.c_ubyte * 16)()
    try:
        failed = ctypes.CDLL(None).gethostuuid(raw, ctypes.byref(_Timespec(5, 0)))
    except (OSError, AttributeError):
        return None
    return None if failed else str(uuid.UUID(bytes=bytes(raw)))


def _windows_machine_guid() -> Optional[str]:
    if sys.platform != "win32":
        return None
    import winreg

    try:
        with winreg.OpenKey(
            winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography", 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        ) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return None
