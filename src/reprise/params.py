"""`params.yaml` as one checked, typed, frozen object."""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, Field, ValidationError

from reprise.blocks import AudioTask, Block, ImageTask, TabularTask, Task, VideoTask
from reprise.errors import ParamsError

_TaskName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Rule(Block):
    """What the gate allows one metric of reports/evaluate/metrics.json."""

    metric: str = Field(min_length=1, description="the name of a metric in reports/evaluate/metrics.json")
    better: Literal["higher", "lower"] = Field(description="higher or lower")
    absolute: float = Field(0.0, ge=0, description="a number of at least 0 by which it may get worse")
    relative: float = Field(0.0, ge=0, description="a share of at least 0 by which it may get worse")
    missing: Literal["fail", "pass"] = Field("fail", description="fail or pass, where a side has no such metric")


class Params(Block):
    """The whole of `params.yaml`."""

    task: str = Field(description="the name of a section under tasks")
    data: Literal["sample", "raw"] = Field(description="sample or raw")
    seed: int = Field(ge=0, lt=2**32, description="a whole number from 0 to 4294967295")
    deterministic: bool = Field(description="true or false")
    lr: float = Field(gt=0, description="a number above 0")
    weight_decay: float = Field(ge=0, description="a number of at least 0")
    batch_size: int = Field(ge=1, description="a whole number of at least 1")
    gate: Annotated[tuple[Rule, ...], Field(strict=False)] = Field((), description="a list of rules")
    tasks: dict[_TaskName, Annotated[Task, Field(discriminator="modality")]] = Field(
        description="a section for each task"
    )

    @property
    def chosen(self) -> Task:
        """The section of the chosen task."""
        return self.tasks[self.task]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the networks to train: the first is the one that is evaluated and exported."""
        return self.chosen.train.seeds or (self.seed,)

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
    for name, task in params.tasks.items():
        for key, found, expected in _contradictions(task):
            raise ParamsError(f"{path}: tasks.{name}.{key}", found, expected)
    return params


def _contradictions(task: Task) -> Iterator[tuple[str, str, str]]:
    """Yield what the settings of one task say against each other: key, value, what was expected."""
    if isinstance(task, ImageTask | VideoTask) and task.model.pretrained:
        model = task.model
        if (model.stem, model.width) != ("imagenet", 64) or model.network == "mlp":
            found = f"{model.network} with stem {model.stem} and width {model.width}"
            yield "model.pretrained", found, "resnet18 or resnet34 with stem imagenet and width 64, or false"
    if isinstance(task, AudioTask):
        f_min, f_max, half = task.model.f_min, task.model.f_max, task.decode.sample_rate / 2
        if not f_min < f_max <= half:
            yield "model.f_max", str(f_max), f"more than f_min and at most {half:g}, half the sample_rate"
        if round(task.decode.sample_rate * task.decode.seconds) < 1:
            yield "decode.seconds", f"{task.decode.seconds:g}", "at least one sample"
    if isinstance(task, VideoTask) and round(task.decode.seconds * task.decode.fps) < 1:
        yield "decode.fps", str(task.decode.fps), f"at least one frame in {task.decode.seconds:g} seconds"
    if task.export.quantize == "int8":
        if task.model.network == "knn":
            yield "export.quantize", "int8 for knn, which has no layers", "none"
        elif task.model.network == "mlp" and not task.model.hidden:
            yield "export.quantize", "int8 for an mlp without a hidden layer", "none: the last layer stays in float"
    if not isinstance(task, TabularTask):
        yield from _contradictions_of_files(task)


def _contradictions_of_files(task: ImageTask | AudioTask | VideoTask) -> Iterator[tuple[str, str, str]]:
    taken: dict[str, str] = {}
    for name, folders in (task.decode.classes or {}).items():
        for folder in folders:
            other = taken.setdefault(folder.strip("/"), name)
            if other != name or folders.count(folder) > 1:
                yield "decode.classes", f"folder {folder!r} for {other} and for {name}", "each folder once"
    if task.decode.group is not None and task.format == "folder":
        try:
            re.compile(task.decode.group)
        except re.error as error:
            yield "decode.group", f"{task.decode.group!r} ({error})", "a regular expression"


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
    fields, field = _look_up(keys)
    if first["type"].startswith("union_tag"):  # no modality, or none that we know
        keys.append("modality")
        field = "tabular, image, audio or video"
    elif keys[0] == "tasks" and len(keys) > 2:
        del keys[2]  # pydantic names the modality there
    where = f"{path}: {'.'.join(map(str, keys))}"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(keys[-1]), fields, n=1)
        known = ", ".join(fields)
        return ParamsError(where, "unknown key", f"{near[0]}" if near else f"one of {known}")
    if first["type"] in {"missing", "union_tag_not_found"}:
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
    for place, key in enumerate(keys):
        if keys[0] == "tasks" and place == 2:  # the modality, after the name of a task
            block = _TASKS[str(key)]
            continue
        if isinstance(key, int):  # an item of a list of blocks
            continue
        names = list(block.model_fields) if block else []
        field = block.model_fields.get(str(key)) if block else None
        description = field.description if field else None
        annotation = field.annotation if field else None
        if get_origin(annotation) is tuple:
            annotation = get_args(annotation)[0]
        block = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return names, description


_TASKS: dict[str, type[BaseModel]] = {
    get_args(task.model_fields["modality"].annotation)[0]: task for task in get_args(Task)
}
