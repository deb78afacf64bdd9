"""What training leaves behind after each epoch, so that a stopped run goes on as if it had not been stopped."""

import hashlib
import io
import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

import reprise
from reprise.blocks import Model
from reprise.errors import ArtifactError
from reprise.files import replacing
from reprise.schema import Schema
from reprise.training.settings import Settings


class Checkpoint:
    """A file that belongs to one set of settings, data and code; under any other it is as if it were not there."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace what was saved before."""
        content = io.BytesIO()  # torch's own writer does not say why a disk refuses
        torch.save({"fingerprint": self.fingerprint, **state}, content)
        with replacing(self.path) as beside:
            beside.write_bytes(content.getbuffer())

    def load(self) -> dict[str, Any] | None:
        """Return what was saved last under this fingerprint; raise `ArtifactError` where the file is damaged."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        except (RuntimeError, OSError, ValueError, EOFError, pickle.UnpicklingError):
            raise ArtifactError(
                str(self.path), "damaged", "what a stopped run leaves; delete it to train anew"
            ) from None
        return state if state.get("fingerprint") == self.fingerprint else None

    def remove(self) -> None:
        """Forget a finished run."""
        self.path.unlink(missing_ok=True)


def fingerprint(settings: Settings, model: Model, schema: Schema, splits: bytes) -> str:
    """Return a digest of all that the weights depend on: settings, data, their splits, and the code."""
    told = {
        "settings": settings.told(),
        "model": model.model_dump(),
        "schema": schema.model_dump(),
        "torch": torch.__version__,
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    digest.update(splits)
    package = Path(reprise.__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
