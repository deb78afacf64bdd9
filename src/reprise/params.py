"""`params.yaml` as one checked, typed, frozen object.

A field's description says what is expected of it, in the words that a person reads when it is wrong.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reprise.errors import ParamsError


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


_Names = Annotated[tuple[str, ...], Field(strict=False)]


class TabularDecode(_Block):
    """Which columns of a table are what."""

    label: str = Field(min_length=1, description="the name of the column that holds the class")
    features: Annotated[_Names, Field(min_length=1)] | None = Field(
        None, description="a list of column names, or null for every column that is nothing else"
    )
    ignore: _Names = Field((), description="a list of names of columns to leave out")
    group: str | None = Field(None, description="the name of the column whose equal values stay in one split, or null")
    delimiter: str = Field(",", min_length=1, max_length=1, description="one character")


class Split(_Block):
    """The shares of the examples that validate and test; the rest trains."""

    val: float = Field(0.15, gt=0, lt=0.5, description="a share above 0 and below 0.5")
    test: float = Field(0.15, gt=0, lt=0.5, description="a share above 0 and below 0.5")


class TabularModel(_Block):
    """A network for tables and its settings; those of the other network are left aside."""

    network: Literal["mlp", "knn"] = Field("mlp", description="mlp or knn")
    hidden: Annotated[tuple[Annotated[int, Field(ge=1, le=65536)], ...], Field(strict=False)] = Field(
        (64, 32), description="a list of layer widths, whole numbers from 1 to 65536"
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="a number of at least 0 and below 1")
    n_neighbors: int = Field(5, ge=1, description="a whole number of at least 1")
    weights: Literal["uniform", "distance"] = Field("uniform", description="uniform or distance")
    p: float = Field(2.0, ge=1, le=100, description="a number from 1 to 100")


class Train(_Block):
    """How long and on what schedule a network trains."""

    epochs: int = Field(60, ge=1, description="a whole number of at least 1")
    schedule: Literal["one_cycle", "cosine"] = Field("one_cycle", description="one_cycle or cosine")
    patience: int = Field(
        15,
        ge=1,
        description="a whole number of at least 1: epochs without a better validation loss before training stops",
    )


class Evaluate(_Block):
    """What evaluate measures beside the metrics that every task gets."""

    folds: int | None = Field(None, ge=2, description="a whole number of at least 2, or null for no cross-validation")
    mistakes: int = Field(20, ge=1, description="a whole number of at least 1")


class Export(_Block):
    """What goes into the bundle beside the model."""

    examples: int = Field(5, ge=1, description="a whole number of at least 1")


class Task(_Block):
    """One thing to learn."""

    modality: Literal["tabular"] = Field(description="tabular")
    format: Literal["csv"] = Field(description="csv")
    decode: TabularDecode = Field(description="a block of settings")
    split: Split = Field(description="a block of settings, {} for the defaults")
    model: TabularModel = Field(description="a block of settings, {} for the defaults")
    train: Train = Field(description="a block of settings, {} for the defaults")
    evaluate: Evaluate = Field(description="a block of settings, {} for the defaults")
    export: Export = Field(description="a block of settings, {} for the defaults")


_TaskName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Params(_Block):
    """The whole of `params.yaml`."""

    task: str = Field(description="the name of a section under tasks")
    data: Literal["sample", "raw"] = Field(description="sample or raw")
    seed: int = Field(ge=0, lt=2**32, description="a whole number from 0 to 4294967295")
    deterministic: bool = Field(description="true or false")
    lr: float = Field(gt=0, description="a number above 0")
    weight_decay: float = Field(ge=0, description="a number of at least 0")
    batch_size: int = Field(ge=1, description="a whole number of at least 1")
    tasks: dict[_TaskName, Task] = Field(description="a section for each task")

    @property
    def chosen(self) -> Task:
        """The section of the chosen task."""
        return self.tasks[self.task]

    @property
    def source(self) -> Path:
        """Where the raw data of the chosen task lie, relative to the root."""
        return Path("data", self.data, self.task)


class _Loader(yaml.SafeLoader):
    """YAML with the numbers of YAML 1.2, as DVC writes them, and no key twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} is no name", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# YAML 1.1 takes 1e-05 for text: it wants a dot, and a sign in the exponent. DVC writes 1e-05 for `-S lr=1e-5`.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_params(path: Path) -> Params:
    """Read and check the parameters; raise `ParamsError` at the first mistake."""
    content = _parse(path)
    try:
        params = Params.model_validate(content)
    except ValidationError as error:
        raise _explain(path, error, content) from None
    if params.task not in params.tasks:
        known = ", ".join(sorted(params.tasks))
        raise ParamsError(f"{path}: task", repr(params.task), f"one of the sections under tasks: {known}")
    return params


def _parse(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
    except FileNotFoundError:
        raise ParamsError(
            str(path), "no such file", "the settings of the pipeline; is this the project's root?"
        ) from None
    except UnicodeDecodeError as error:  # a ValueError, too
        raise ParamsError(str(path), f"byte {error.object[error.start]:#04x} at {error.start}", "UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ParamsError(f"{path}: line {line}", str(error.problem or error.context), "YAML") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ParamsError(str(path), str(error).splitlines()[0], "YAML") from None
    if not isinstance(content, dict):
        raise ParamsError(str(path), "no settings", "a mapping of names to values")
    return content


def _explain(path: Path, error: ValidationError, content: Mapping[str, Any]) -> ParamsError:
    """Turn the first of pydantic's complaints into one line that a person can act on."""
    # An unknown key explains a missing one (a typo causes both), so it comes first.
    first = min(error.errors(), key=lambda complaint: complaint["type"] != "extra_forbidden")
    keys = list(first["loc"])
    if keys[-1] == "[key]":
        return ParamsError(f"{path}: tasks", repr(keys[-2]), "names made of letters, digits, - and _")
    # Complaints about one item of a list are told of the whole list.
    while keys and isinstance(keys[-1], int):
        keys.pop()
    where = f"{path}: {'.'.join(map(str, keys))}"
    fields, field = _look_up(keys)
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(keys[-1]), fields, n=1)
        known = ", ".join(fields)
        return ParamsError(where, "unknown key", f"{near[0]}" if near else f"one of {known}")
    if first["type"] == "missing":
        return ParamsError(where, "missing", field or "a value")
    value: Any = content
    for key in keys:
        value = value[key]
    return ParamsError(where, repr(value), field or first["msg"])


def _look_up(keys: list[str | int]) -> tuple[list[str], str | None]:
    """Find the names that stand beside the last of `keys` and the description of what it names."""
    block: type[BaseModel] | None = Params
    names: list[str] = []
    description: str | None = None
    for key in keys:
        if block is None:  # the name of a task
            block = Task
            continue
        names = list(block.model_fields)
        field = block.model_fields.get(str(key))
        description = field.description if field else None
        annotation = field.annotation if field else None
        block = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return names, description
