"""The settings in `params.yaml` with changes that a sweep would make, held to the same checks."""

import contextlib
import difflib
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reprise.errors import InputError
from reprise.params import Params, read_params


class Settings:
    """The settings of the pipeline in the current folder, every default filled in."""

    def __init__(self) -> None:
        self.params = read_params(Path("params.yaml"))
        self.content: dict[str, Any] = self.params.model_dump(mode="json")

    def look_up(self, key: str) -> object:
        """Return the value of a dotted key; raise `InputError` where there is none, with the nearest that there is."""
        value: Any = self.content
        for place, name in enumerate(key.split(".")):
            if not isinstance(value, dict):
                raise InputError(f"params.yaml: {key}", "unknown key", f"nothing below {_head(key, place)}")
            if name not in value:
                near = difflib.get_close_matches(name, value, n=1)
                expected = near[0] if near else f"one of {', '.join(value)}"
                raise InputError(f"params.yaml: {_head(key, place + 1)}", "unknown key", expected)
            value = value[name]
        return value

    def check(self, changes: Mapping[str, object]) -> Params:
        """Return the settings with these changes; raise `InputError` where they would stop a stage."""
        content: dict[str, Any] = json.loads(json.dumps(self.content))
        for key, value in changes.items():
            *blocks, name = key.split(".")
            block = content
            for each in blocks:
                block = block[each]
            block[name] = value
        # From a file of the same name, for the same checks and the same words.
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path("params.yaml").write_text(json.dumps(content), encoding="utf-8")
            params = read_params(Path("params.yaml"))
        for key in changes:
            section = key.split(".")[1] if key.startswith("tasks.") else params.task
            if section != params.task:
                raise InputError(key, f"a setting of {section}", f"one that the chosen task, {params.task}, reads")
        return params


def override(key: str, value: object) -> str:
    """Return what `-S` of DVC is to be given, in the grammar of Hydra; `++` also sets what is left to its default."""
    return f"++{key}={_hydra(value)}"


def _hydra(value: object) -> str:
    if isinstance(value, list):
        return f"[{','.join(_hydra(item) for item in value)}]"
    if isinstance(value, str):
        # A backslash is itself unless a quote follows it.
        return "'" + re.sub(r"(\\*)('|\Z)", lambda found: found[1] * 2 + found[2].replace("'", r"\'"), value) + "'"
    return json.dumps(value)


def _head(key: str, length: int) -> str:
    return ".".join(key.split(".")[:length])
