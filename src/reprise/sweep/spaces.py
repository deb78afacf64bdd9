"""What a sweep may choose for a setting: a range, or one of some values."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from optuna import Trial

from reprise.errors import InputError
from reprise.sweep.settings import Settings

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"(log:)?({_NUMBER}):({_NUMBER})")
# What `-S` of DVC can name.
_KEY = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*", re.ASCII)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included: whole or not, drawn evenly from the range or from its logarithm."""

    key: str
    low: float
    high: float
    log: bool

    @property
    def ends(self) -> Sequence[object]:
        """What must be valid for everything between to be."""
        return self.low, self.high

    @property
    def told(self) -> str:
        """The range as people write it."""
        return f"{self.key}={'log:' if self.log else ''}{self.low!r}:{self.high!r}"

    def draw(self, trial: Trial) -> float:
        """Let Optuna choose."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.key, self.low, self.high, log=self.log)
        return trial.suggest_float(self.key, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Choice:
    """One of some values; one value alone is fixed. They are held as JSON: Optuna's databases know no lists."""

    key: str
    values: tuple[str, ...]

    @property
    def ends(self) -> Sequence[object]:
        """Every value must be valid."""
        return [json.loads(value) for value in self.values]

    @property
    def told(self) -> str:
        """The choice as people write it."""
        return f"{self.key}={','.join(self.values)}"

    def draw(self, trial: Trial) -> object:
        """Let Optuna choose, where there is a choice."""
        if len(self.values) == 1:
            return self.ends[0]
        return json.loads(trial.suggest_categorical(self.key, self.values))


Space = Range | Choice


def read_spaces(texts: Sequence[str], settings: Settings) -> list[Space]:
    """Read `KEY=SPACE`, each of them, and try both ends of every range and every value of a choice on `settings`.

    Raises `InputError` where one is malformed, unknown or out of bounds, a key stands twice, or nothing varies.
    """
    spaces = [_read(text, settings) for text in texts]
    keys = [space.key for space in spaces]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(key, "given twice", "each setting once")
    if all(len(space.ends) == 1 for space in spaces):
        raise InputError("reprise sweep", "nothing to choose from", "a range or several values for some setting")
    if any(space.key == "task" and len(space.ends) > 1 for space in spaces):
        raise InputError("task", "several", "one: losses of different tasks do not compare")
    firsts = {space.key: space.ends[0] for space in spaces}
    # What is fixed decides what the rest belong to: the task, the network.
    settings.check(firsts)
    for space in spaces:
        for end in space.ends[1:]:
            settings.check({**firsts, space.key: end})
    return spaces


def _read(text: str, settings: Settings) -> Space:
    key, equals, space = text.partition("=")
    if not equals or not space:
        raise InputError(repr(text), "no KEY=SPACE", "lr=log:1e-5:1e-2, epochs=5:20 or network=mlp,knn, for instance")
    if not _KEY.fullmatch(key):
        raise InputError(repr(key), "not a name that DVC can set", "names that start with a letter, joined by dots")
    current = settings.look_up(key)
    found = _RANGE.fullmatch(space)
    if found:
        return _range(key, found[2], found[3], log=bool(found[1]), whole=not isinstance(current, float))
    if space.startswith("log:"):
        raise InputError(key, repr(space), "log:LOW:HIGH, two numbers")
    values = tuple(json.dumps(_value(key, part), ensure_ascii=False) for part in _split(space))
    if len(set(values)) < len(values):
        raise InputError(key, repr(space), "each value once")
    return Choice(key, values)


def _range(key: str, low: str, high: str, *, log: bool, whole: bool) -> Range:
    """Make a range; it is one of whole numbers where both ends are and the setting is no fraction."""
    whole = whole and all(re.fullmatch(r"[-+]?\d+", end) for end in (low, high))
    number = int if whole else float
    made = Range(key, number(low), number(high), log)
    if not made.low < made.high or not math.isfinite(made.high - made.low):
        raise InputError(key, f"{low}:{high}", "a lower and a higher number")
    if log and made.low <= 0:
        raise InputError(key, f"log:{low}:{high}", "numbers above 0, which have logarithms")
    return made


def _value(key: str, text: str) -> Any:
    try:
        try:
            value = json.loads(text)  # which knows 1e-3 for a number; YAML 1.1 does not
        except ValueError:
            value = yaml.safe_load(text)
        json.dumps(value, allow_nan=False)
    except (yaml.YAMLError, ValueError, TypeError):
        raise InputError(key, repr(text), "a value as in params.yaml") from None
    if text.strip() == "" or _contains(value, dict) or "${" in text:
        raise InputError(key, repr(text), "a number, a word, a list, true, false or null")
    return value


def _contains(value: object, kind: type) -> bool:
    if isinstance(value, list):
        return any(_contains(item, kind) for item in value)
    return isinstance(value, kind)


def _split(text: str) -> list[str]:
    """Split at the commas outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and parts[-1].rstrip()[-1:] in {"", "[", ","}:
            quote = sign
        depth += (sign in "[{") - (sign in "]}") if not quote else 0
        if sign == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return parts
