import os
import subprocess
import sys
from pathlib import Path

from platforms import removes_open_files

from reprise.serving.scrape import forget_dead


@removes_open_files
def test_the_gauges_of_processes_that_are_gone_are_removed_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    # Process 1 is always there, and may belong to somebody else.
    kept = [f"gauge_livesum_{number}.db" for number in (os.getpid(), 1)]
    kept += [f"counter_{dead.pid}.db", f"histogram_{dead.pid}.db"]
    for name in (*kept, f"gauge_livesum_{dead.pid}.db", f"gauge_livemax_{dead.pid}.db"):
        (tmp_path / name).touch()
    forget_dead(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(kept)
