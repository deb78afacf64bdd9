"""The README's commands, run as they stand."""

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from platforms import SAME_BYTES, shell
from serving.processes import running
from test_pipeline import Clone

from reprise.params import read_params
from reprise.serving.settings import Settings, variable

README = (ROOT / "README.md").read_text()
TABLE = "id,patient,x,y,species\n" + "".join(
    f"{row},p{row // 2},{row / 10},{row % 3 + row % 5 / 4},{['setosa', 'virginica', 'versicolor'][row % 3]}\n"
    for row in range(90)
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


# What is asked of the server, and what it answers: of wine, hotdog, species and accident.
ASKED = re.findall(r"^\$ (curl .*)\n({.*})$", "".join(blocks("console")), flags=re.MULTILINE)


def ask(command: str, bundle: Path, folder: Path):
    """Run a line with curl against a server of a bundle."""
    with running(bundle, folder) as server:
        line = command.replace("localhost:8000", f"127.0.0.1:{server.port}").replace("models/bundle", str(bundle))
        found = subprocess.run(line.replace("curl", "curl -sS"), shell=True, capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


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


@shell
@pytest.mark.long
def test_the_commands_work_in_the_order_they_are_read(tmp_path: Path, web: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "mine.csv").write_text(TABLE)
    folder = tmp_path / "clone"
    folder.mkdir()
    clone = Clone(folder, HOME=str(home))
    clone("git update-ref refs/remotes/origin/main HEAD")
    gate, mine, birds = blocks("yaml")
    committed = clone.read("params.yaml")
    assert set(gate.splitlines()[1:]) <= set(committed.splitlines())
    with (folder / "params.yaml").open("a") as file:
        file.write(mine + birds)
    for command in "".join(blocks("sh")).splitlines():
        # What earlier experiments set stays set; the answer that is printed is that of the settings as they come.
        asked = f"{command} -S lr=0.003" if "task=hotdog" in command else command
        clone(asked.replace("https://example.com", web))
        for task, built in (("wine", "dvc repro"), ("hotdog", "dvc exp run -S task=hotdog")):
            if command == built and not (home / task).exists():
                shutil.copytree(folder / "models/bundle", home / task)
        if command == "dvc queue start":
            clone("while dvc queue status | grep -qE 'Queued|Running'; do sleep 1; done")
            assert clone("dvc queue status").count("Success") == 2
    assert (folder / "data/raw/theirs/table.csv").read_text() == TABLE
    assert '"task": "mine"' in clone.read("models/bundle/bundle.json")
    assert clone.read(".dvc/config").count("gs://your-bucket/dvc") == 1
    for task, (asked, printed) in zip(("wine", "hotdog"), ASKED, strict=False):
        answered, expected = (
            found["predictions"][0] | found["model"]
            for found in (ask(asked, home / task, tmp_path), json.loads(printed))
        )
        assert answered.pop("probabilities") == pytest.approx(expected.pop("probabilities"), abs=1e-5)
        assert answered.pop("probability") == pytest.approx(expected.pop("probability"), abs=1e-5)
        if not SAME_BYTES:
            expected["sha256"] = answered["sha256"]
        assert answered == expected


@shell
@pytest.mark.long
@pytest.mark.parametrize(("number", "task"), list(enumerate(("wine", "hotdog", "species", "accident"))))
def test_the_lines_with_curl_are_answered_in_the_form_that_is_printed(
    number: int, task: str, trained, tmp_path: Path
) -> None:
    """The networks of the tests are small: what is printed of hotdog is compared above."""
    asked, printed = ASKED[number]
    answered, expected = ask(asked, trained(task).folder / "models/bundle", tmp_path), json.loads(printed)
    for found in (answered, expected):
        (prediction,) = found["predictions"]
        assert prediction["probability"] == prediction["probabilities"][prediction.pop("label")]
        prediction["probabilities"] = list(prediction["probabilities"])
        prediction["probability"] = found["model"]["sha256"] = None
    assert answered == expected


def test_the_lines_for_people_without_make_are_those_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    first, plain, *_ = blocks("")
    for target in re.findall(r"^make (\w+)", first, flags=re.MULTILINE):
        assert f"\n{target}:" in makefile
    lines = [line for line in plain.splitlines() if not line.startswith(". ")]
    recipe = makefile.replace("$(PYTHON)", "python3").replace("[$*]", "[train]").replace("--quiet ", "")
    for line in lines:
        assert f"\t{line}\n" in recipe


def test_the_documentation_of_the_server_has_every_setting_and_its_default() -> None:
    text = (ROOT / "docs/serving.md").read_text()
    rows = dict(re.findall(r"^\| (`[A-Z_`, ]+`) \| (.*?) \|", text, flags=re.MULTILINE))
    told = {name: default for names, default in rows.items() for name in re.findall(r"\w+", names)}
    fields = {variable(name): field for name, field in Settings.model_fields.items()}
    assert set(told) - {"PORT"} == set(fields)
    for name, field in fields.items():
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert float(told[name]) == field.default, name


def test_what_the_readme_names_is_there() -> None:
    settings = "".join((ROOT / f"src/reprise/{name}.py").read_text() for name in ("params", "blocks"))
    for name in re.findall(r"`(\w+)`", README[README.index("## The settings") : README.index("## The same bytes")]):
        assert re.search(rf"\b{name}\b", settings), name


@pytest.mark.parametrize(
    "line", re.findall(r"^dvc exp run .*", (ROOT / "docs/tasks.md").read_text(), flags=re.MULTILINE)
)
def test_the_lines_for_each_task_name_settings_that_there_are(line: str, tmp_path: Path) -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    for setting in re.findall(r"-S '?([^\s']+)", line):
        key, _, value = setting.partition("=")
        *blocks_of_key, last = key.split(".")
        place = content
        for block in blocks_of_key:
            place = place[block]
        assert last in place, f"DVC would ask for +{key}"
        place[last] = yaml.safe_load(value)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    params = read_params(tmp_path / "params.yaml")
    assert f"-S task={params.task}" in line
    assert (params.data == "raw") == ("data=raw" in line)


def test_the_documents_name_files_that_there_are() -> None:
    for document in ("README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))):
        text = (ROOT / document).read_text()
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", text):
            assert (ROOT / document).parent.joinpath(target).exists(), target
        for path in re.findall(r"`((?:benchmarks|stages|src|docs|tests)/[\w./]+)`", text):
            assert (ROOT / path).exists(), path
