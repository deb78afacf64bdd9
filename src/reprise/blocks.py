"""The blocks of a section of `params.yaml`, for each modality.

A field's description says what is expected of it, in the words that a person reads when it is wrong.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Block(BaseModel):
    """Some settings: frozen, of the very types that are named, and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


_Names = Annotated[tuple[str, ...], Field(strict=False)]


_Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=65536)], ...], Field(strict=False)]
_Seed = Annotated[int, Field(ge=0, lt=2**32)]

# What is said of several fields.
_BLOCK = "a block of settings, {} for the defaults"
_MODALITY = "tabular, image, audio or video"
_WIDTHS = "a list of layer widths, whole numbers from 1 to 65536"
_DROPOUT = "a number of at least 0 and below 1"


class Split(Block):
    """The shares of the examples that validate and test; the rest trains."""

    val: float = Field(0.15, gt=0, lt=0.5, description="a share above 0 and below 0.5")
    test: float = Field(0.15, gt=0, lt=0.5, description="a share above 0 and below 0.5")


# How raw data become examples, and files become arrays.


class TabularDecode(Block):
    """Which columns of a table are what."""

    label: str = Field(min_length=1, description="the name of the column that holds the class")
    features: Annotated[_Names, Field(min_length=1)] | None = Field(
        None, description="a list of column names, or null for every column that is nothing else"
    )
    ignore: _Names = Field((), description="a list of names of columns to leave out")
    group: str | None = Field(None, description="the name of the column whose equal values stay in one split, or null")
    delimiter: str = Field(",", min_length=1, max_length=1, description="one character")


class FilesDecode(Block):
    """Which files are examples of what; for pictures, sounds and videos alike."""

    classes: dict[str, Annotated[_Names, Field(min_length=1)]] | None = Field(
        None, description="for each class a list of folders, or null where each folder is a class"
    )
    group: str | None = Field(
        None,
        description="a regular expression whose first group (or whole match) in the file's name tells what stays in "
        "one split; for Parquet the name of a column; or null",
    )
    max_bad: float = Field(0.01, ge=0, le=1, description="a share from 0 to 1 of files that may be left out")
    content: str = Field("file", min_length=1, description="the name of the column of a Parquet file with the bytes")
    label: str = Field("label", min_length=1, description="the name of the column of a Parquet file with the class")


class ImageDecode(FilesDecode):
    """How a picture becomes RGB of one size."""

    size: int = Field(128, ge=8, le=4096, description="a whole number of pixels from 8 to 4096")


class AudioDecode(FilesDecode):
    """How a sound becomes one channel of one length."""

    sample_rate: int = Field(32000, ge=1000, le=384000, description="a whole number of Hz from 1000 to 384000")
    seconds: float = Field(10.0, gt=0, le=3600, description="a number above 0 and at most 3600")


class VideoDecode(FilesDecode):
    """How a video becomes clips of equally many frames: windows of `seconds`, each `stride` seconds after the last."""

    size: int = Field(224, ge=8, le=4096, description="a whole number of pixels from 8 to 4096")
    seconds: float = Field(2.0, gt=0, le=3600, description="a number above 0 and at most 3600")
    stride: float = Field(1.0, gt=0, le=3600, description="a number above 0 and at most 3600")
    fps: float = Field(4.0, gt=0, le=240, description="a number above 0 and at most 240")


# Networks and their settings; those of the networks not chosen are left aside.


class TabularModel(Block):
    """A network for tables."""

    network: Literal["mlp", "knn"] = Field("mlp", description="mlp or knn")
    hidden: _Widths = Field((64, 32), description=_WIDTHS)
    dropout: float = Field(0.1, ge=0, lt=1, description=_DROPOUT)
    n_neighbors: int = Field(5, ge=1, description="a whole number of at least 1")
    weights: Literal["uniform", "distance"] = Field("uniform", description="uniform or distance")
    p: float = Field(2.0, ge=1, le=100, description="a number from 1 to 100")


class _Resnet(Block):
    network: Literal["resnet18", "resnet34"] = Field("resnet18", description="resnet18 or resnet34")
    width: int = Field(
        64, ge=4, le=512, description="a whole number of channels from 4 to 512; 64 is the published one"
    )
    stem: Literal["imagenet", "small"] = Field(
        "imagenet", description="imagenet, or small for pictures below 64 pixels"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description=_DROPOUT)


class ImageModel(_Resnet):
    """A network for pictures."""

    network: Literal["resnet18", "resnet34", "mlp"] = Field("resnet18", description="resnet18, resnet34 or mlp")  # type: ignore[assignment]
    pretrained: bool = Field(False, description="true for ImageNet weights, which need imagenet and 64, or false")
    hidden: _Widths = Field((512, 512), description=_WIDTHS)


class AudioModel(_Resnet):
    """A network for sounds, and the spectrogram that it sees: hertz, and samples for `n_fft` and `hop`."""

    n_mels: int = Field(64, ge=8, le=512, description="a whole number from 8 to 512")
    n_fft: int = Field(1024, ge=64, le=16384, description="a whole number of samples from 64 to 16384")
    hop: int = Field(320, ge=1, le=16384, description="a whole number of samples from 1 to 16384")
    f_min: float = Field(50.0, ge=0, description="a number of Hz, at least 0")
    f_max: float = Field(14000.0, gt=0, description="a number of Hz, above f_min and at most half the sample_rate")
    top_db: float = Field(80.0, gt=0, description="a number of decibels above 0")


class VideoModel(_Resnet):
    """A network for videos: that of pictures on each frame, averaged over time."""

    pretrained: bool = Field(False, description="true for ImageNet weights, which need imagenet and 64, or false")


# Training.


class ImageAugment(Block):
    """Random changes of pictures while training; 0 or false turns one off."""

    flip: bool = Field(True, description="true or false")
    rotate: float = Field(10.0, ge=0, le=180, description="a number of degrees from 0 to 180")
    crop: float = Field(0.2, ge=0, lt=1, description="the largest share of a side to cut away, below 1")
    colour: float = Field(0.2, ge=0, le=1, description="a number from 0 to 1")


class VideoAugment(ImageAugment):
    """The same for every frame of a clip, and which frames are seen."""

    frames: float = Field(0.5, gt=0, le=1, description="the share of a clip's frames that a step sees, above 0")


class AudioAugment(Block):
    """Random changes of spectrograms while training; 0 turns one off."""

    shift: float = Field(0.2, ge=0, le=1, description="the largest share of the length to shift by, from 0 to 1")
    time_mask: float = Field(0.1, ge=0, le=1, description="the largest share of the length to blank, from 0 to 1")
    frequency_mask: float = Field(0.1, ge=0, le=1, description="the largest share of the mels to blank, from 0 to 1")


class Train(Block):
    """How long and on what schedule a network trains."""

    epochs: int = Field(60, ge=1, description="a whole number of at least 1")
    schedule: Literal["one_cycle", "cosine"] = Field("one_cycle", description="one_cycle or cosine")
    patience: int = Field(
        15,
        ge=1,
        description="a whole number of at least 1: epochs without a better validation loss before training stops",
    )
    class_weights: Literal["none", "balanced"] = Field("none", description="none or balanced")
    seeds: Annotated[tuple[_Seed, ...], Field(strict=False, min_length=1)] | None = Field(
        None, description="a list of different whole numbers from 0 to 4294967295, a network each, or null for `seed`"
    )

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if seeds is not None and len(set(seeds)) < len(seeds):
            raise ValueError("a seed twice")
        return seeds


class ImageTrain(Train):
    """Training on pictures."""

    augment: ImageAugment = Field(ImageAugment(), description=_BLOCK)


class AudioTrain(Train):
    """Training on sounds."""

    augment: AudioAugment = Field(AudioAugment(), description=_BLOCK)


class VideoTrain(Train):
    """Training on videos."""

    augment: VideoAugment = Field(VideoAugment(), description=_BLOCK)


class Evaluate(Block):
    """How probabilities become decisions, and what evaluate measures beside what every task gets."""

    positive: str | None = Field(None, description="the name of one of two classes, or null for the second")
    threshold: Literal["f1", "precision", "recall"] = Field(
        "f1", description="f1, precision or recall: what the validation set chooses the threshold of two classes by"
    )
    at_least: float = Field(0.9, gt=0, le=1, description="the wished precision or recall, above 0 and at most 1")
    group: Literal["max", "mean", "ratio"] | None = Field(
        None, description="max, mean or ratio: how the items of a group give its answer; or null for no groups"
    )
    folds: int | None = Field(None, ge=2, description="a whole number of at least 2, or null for no cross-validation")
    mistakes: int = Field(20, ge=1, description="a whole number of at least 1")


class Export(Block):
    """What goes into the bundle: the model, also in 8-bit integers where they answer well enough, and examples."""

    examples: int = Field(5, ge=1, description="a whole number of at least 1")
    quantize: Literal["none", "int8"] = Field("none", description="none or int8")
    max_drop: float = Field(0.5, ge=0, le=100, description="a number of percentage points of accuracy from 0 to 100")


# Tasks.


class _Task(Block):
    split: Split = Field(description=_BLOCK)
    evaluate: Evaluate = Field(description=_BLOCK)
    export: Export = Field(description=_BLOCK)


class TabularTask(_Task):
    """A table."""

    modality: Literal["tabular"] = Field(description=_MODALITY)
    format: Literal["csv"] = Field(description="csv")
    decode: TabularDecode = Field(description="a block of settings")
    model: TabularModel = Field(description=_BLOCK)
    train: Train = Field(description=_BLOCK)


class ImageTask(_Task):
    """Pictures."""

    modality: Literal["image"] = Field(description=_MODALITY)
    format: Literal["folder", "parquet", "cifar10", "stl10"] = Field(description="folder, parquet, cifar10 or stl10")
    decode: ImageDecode = Field(description=_BLOCK)
    model: ImageModel = Field(description=_BLOCK)
    train: ImageTrain = Field(description=_BLOCK)


class AudioTask(_Task):
    """Sounds."""

    modality: Literal["audio"] = Field(description=_MODALITY)
    format: Literal["folder", "parquet"] = Field(description="folder or parquet")
    decode: AudioDecode = Field(description=_BLOCK)
    model: AudioModel = Field(description=_BLOCK)
    train: AudioTrain = Field(description=_BLOCK)


class VideoTask(_Task):
    """Videos."""

    modality: Literal["video"] = Field(description=_MODALITY)
    format: Literal["folder", "parquet"] = Field(description="folder or parquet")
    decode: VideoDecode = Field(description=_BLOCK)
    model: VideoModel = Field(description=_BLOCK)
    train: VideoTrain = Field(description=_BLOCK)


Task = TabularTask | ImageTask | AudioTask | VideoTask
Model = TabularModel | ImageModel | AudioModel | VideoModel
