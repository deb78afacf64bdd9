"""A server inside the test process, for the bundle of any task."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from conftest import Project
from starlette.testclient import TestClient

from reprise.serving.app import build_app
from reprise.serving.settings import Settings

# One task of each modality.
MODALITIES = {"tabular": "wine", "image": "hotdog", "audio": "species", "video": "accident"}

Serve = Callable[..., TestClient]


@pytest.fixture
def serve(trained: Callable[[str], Project]) -> Iterator[Serve]:
    """Give a client of a server: `serve("wine", queue=1)` serves its bundle under these settings."""
    with ExitStack() as stack:

        def start(task: str, **settings: Any) -> TestClient:
            chosen = {"bundle": str(trained(task).folder / "models/bundle")} | settings
            # An error of the server is an answer here, as it is for people.
            client = TestClient(build_app(Settings(**chosen)), raise_server_exceptions=False)
            return stack.enter_context(client)

        yield start
