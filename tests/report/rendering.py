"""A report as GitHub shows it: its Markdown as HTML, its Mermaid drawn, in a browser where there is one."""

import contextlib
import html
import os
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cmarkgfm
from conftest import ROOT
from platforms import is_root

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Where .ci/run puts it; REPRISE_MERMAID names another mermaid.min.js.
MERMAID = ROOT / "node_modules/mermaid/dist/mermaid.min.js"
# GitHub's look is nothing that a test asks for: only people who look at a page need it.
STYLE = ROOT / "node_modules/github-markdown-css/github-markdown.css"

_BLOCK = re.compile(r'<pre lang="mermaid"><code>(.*?)</code></pre>', re.DOTALL)


def to_html(markdown: str) -> str:
    """Return what GitHub's own renderer makes of the Markdown of a comment.

    Raw HTML stays, which GitHub sanitises later, and line breaks are kept, as in every comment.
    """
    options = cmarkgfm.cmark.Options
    return cmarkgfm.github_flavored_markdown_to_html(
        markdown, options=options.CMARK_OPT_UNSAFE | options.CMARK_OPT_HARDBREAKS
    )


def charts(markdown: str) -> list[str]:
    """Return the text of each Mermaid block."""
    return [html.unescape(found) for found in _BLOCK.findall(to_html(markdown))]


class Page(HTMLParser):
    """What a page is made of: its tables as rows of texts, its elements by name, and its text."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.elements: list[str] = []
        self.text = ""
        self._in_cell = False
        self.feed(to_html(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.tables[-1][-1][-1] += data


def mermaid() -> Path | None:
    """Return where Mermaid is, None where it is not installed."""
    path = Path(os.environ.get("REPRISE_MERMAID", MERMAID))
    return path if path.is_file() else None


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Give a headless Chromium, None where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if is_root() else []  # Chromium has no sandbox for root
    with sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=found, args=arguments)
        yield running
        running.close()


def to_page(markdown: str, dark: bool = False) -> str:
    """Return a whole HTML page that looks as GitHub's does and draws its charts; a chart that fails is left as text.

    Needs Mermaid. GitHub draws each chart in a frame of its own under this level of security, in the reader's theme.
    """
    path = mermaid()
    assert path is not None
    body = _BLOCK.sub(r'<pre class="mermaid">\1</pre>', to_html(markdown))
    style = STYLE.read_text(encoding="utf-8") if STYLE.is_file() else ""
    style += "body { margin: 0 auto; padding: 24px; max-width: 880px } pre.mermaid { background: none !important }"
    theme = "dark" if dark else "default"
    return f"""<!doctype html>
<meta charset="utf-8">
<meta name="color-scheme" content="{"dark" if dark else "light"}">
<style>{style}</style>
<body class="markdown-body">{body}
<script>{path.read_text(encoding="utf-8")}</script>
<script>mermaid.initialize({{startOnLoad: false, securityLevel: "strict", theme: "{theme}"}});</script>
"""


def draw(page: Any, markdown: str, dark: bool = False) -> None:
    """Show Markdown in a page of a browser, with its charts; raise what Mermaid says of a chart that it cannot read."""
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_content(to_page(markdown, dark))
    page.evaluate("mermaid.run().catch(error => { throw new Error(error.str ?? error.message) })")
