"""What the decoders of pictures, sounds and videos have in common, and how one is made from its settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Decoded:
    """What one file holds.

    `items` is [n, *shape of the decoder] in its dtype, `features` float32 [n, number of its features]: n is 1 for
    pictures and sounds, the number of clips for a video.
    """

    items: NDArray[Any]
    features: NDArray[np.float32]


class Decoder(Protocol):
    """Bytes to items of one `shape` and `dtype`, and the `features` of each that drift is measured by.

    `suffixes` are those of the files that it reads: in lower case, with the dot.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Give the shape of one item."""

    @property
    def dtype(self) -> str:
        """Give the dtype of the items, by its numpy name."""

    @property
    def features(self) -> tuple[str, ...]:
        """Give the names of the features, in their order."""

    @property
    def suffixes(self) -> frozenset[str]:
        """Give the suffixes of file names."""

    def decode(self, content: bytes) -> Decoded:
        """Turn the content of a file into items; raises `DecodeError` where it cannot be used."""


def make_decoder(modality: str, settings: Mapping[str, Any]) -> Decoder:
    """Make the decoder of `image`, `audio` or `video` from a decode block; other keys of it are left aside.

    Only the chosen decoder's libraries are imported: a server for pictures needs none for video. Raises
    `ValueError` for another modality.
    """
    if modality == "image":
        from reprise.decoding.image import ImageDecoder

        return ImageDecoder(settings["size"])
    if modality == "audio":
        from reprise.decoding.audio import AudioDecoder

        return AudioDecoder(settings["sample_rate"], settings["seconds"])
    if modality == "video":
        from reprise.decoding.video import VideoDecoder

        return VideoDecoder(settings["size"], settings["seconds"], settings["stride"], settings["fps"])
    raise ValueError(f"no decoder for modality {modality!r}")
