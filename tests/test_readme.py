"""The README's commands, run as they stand."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from test_pipeline import Clone

README = (ROOT / "README.md").read_text()
TABLE = "id,patient,x,y,species\n" + "".join(
    f"{row},p{row // 2},{row / 10},{row % 3 + row % 5 / 4},{['setosa', 'virginica', 'versicolor'][row % 3]}\n"
    for row in range(90)
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server that has the table; stands in for https://example.com."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "table.csv").write_text(TABLE)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "web")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_the_commands_work_in_the_order_they_are_read(tmp_path: Path, web: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine.csv").write_text(TABLE)
    folder = tmp_path / "clone"
    folder.mkdir()
    clone = Clone(folder, HOME=str(home))
    (section,) = blocks("yaml")
    with (folder / "params.yaml").open("a") as file:
        file.write(section)
    for command in "".join(blocks("sh")).splitlines():
        clone(command.replace("https://example.com", web))
        if command == "dvc queue start":
            clone("while dvc queue status | grep -qE 'Queued|Running'; do sleep 1; done")
    assert (folder / "data/raw/theirs/table.csv").read_text() == TABLE
    assert '"task": "mine"' in clone.read("models/bundle/bundle.json")
    assert clone.read(".dvc/config").count("gs://your-bucket/dvc") == 1


def test_the_lines_for_people_without_make_are_those_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    first, plain, *_ = blocks("")
    for target in re.findall(r"^make (\w+)", first, flags=re.MULTILINE):
        assert f"\n{target}:" in makefile
    lines = [line for line in plain.splitlines() if not line.startswith(". ")]
    recipe = makefile.replace("$(PYTHON)", "python3").replace("[$*]", "[train]").replace("--quiet ", "")
    for line in lines:
        assert f"\t{line}\n" in recipe


def test_what_the_readme_names_is_there() -> None:
    settings = (ROOT / "src/reprise/params.py").read_text()
    for name in re.findall(r"`(\w+)`", README[README.index("## The settings") : README.index("## The same bytes")]):
        assert re.search(rf"\b{name}\b", settings), name
    for path in re.findall(r"`((?:benchmarks|stages|src|docs)/[\w./]+)`", README):
        assert (ROOT / path).exists(), path
