import pytest

from report.rendering import Page, to_html
from reprise.report.markdown import cell, details, table

NAMES = [
    "a|b",
    "`code`",
    "*stars* _and_ __lines__",
    "<script>alert(1)</script>",
    "<!-- gone -->",
    "&amp; &lt;",
    "[link](https://example.com)",
    "https://example.com and www.example.com",
    "back\\slash \\| \\",
    "~~struck~~",
    "# heading",
    "$x$ ~ 1 {2} ![picture](a.png)",
    "ä 漢字 🦜",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    page = Page(table(("name", "number"), [(cell(name), "1")], numbers=(1,)))
    assert page.tables == [[["name", "number"], [cell_text(name), "1"]]]
    assert set(page.elements) == {"table", "thead", "tbody", "tr", "th", "td"}


def cell_text(name: str) -> str:
    """A renderer shows what `cell` adds to addresses, which has no width."""
    return name.replace("://", ":\u200b//").replace("www.", "www\u200b.")


def test_a_name_makes_no_second_line() -> None:
    assert cell("two\nlines\r\n| three") == "two lines \\| three"


@pytest.mark.parametrize("name", ["@team", "#12", ":boom:", "owner/name#12"])
def test_a_name_makes_no_mention_issue_or_emoji(name: str) -> None:
    """GitHub looks for these in the text of the page, where escapes are gone."""
    assert name not in to_html(cell(name))


def test_details_hold_markdown() -> None:
    page = Page(details("more", table(("a",), [("1",)])))
    assert page.tables == [[["a"], ["1"]]]
    assert "details" in page.elements
