"""DVC's command line with the pauses between two tries of gcsfs a hundredth as long; as many tries."""

import asyncio
import sys
from types import SimpleNamespace

import gcsfs.retry
from dvc.cli import main


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds / 100)


if __name__ == "__main__":
    gcsfs.retry.asyncio = SimpleNamespace(sleep=sleep)
    sys.exit(main())
