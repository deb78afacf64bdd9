import os
from pathlib import Path

import pytest

from reprise.serving.cores import cores_available

MINE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def write(root: Path, **files: str) -> None:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_without_control_groups_it_is_those_of_the_process(tmp_path: Path) -> None:
    assert cores_available(tmp_path) == MINE


@pytest.mark.parametrize(("quota", "cores"), [("max 100000", MINE), ("150000 100000", 1), ("20000 100000", 1)])
def test_the_quota_of_version_2_where_the_container_is_the_root(tmp_path: Path, quota: str, cores: int) -> None:
    write(tmp_path, proc__self__cgroup="0::/\n")
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text(quota + "\n")
    assert cores_available(tmp_path) == cores


def test_the_least_of_nested_groups(tmp_path: Path) -> None:
    write(tmp_path, proc__self__cgroup="0::/pod/box\n")
    box = tmp_path / "sys/fs/cgroup/pod/box"
    box.mkdir(parents=True)
    (box / "cpu.max").write_text("max 100000\n")
    (box.parent / "cpu.max").write_text("100000 100000\n")
    assert cores_available(tmp_path) == 1


def test_the_quota_of_version_1(tmp_path: Path) -> None:
    write(tmp_path, proc__self__cgroup="5:cpu,cpuacct:/\n1:name=systemd:/x\n")
    folder = tmp_path / "sys/fs/cgroup/cpu"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_period_us").write_text("100000\n")
    (folder / "cpu.cfs_quota_us").write_text("-1\n")
    assert cores_available(tmp_path) == MINE
    (folder / "cpu.cfs_quota_us").write_text("100000\n")
    assert cores_available(tmp_path) == 1
