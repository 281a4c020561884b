"""The fingerprint, on machines made of files."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Dict

import pytest

from usher_client import ConfigurationError, Fingerprint, Grade, fingerprint
from usher_client._hardware import Hardware

MACHINE_ID = "3d1219c7c4c5404aaa1f6d2a48adfda4"
MOUNTED = "1 2 0:1 / /etc/machine-id ro - ext4 /dev/sda1 rw\n"


def write(root: Path, files: Dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)
    return root


def desktop(root: Path) -> Path:
    write(
        root,
        {
            "etc/machine-id": MACHINE_ID + "\n",
            "proc/cpuinfo": "processor: 0\nvendor_id: GenuineIntel\nmodel name: Xeon\n\nmodel name: Other\n",
            "sys/class/net/eno1/address": "a4:bf:01:22:33:44\n",
            "sys/devices/pci/x": "",
            "sys/block/nvme0n1/device/serial": "S4EWNX0R\n",
            "sys/block/nvme0n1/removable": "0\n",
        },
    )
    (root / "sys/class/net/eno1/device").symlink_to(root / "sys/devices/pci")
    return root


def take(root: Path, product: str = "coditect", **env: str) -> Fingerprint:
    return fingerprint(product, env=env, root=root)


def test_a_machine_is_named_by_what_it_keeps(tmp_path: Path) -> None:
    found = take(desktop(tmp_path))
    assert found.grade is Grade.STRONG
    assert found.source == "cpu + disk + mac + machine-id"
    assert len(bytes.fromhex(found.value)) == 32
    assert take(tmp_path) == found


def test_two_products_see_two_machines(tmp_path: Path) -> None:
    root = desktop(tmp_path)
    assert take(root, "coditect").value != take(root, "other").value
    assert MACHINE_ID not in take(root).value


@pytest.mark.parametrize("part", ["etc/machine-id", "sys/class/net/eno1/address", "sys/block/nvme0n1/device/serial"])
def test_clones_that_differ_in_one_part_are_two_machines(tmp_path: Path, part: str) -> None:
    root = desktop(tmp_path)
    before = take(root).value
    (root / part).write_text({"etc/machine-id": "b" + MACHINE_ID[1:]}.get(part, "a4:bf:01:22:33:99"))
    assert take(root).value != before


@pytest.mark.parametrize("junk", ["", "uninitialized", "0" * 32, "f" * 32, "0123456789abcdef" * 2, "not-hex"])
def test_an_id_that_is_none_is_not_used(tmp_path: Path, junk: str) -> None:
    write(tmp_path, {"etc/machine-id": junk})
    assert Hardware.read(tmp_path).machine_id is None


def test_the_dbus_id_is_the_second_choice(tmp_path: Path) -> None:
    write(tmp_path, {"etc/machine-id": "", "var/lib/dbus/machine-id": MACHINE_ID})
    assert Hardware.read(tmp_path).machine_id == MACHINE_ID


def test_an_id_baked_into_an_image_is_not_used_and_a_mounted_one_is(tmp_path: Path) -> None:
    write(tmp_path, {"etc/machine-id": MACHINE_ID, ".dockerenv": ""})
    assert Hardware.read(tmp_path).machine_id is None
    write(tmp_path, {"proc/self/mountinfo": MOUNTED})
    assert Hardware.read(tmp_path).machine_id == MACHINE_ID


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("a4:bf:01:22:33:44", True),
        ("02:42:ac:11:00:02", False),
        ("52:54:00:12:34:56", False),
        ("00:00:00:00:00:00", False),
        ("", False),
        ("infiniband", False),
    ],
)
def test_only_addresses_burnt_into_a_card_count(tmp_path: Path, address: str, usable: bool) -> None:
    root = desktop(tmp_path)
    (root / "sys/class/net/eno1/address").write_text(address)
    assert (Hardware.read(root).mac is not None) is usable


def test_cards_that_come_and_go_do_not_count(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sys/class/net/wlan0/address": "a4:bf:01:22:33:44",
            "sys/class/net/wlan0/wireless/x": "",
            "sys/class/net/wlan0/device/x": "",
            "sys/class/net/docker0/address": "a4:bf:01:22:33:45",
            "sys/class/net/dock/address": "a4:bf:01:22:33:46",
            "sys/devices/pci/usb1/x": "",
        },
    )
    (tmp_path / "sys/class/net/dock/device").symlink_to(tmp_path / "sys/devices/pci/usb1")
    assert Hardware.read(tmp_path).mac is None


def test_disks_that_come_and_go_do_not_count(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sys/block/loop0/device/serial": "LOOP1234",
            "sys/block/sda/device/serial": "STICK1234",
            "sys/block/sda/removable": "1",
            "sys/block/sdb/device/serial": "0000",
            "sys/block/sdc/device/serial": "no",
        },
    )
    assert Hardware.read(tmp_path).disk is None
    write(tmp_path, {"sys/block/vda/serial": "VOL-123"})
    assert Hardware.read(tmp_path).disk == "VOL-123"


def test_what_only_root_may_read_does_not_count(tmp_path: Path) -> None:
    root = desktop(tmp_path)
    (root / "sys/block/nvme0n1/device/serial").chmod(0o400)
    assert Hardware.read(root).disk is None


def test_without_an_id_the_parts_are_weak_and_without_parts_the_name_is_ephemeral(tmp_path: Path) -> None:
    root = desktop(tmp_path)
    (root / "etc/machine-id").unlink()
    assert take(root).grade is Grade.WEAK
    empty = take(tmp_path / "empty")
    assert empty.grade is Grade.EPHEMERAL
    assert "hostname" in empty.source


@pytest.mark.parametrize(
    ("env", "grade", "source"),
    [
        ({"USHER_NODE_UID": "c0ffee", "USHER_NODE_NAME": "n1"}, Grade.STRONG, "node-uid"),
        ({"USHER_POD_NAMESPACE": "eda", "USHER_POD_NAME": "render-3"}, Grade.WEAK, "namespace + stateful-pod"),
        ({"USHER_POD_NAMESPACE": "eda", "USHER_POD_NAME": "render-7d9f-x2v"}, Grade.EPHEMERAL, "pod"),
        ({"USHER_NODE_NAME": "node-1"}, Grade.WEAK, "node-name"),
        ({"USHER_POD_UID": "uid-1"}, Grade.EPHEMERAL, "pod"),
        ({}, Grade.EPHEMERAL, "pod"),
    ],
)
def test_in_kubernetes_only_the_pods_specification_counts(
    tmp_path: Path, env: Dict[str, str], grade: Grade, source: str
) -> None:
    found = take(desktop(tmp_path), KUBERNETES_SERVICE_HOST="10.0.0.1", **env)
    assert (found.grade, found.source) == (grade, source)
    assert found == take(tmp_path / "elsewhere", KUBERNETES_SERVICE_HOST="10.0.0.1", **env)


def test_an_operators_word_comes_first(tmp_path: Path) -> None:
    root = desktop(tmp_path)
    env = {"USHER_FINGERPRINT": "named-by-env", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    assert take(root, **env) == Fingerprint("named-by-env", Grade.STRONG, "USHER_FINGERPRINT")
    found = fingerprint("coditect", override="named-by-argument", env=env, root=root)
    assert found == Fingerprint("named-by-argument", Grade.STRONG, "hardware_id")
    with pytest.raises(ConfigurationError, match="USHER_FINGERPRINT has 5"):
        take(root, USHER_FINGERPRINT="short")


def test_no_other_program_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a program was started")

    for name in ("subprocess.Popen", "os.system", "os.popen", "os.posix_spawn"):
        monkeypatch.setattr(name, forbidden)
    assert fingerprint("coditect", env={}).value
    assert socket.gethostname()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_the_platform_gives_no_id_the_name_is_ephemeral(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """Only the way around the system's calls can be tested here; the calls themselves need those systems."""
    monkeypatch.setattr("usher_client._hardware._macos_host_uuid", lambda: None)
    monkeypatch.setattr("usher_client._hardware._windows_machine_guid", lambda: None)
    monkeypatch.setattr("sys.platform", platform)
    assert take(tmp_path).grade is Grade.EPHEMERAL
    monkeypatch.setattr("usher_client._hardware._macos_host_uuid", lambda: "uuid-1234")
    monkeypatch.setattr("usher_client._hardware._windows_machine_guid", lambda: "uuid-1234")
    assert take(tmp_path).grade is Grade.STRONG
    assert take(tmp_path).source == "platform-id"
