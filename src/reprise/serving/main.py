"""The server as a process, or as several."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from reprise.serving.settings import Settings

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C, then answer what has come and end.

    Raises `ArtifactError` where the bundle cannot be served.
    """
    signal.signal(signal.SIGTERM, _end)
    if settings.workers > 1:
        _prepare_workers(settings)
    with _shared_metrics(settings.workers):
        uvicorn.run(
            "reprise.serving.app:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            timeout_graceful_shutdown=settings.drain,
            # Longer than most load balancers keep theirs: the one who closes first must not be the server.
            timeout_keep_alive=75,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http="reprise.serving.protocol:Protocol",
            log_config=_LOGGING,
        )


def _prepare_workers(settings: Settings) -> None:
    """Say what is wrong once, not in each process."""
    from reprise.serving.fetch import fetch_bundle
    from reprise.serving.model import load_model

    os.environ["REPRISE_BUNDLE"] = str(fetch_bundle(settings.bundle))
    load_model(Path(os.environ["REPRISE_BUNDLE"]), settings.max_pixels, settings.max_seconds)


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """Give the workers one folder for their metrics, new and empty; one alone needs none."""
    os.environ.pop(_MULTIPROCESS, None)
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="reprise-metrics-") as folder:
        os.environ[_MULTIPROCESS] = folder
        yield


def _end(_: int, __: FrameType | None) -> None:
    # uvicorn raises the signal anew once it has drained: to have ended as one was told is no failure.
    sys.exit(0)


_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["errors"], "level": "INFO", "propagate": False},
        "reprise": {"handlers": ["errors"], "level": "INFO", "propagate": False},
        # What it says of a bad form stands in the answer, and in a line that names the request.
        "python_multipart": {"level": "CRITICAL"},
    },
}
