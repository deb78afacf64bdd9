import json
import subprocess
import sys
from pathlib import Path

import pytest
from serving.processes import PATIENCE, running

LOCUSTFILE = Path(__file__).with_name("locustfile.py")


@pytest.mark.long
@pytest.mark.parametrize("task", ["wine", "hotdog"])
def test_twenty_clients_for_some_seconds_without_a_failure(task, trained, tmp_path) -> None:
    with running(trained(task).folder / "models/bundle", tmp_path) as server:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "locust", "--locustfile", LOCUSTFILE, "--headless", "--json"),
                *("--users", "20", "--spawn-rate", "20", "--run-time", "5s", "--host", server.url),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    counts = {route["name"]: (route["num_requests"], route["num_failures"]) for route in json.loads(done.stdout)}
    assert counts["/model"] == (20, 0)
    assert counts["/examples/{name}"] == (100, 0)
    asked, failed = counts["/predict"]
    assert asked >= 20
    assert failed == 0
