"""The server as a process, or as several."""

import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from reprise.errors import InputError
from reprise.serving.fetch import fetch_bundle, new_folder
from reprise.serving.settings import Settings

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C, then answer what has come and end.

    Raises `ArtifactError` where the bundle cannot be served.
    """
    signal.signal(signal.SIGTERM, _end)
    _check_address(settings.host, settings.port)
    if settings.workers > 1:
        _prepare_workers(settings)
    _share_metrics(settings.workers)
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
        ws="none",
        proxy_headers=False,
        http="reprise.serving.protocol:Protocol",
        log_config=_LOGGING,
    )


def _prepare_workers(settings: Settings) -> None:
    """Say what is wrong once, not in each process."""
    from reprise.serving.model import load_model

    os.environ["REPRISE_BUNDLE"] = str(fetch_bundle(settings.bundle))
    load_model(Path(os.environ["REPRISE_BUNDLE"]), settings.max_pixels, settings.max_seconds)


def _share_metrics(workers: int) -> None:
    """Give the workers one folder for their metrics, new and empty; one alone needs none."""
    os.environ.pop(_MULTIPROCESS, None)
    if workers > 1:
        os.environ[_MULTIPROCESS] = str(new_folder("reprise-metrics-"))


def _check_address(host: str, port: int) -> None:
    """Raise `InputError` where the address is none or is taken: uvicorn says it late, and in several lines."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            if sys.platform != "win32":  # where it would let two listen at one address
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError("PORT", f"{host} port {port}: {reason}", "an address that is free") from None


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
