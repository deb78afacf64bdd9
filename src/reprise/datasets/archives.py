"""Archives that are read from end to end and never unpacked to disk."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reprise.errors import DataError


@contextmanager
def unpacking(archive: Path) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """Open a .tar.gz for one pass over its files; the content of each is read before the next is asked for.

    The checksum of the archive is compared after the last file. Raises `DataError` where it is damaged.
    """
    try:
        with gzip.open(archive) as stream, tarfile.open(fileobj=stream, mode="r|", bufsize=2**20) as tar:
            yield _files(tar, stream)
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise DataError(str(archive), f"cut short or damaged ({error})", "a whole .tar.gz") from None


def _files(tar: tarfile.TarFile, stream: gzip.GzipFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member) if member.isfile() else None
        if content is not None:
            yield member, content
    while stream.read(2**20):
        pass
