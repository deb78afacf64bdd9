"""From raw data of any format to a store."""

from dataclasses import dataclass
from pathlib import Path

from reprise.blocks import AudioDecode, FilesDecode, TabularTask
from reprise.datasets.decode import Bad, Repeat, Used, decode_all
from reprise.datasets.examples import Example
from reprise.datasets.sources import open_source
from reprise.datasets.splits import check_classes, split_examples
from reprise.datasets.store import StoreWriter
from reprise.datasets.tables import read_csv
from reprise.decoding.decoder import make_decoder
from reprise.params import Params


@dataclass(frozen=True)
class Prepared:
    """What became of the raw data: items in the store, repeats, and the files that are left out."""

    examples: int
    duplicates: int
    bad: tuple[Bad, ...] = ()


def prepare(params: Params, folder: Path, workers: int) -> Prepared:
    """Read the raw data of the chosen task, split them, and write their store into the new folder `folder`.

    `workers` processes decode; the store is the same for any number of them.
    """
    folder.mkdir()
    if isinstance(params.chosen, TabularTask):
        return _prepare_table(params, params.chosen, folder)
    return _prepare_files(params, params.chosen.decode, folder, workers)


def _prepare_table(params: Params, task: TabularTask, folder: Path) -> Prepared:
    table = read_csv(params.source, task.decode)
    classes = check_classes(str(params.source), table.examples)
    splits = split_examples(table.examples, task.split.val, task.split.test, params.seed)
    with StoreWriter(folder, table.items.shape[1:], "float32") as store:
        store.add(table.items)
        store.finish(table.examples, splits, task.modality, classes, table.features)
    return Prepared(len(table.examples), table.duplicates)


def _prepare_files(params: Params, decode: FilesDecode, folder: Path, workers: int) -> Prepared:
    task = params.chosen
    decoder = make_decoder(task.modality, decode.model_dump())
    source = open_source(params.source, task.format, decode, decoder.suffixes)
    check_classes(str(params.source), source.examples)  # before the long work
    examples: list[Example] = []
    repeats: list[Repeat] = []
    bad: list[Bad] = []
    with StoreWriter(folder, decoder.shape, decoder.dtype, len(decoder.features)) as store:
        for found in decode_all(source, decoder, str(params.source), decode.max_bad, workers):
            match found:
                case Used():
                    examples += found.examples
                    store.add(found.decoded.items, found.decoded.features)
                case Repeat():
                    repeats.append(found)
                case Bad():
                    bad.append(found)
        classes = check_classes(str(params.source), examples)
        splits = split_examples(examples, task.split.val, task.split.test, params.seed)
        rate = decode.sample_rate if isinstance(decode, AudioDecode) else None
        store.finish(examples, splits, task.modality, classes, decoder.features, rate)
    return Prepared(len(examples), len(repeats), tuple(bad))
