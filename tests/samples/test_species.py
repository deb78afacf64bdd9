import io
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from reprise.samples import species

SPLITS = {"train": 48, "test": 14}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("species")
    species.make(folder)
    return folder


@pytest.fixture(scope="module")
def rows(folder) -> dict[str, list[dict]]:
    return {split: pq.read_table(folder / f"{split}.parquet").to_pylist() for split in SPLITS}


def test_as_many_clips_of_each_species(rows) -> None:
    for split, count in SPLITS.items():
        counts = Counter(row["species"] for row in rows[split])
        assert len(counts) == 6
        assert set(counts.values()) == {count}


def test_row_groups_are_small_and_hold_several_species(folder) -> None:
    for split in SPLITS:
        file = pq.ParquetFile(folder / f"{split}.parquet")
        assert file.schema_arrow.names == ["audio", "species", "session"]
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, columns=["species"])
            assert group.num_rows <= 32
            assert len(set(group["species"].to_pylist())) > 2


def test_no_session_in_both_files_nor_of_two_species(rows) -> None:
    sessions = {split: {row["session"] for row in rows[split]} for split in SPLITS}
    assert not sessions["train"] & sessions["test"]
    pairs = {(row["session"], row["species"]) for split in SPLITS for row in rows[split]}
    assert len(pairs) == len(sessions["train"] | sessions["test"])
    assert max(Counter(row["session"] for row in rows["train"]).values()) == 4


def test_every_clip_is_flac_of_one_to_two_and_a_half_seconds(rows) -> None:
    shapes = Counter()
    for row in rows["train"] + rows["test"]:
        audio = row["audio"]
        assert audio["path"].startswith(f"{row['session']}/")
        with soundfile.SoundFile(io.BytesIO(audio["bytes"])) as file:
            assert (file.format, file.subtype) == ("FLAC", "PCM_16")
            shapes[file.samplerate, file.channels] += 1
            samples = file.read()
            assert 1 <= len(samples) / file.samplerate <= 2.5
        assert 0.001 < np.abs(samples).max() < 0.5
    assert {rate for rate, _ in shapes} == {16000, 22050}
    assert {channels for _, channels in shapes} == {1, 2}
    assert shapes[16000, 1] > 0.7 * shapes.total()


def test_no_clip_twice_and_all_together_small(rows) -> None:
    clips = [row["audio"]["bytes"] for split in SPLITS for row in rows[split]]
    assert len(set(clips)) == len(clips)
    assert sum(map(len, clips)) < 9_000_000


def test_the_same_bytes_again(folder, tmp_path) -> None:
    species.make(tmp_path)
    for split in SPLITS:
        name = f"{split}.parquet"
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
