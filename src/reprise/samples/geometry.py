"""The UCI digits (Alpaydin and Kaynak 1998), as scikit-learn ships them, laid out as CIFAR-10."""

import io
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

_FOLDER = "cifar-10-batches-py"
_TEST = 357  # a fifth, and what leaves five batches of the same size
_BATCHES = 5


def _enlarge(picture: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the 3,072 values of a picture of 32 by 32, red before green before blue, from 8 by 8 of 0 to 16."""
    grey = Image.fromarray(np.rint(picture * 255 / 16).astype(np.uint8)).resize((32, 32), Image.Resampling.BILINEAR)
    return np.tile(np.asarray(grey).ravel(), 3)


def _batch(name: str, pictures: NDArray[np.uint8], labels: NDArray[np.int64], rows: NDArray[np.int64]) -> bytes:
    content = {
        b"batch_label": name.encode(),
        b"labels": labels[rows].tolist(),
        b"data": pictures[rows],
        b"filenames": [f"digit_{row:04}.png".encode() for row in rows.tolist()],
    }
    return pickle.dumps(content, protocol=2)


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folder = tarfile.TarInfo(_FOLDER)  # of no user and no time, as all below
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{_FOLDER}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def make(folder: Path) -> None:
    """Write `cifar-10-python.tar.gz`: 1,440 digits in five batches and 357 for testing, 32 by 32 pixels of grey."""
    digits = load_digits()
    pictures = np.stack([_enlarge(picture) for picture in digits.images])
    train, test = train_test_split(
        np.arange(len(pictures)), test_size=_TEST, stratify=digits.target, random_state=np.random.RandomState(0)
    )
    batches = {
        f"data_batch_{number}": (f"training batch {number} of {_BATCHES}", rows)
        for number, rows in enumerate(np.split(train, _BATCHES), start=1)
    }
    batches["test_batch"] = ("testing batch 1 of 1", test)
    files = {name: _batch(title, pictures, digits.target, rows) for name, (title, rows) in batches.items()}
    meta = {
        b"num_cases_per_batch": len(train) // _BATCHES,
        b"label_names": [str(name).encode() for name in digits.target_names],
        b"num_vis": pictures.shape[1],
    }
    files["batches.meta"] = pickle.dumps(meta, protocol=2)
    # The deflate in pyarrow's wheel: Python takes the system's, and the bytes of two systems differ.
    packed = pa.compress(_archive(files), "gzip", asbytes=True)
    (folder / "cifar-10-python.tar.gz").write_bytes(packed)
