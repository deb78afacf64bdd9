"""The gate: which metrics a change may make worse, and by how much."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reprise.params import Rule
from reprise.report.markdown import cell, change, number, table


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a change; `allowed` is the worst value that would pass, in words.

    One that is neither `broken` nor `compared` had nothing to compare.
    """

    rule: Rule
    before: float | None
    after: float | None
    allowed: str
    broken: bool
    compared: bool
    reason: str


def judge(rules: Sequence[Rule], before: Mapping[str, float] | None, after: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Hold metrics to the rules; without `before` there is nothing to compare with, which only a limit can break.

    A metric may get worse by the larger one of `absolute` and `relative` times its value before, as in `math.isclose`.
    """
    return tuple(_judge(rule, before, after) for rule in rules)


def _judge(rule: Rule, before: Mapping[str, float] | None, after: Mapping[str, float]) -> Verdict:
    name = rule.metric
    now = _finite(after.get(name))
    then = None if before is None else _finite(before.get(name))
    if now is None or (before is not None and then is None):
        absent = [side for side, value in (("before", then), ("now", now)) if value is None]
        if before is None:
            absent = ["now"]
        near = difflib.get_close_matches(name, {**(before or {}), **after}, n=1)
        hint = f"; did you mean {near[0]}?" if near and len(absent) == 2 else ""
        reason = f"no such metric {' nor '.join(absent)}{hint}"
        return Verdict(rule, then, now, "", rule.missing == "fail", False, reason)
    if then is None:
        return Verdict(rule, None, now, "", False, False, "nothing to compare with")
    tolerance = max(rule.absolute, rule.relative * abs(then))
    if rule.better == "higher":
        bound, worse = then - tolerance, now < then - tolerance
    else:
        bound, worse = then + tolerance, now > then + tolerance
    allowed = f"{'≥' if rule.better == 'higher' else '≤'} {number(bound)}"
    return Verdict(rule, then, now, allowed, worse, True, "worse than allowed" if worse else "")


def _finite(value: float | None) -> float | None:
    """Take what is no number for missing: it is neither better nor worse than any other."""
    return None if value is None or not math.isfinite(value) else value


def summary(verdicts: Sequence[Verdict]) -> str:
    """Return in a line how many rules are broken, and whether anything was compared."""
    broken = sum(verdict.broken for verdict in verdicts)
    compared = sum(verdict.compared for verdict in verdicts)
    if broken:
        return f"❌ {broken} of {len(verdicts)} rules broken"
    if not compared:
        return "⚪ nothing to compare with"
    if compared < len(verdicts):
        return f"✅ {compared} of {len(verdicts)} rules hold, of the others a metric is missing"
    return f"✅ {compared} rule{'s' * (compared > 1)} hold{'s' * (compared == 1)}"


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """Return the Markdown table of what each rule says, broken ones first."""
    ordered = sorted(verdicts, key=lambda verdict: not verdict.broken)
    return table(("", "metric", "before", "now", "change", "allowed", ""), map(_row, ordered), numbers=(2, 3, 4, 5))


def _row(verdict: Verdict) -> tuple[str, ...]:
    before, after = verdict.before, verdict.after
    return (
        "❌" if verdict.broken else "✅" if verdict.compared else "⚪",
        cell(verdict.rule.metric),
        "" if before is None else number(before),
        "" if after is None else number(after),
        "" if before is None or after is None else change(after - before),
        verdict.allowed,
        cell(verdict.reason),
    )
