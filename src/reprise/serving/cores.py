"""How many processors this process may use."""

import os
from pathlib import Path


def cores_available(root: Path = Path("/")) -> int:
    """Return the number of cores: those of the machine, of the process's affinity, or of the container's CPU quota.

    The quota is the least that control groups, version 2 or 1, allow; a part of a core is left out, but one is there.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(int(quota) for quota in _quotas(root))]))


def _quotas(root: Path) -> list[float]:
    """Return the quotas of this process's control group and of those that hold it, in cores."""
    found = []
    for group in _groups(root):
        mounted = root / "sys/fs/cgroup"
        folder = mounted / group
        while folder.is_relative_to(mounted):
            found += _quota(folder)
            folder = folder.parent
    return found


def _groups(root: Path) -> list[str]:
    """Return where the control groups of this process lie; inside a container they are the root of what is mounted."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # no Linux
        return []
    groups = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            groups.append(path.strip("/"))
        elif "cpu" in controllers.split(","):
            groups += [f"cpu/{path.strip('/')}", f"{controllers}/{path.strip('/')}"]
    return groups


def _quota(folder: Path) -> list[float]:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return []
    # "max" in version 2 and -1 in version 1 are no limit.
    return [int(quota) / int(period)] if quota.isdecimal() else []
