"""The report as GitHub renders it: whatever a class or a file is called, tables stay tables and charts are drawn."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import ROOT

from reprise.report import confusion, curves, mermaid, mistakes, roc
from reprise.report.markdown import cell, table
from reprise.report.mermaid import Axis, Line, chart
from reprise.report.side import Side

from . import given, rendering
from .given import Given
from .rendering import Page

HOSTILE = [
    "a|b",
    "<script>alert(1)</script>",
    "@team",
    "`x` ```",
    'say "no"',
    "#1; %% %%{init: {}}%%",
    "back\\slash\\",
    "two\nlines",
    "<img src=x onerror=alert(1)>",
    "**b** _i_ ~~s~~",
    "[link](https://example.com) ![i](x)",
    "--> ] } &amp; #quot;",
    "</details>",
    "Äpfel 日本 🌭",
    "https://example.com/x_y",
]
# What our own Markdown is made of.
ELEMENTS = {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "pre", "code", "details", "summary"}
SECTIONS = (curves.section, confusion.section, roc.section, mistakes.section)


def shown(name: str) -> str:
    """What a name looks like on one line; a space of no width parts what GitHub would make a link of."""
    return " ".join(name.split())


def hostile(names: list[str], shift: int) -> Given:
    """What the stages write of classes and files with such names, of which some answers change with `shift`."""
    answers = {(name, names[(place + shift) % len(names)]): 2 + shift for place, name in enumerate(names)}
    rows = [(f"{name}{shift}", 0, 0, "", name, names[place - 1], 0.5) for place, name in enumerate(names)]
    points = [(name, *point) for name in names for point in ((0, 0), (0, 0.5), (0.5, 0.5 + shift / 4), (1, 1))]
    losses = [0.5 / step for step in range(1, 5 + shift)]
    return given.side(
        confusion=given.confusion(answers),
        recall=given.table(["class", "recall", "count"], [(name, 0.5 + shift / 4, 2) for name in names]),
        roc=given.table(["class", "fpr", "tpr"], points),
        mistakes=given.table(["file", "row", "clip", "group", "actual", "predicted", "probability"], rows),
        val_loss=given.curve("loss", losses),
        val_accuracy=given.curve("accuracy", losses),
        train_loss=given.curve("loss", losses),
        trained=json.dumps({"best_epoch": 1, "val": {"loss": 0.5}}),
    )


def report(names: list[str]) -> str:
    before, now = hostile(names, 0), hostile(names, 1)
    return "\n".join(section(before, now) for section in SECTIONS)


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page of a browser in which Mermaid can draw."""
    if rendering.mermaid() is None:
        pytest.skip(f"no Mermaid: .ci/run puts it at {rendering.MERMAID}, REPRISE_MERMAID names another")
    with rendering.browser() as engine:
        if engine is None:
            pytest.skip(f"no Chromium: none of {', '.join(rendering.CHROMIUM)} is installed")
        yield engine.new_page(viewport={"width": 928, "height": 900})


@pytest.mark.parametrize("names", [HOSTILE[:2], HOSTILE[2:14], HOSTILE], ids=["two", "matrix", "pairs"])
def test_a_table_stays_a_table_and_no_name_becomes_an_element(names: list[str]) -> None:
    found = Page(report(names))
    assert set(found.elements) <= ELEMENTS
    assert len(found.tables) >= 5
    for rows in found.tables:
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(rows) > 1


def test_the_reports_of_this_repository_have_every_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = "\n".join(section(Side("before", "HEAD"), Side("now", None)) for section in SECTIONS)
    found = Page(text)
    assert found.elements.count("h3") == len(SECTIONS)
    assert set(found.elements) <= ELEMENTS


def test_names_are_shown_as_they_are() -> None:
    rows = Page(table(("name",), [(cell(name),) for name in HOSTILE])).tables[0][1:]
    assert [text.replace("\u200b", "") for (text,) in rows] == [shown(name) for name in HOSTILE]
    matrix = Page(report(HOSTILE[2:14])).tables[1]
    assert {row[0].replace("\u200b", "") for row in matrix[1:]} == {shown(name) for name in HOSTILE[2:14]}


def test_nobody_is_called_and_no_address_is_linked() -> None:
    found = Page(report(HOSTILE))
    assert "@team" not in found.text
    assert "a" not in found.elements


def test_what_is_gone_can_be_opened() -> None:
    text = rendering.to_html(report(HOSTILE[:2]))
    inside = text[text.index("<details>") : text.index("</details>")]
    assert "<summary>Gone: 2</summary>" in inside
    assert "<table>" in inside
    assert text.count("<details>") == text.count("</details>") == 1


def test_a_chart_is_a_block_of_its_own() -> None:
    charts = rendering.charts(report(HOSTILE[:2]))
    assert len(charts) == 4
    assert all(len(text) < 4000 and "\nxychart-beta\n" in text for text in charts)


def test_mermaid_draws_every_chart(page: Any) -> None:
    rendering.draw(page, report(HOSTILE[:2]))
    assert page.locator("svg[aria-roledescription=xychart]").count() == 4
    assert page.locator("svg[aria-roledescription=error]").count() == 0
    titles = page.locator("svg .chart-title").all_text_contents()
    assert titles == ["Validation loss", "Validation accuracy", "Training loss", f"ROC: {HOSTILE[1]}"]


def test_mermaid_says_what_is_no_chart(page: Any) -> None:
    with pytest.raises(Exception, match="Parse error"):
        rendering.draw(page, "```mermaid\nxychart-beta\nline [NaN]\n```\n")


def test_mermaid_shows_names_as_they_are(page: Any) -> None:
    line = Line("x", mermaid.AFTER, [0, 1, 2])
    axes = [Axis(name, 0, 2) for name in HOSTILE]
    rendering.draw(page, "\n".join(chart(axis.title, axis, axis, [line]) for axis in axes))
    for part in (".chart-title", ".bottom-axis .title", ".left-axis .title"):
        assert page.locator(f"svg {part}").all_text_contents() == [shown(name) for name in HOSTILE]


def test_mermaid_draws_lines_from_end_to_end(page: Any) -> None:
    """A line of the places themselves is straight, from the first tick to the last one, if there is a tick there."""
    lasts = [2, 15, 16, 20, 40, 47, 60, 365]
    lines = [Line("x", mermaid.AFTER, mermaid.grid(0, last)) for last in lasts]
    charts = [
        chart("x", Axis("epoch", 0, last, whole=True), Axis("loss", 0, last), [line])
        for last, line in zip(lasts, lines, strict=True)
    ]
    rendering.draw(page, "\n".join(charts))
    paths = page.locator("svg .line-plot-0 path").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")
    ticks = page.locator("svg .bottom-axis .ticks").evaluate_all(
        "axes => axes.map(axis => [axis.firstChild, axis.lastChild].map(tick => tick.getBBox().x))"
    )
    for last, line, path, (start, end) in zip(lasts, lines, paths, ticks, strict=True):
        points = [tuple(map(float, point.split(","))) for point in path.removeprefix("M").split("L")]
        assert len(points) == len(line.values)
        (left, bottom), (right, top) = points[0], points[-1]
        assert left == pytest.approx(start, abs=0.01)
        if last in (2, 20, 40, 60):
            assert right == pytest.approx(end, abs=0.01)
        for across, up in points:
            assert (up - bottom) / (top - bottom) == pytest.approx((across - left) / (right - left), abs=1e-3)
