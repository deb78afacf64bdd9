"""Versions that pass and versions that do not, in a repository with a remote."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from conftest import ROOT

from reprise.bundle import read_bundle
from reprise.errors import InputError
from reprise.promotion.command import PromotionError, promote_command
from reprise.promotion.tags import TagError

from .registry import Registry

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a server is told to end by a signal")


@pytest.fixture(scope="module")
def registry(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Everything but the last version was pushed, and nothing is in DVC's cache."""
    folder = tmp_path_factory.mktemp("registry")
    made = Registry(folder / "project")
    made.push_to(folder / "box")
    made.add("v0.1.0", bundle, lambda card: card["metrics"].update(accuracy=1.0))
    made.assign("v0.1.0", "prod")
    made.add("v0.2.0", bundle, lambda card: card["metrics"].update(accuracy=0.5))
    made.assign("v0.2.0", "prod")
    made.add("v0.3.0", bundle, lambda card: (card["examples"][0].update(label="class_9"), card.update(task="grapes")))
    made.push()
    made.add("v0.4.0", bundle, lambda card: card.update(data_sha256="0"))
    shutil.rmtree(made.folder / ".dvc/cache")
    return made


@pytest.fixture
def inside(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The current folder is that of the repository, which is found unchanged afterwards."""
    monkeypatch.chdir(registry.folder)
    before = registry.state()
    yield registry
    registry.limit()
    assert registry.state() == before


@pytest.mark.long
def test_a_good_version_passes_and_is_left_where_it_was_asked_for(
    inside: Registry, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of a server of this machine, not of the one that is tried.
    for name, value in {"REPRISE_API_KEY": "secret", "PORT": "1", "WEB_CONCURRENCY": "2"}.items():
        monkeypatch.setenv(name, value)
    promote_command("model#prod#1", tmp_path / "new" / "bundle")
    page = capsys.readouterr().out
    assert page.startswith("### ✅ `model#prod#1`: model v0.1.0 for prod\n")
    assert "| check | found | expected | verdict |" in page
    assert "5 answered over HTTP" in page
    assert "ended with 0 after SIGTERM" in page
    assert "| gate | nothing broken, the first version in prod |" in page
    assert "❌" not in page
    assert str(tmp_path) not in page
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new/bundle"]
    assert read_bundle(tmp_path / "new/bundle").served == read_bundle(bundle).served
    assert (tmp_path / "new/bundle").stat().st_mode & 0o055 == 0o055, "another user reads it in the image"
    assert (tmp_path / "new/bundle/model.onnx").stat().st_mode & 0o044 == 0o044


@pytest.mark.long
def test_a_slow_and_worse_version_is_refused(
    inside: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside.limit(tabular={"time": 1e-6, "p99": 1e-6, "rate": 1e6}, rounds=2)
    refused = r"^model#prod#2: refused by time of a request, p99 of that time, requests a second, gate; expected a vers"
    with pytest.raises(PromotionError, match=refused):
        promote_command("model#prod#2", tmp_path / "bundle")
    page = capsys.readouterr().out
    assert page.startswith("### ❌ `model#prod#2`: model v0.2.0 for prod\n")
    assert "| gate | accuracy broken, against v0.1.0, which is in prod | no broken rule of params.yaml | ❌ |" in page
    assert "| ❌ | accuracy | 1 | 0.5 | -0.5 |" in page
    assert page.count("| at most 1e-06 | ❌ |") == 2
    assert "| at least 1e+06 | ❌ |" in page
    assert "times that of the version before | at most 1e+06 | ✅ |" in page
    assert "ended with 0 after SIGTERM" in page
    assert "`gto deprecate model v0.2.0 prod --push`" in page
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_server_that_does_not_start_is_shown_with_its_log(
    inside: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/bundle.json").touch()
    with pytest.raises(PromotionError, match=r"^model@v0\.3\.0: refused by start; "):
        promote_command("model@v0.3.0", tmp_path / "bundle")
    page = capsys.readouterr().out
    assert "examples/1.json: answered class" in page
    assert "<summary>The server's log</summary>\n\n    error: " in page
    assert "v0.2.0 is of another task, wine: not compared" in page
    assert list((tmp_path / "bundle").iterdir()) == [tmp_path / "bundle/bundle.json"]


@pytest.mark.long
def test_a_version_that_was_not_pushed(inside: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PromotionError, match=r"^model@v0\.4\.0: refused by bundle; "):
        promote_command("model@v0.4.0", tmp_path / "bundle")
    page = capsys.readouterr().out
    assert "models/bundle of v0.4.0: neither in DVC's cache nor in its remote (" in page
    assert "| a version that dvc push has sent to the default remote, and leave to read it | ❌ |" in page
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_told_before_any_work(inside: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TagError, match=r"^model@v9\.9\.9: no such tag here; .*git fetch --tags"):
        promote_command("model@v9.9.9", None)
    inside.limit(rounds=0)
    with pytest.raises(InputError, match=r"^benchmarks/limits\.yaml: rounds: "):
        promote_command("model@v0.1.0", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(InputError, match=r"no package uvicorn; expected those that pip install '.\[train,serve\]'"):
        promote_command("model@v0.1.0", None)


@pytest.mark.parametrize("out", ["models", "models/final.pt", ".", "..", "/"])
def test_what_is_no_bundle_is_not_replaced(out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    Path("models/final.pt").touch()
    with pytest.raises(InputError, match=r"^--out.*; expected a new or empty folder, or a bundle to put another in"):
        promote_command("model@v0.1.0", Path(out))


def blocks() -> list[str]:
    text = (ROOT / "docs/registry.md").read_text()
    return [part.partition("```")[0] for part in text.split("```sh\n")[1:]]


@pytest.mark.long
def test_the_commands_of_the_documentation(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Registry(tmp_path / "project")
    project.push_to(tmp_path / "box")
    project("git init -q --bare ../origin.git && git remote add origin ../origin.git")
    project.commit(bundle)
    project("git push -q origin main")
    monkeypatch.chdir(project.folder)
    for name, value in project.environment.items():
        monkeypatch.setenv(name, value)
    programs = entry_points(group="console_scripts")
    for command in "".join(blocks()).replace("<repository>", ".").splitlines():
        if "register model HEAD" in command:  # a version of another commit
            project.commit(bundle, lambda card: card.update(data_sha256="0"))
        words = shlex.split(command)
        if words[0] == "git":
            project(command)
        else:  # inside this process: each would import DVC anew
            monkeypatch.setattr("sys.argv", words)
            with pytest.raises(SystemExit) as ended:
                sys.exit(programs[words[0]].load()())
            assert ended.value.code in (None, 0), command
    told = capsys.readouterr().out
    assert told.count("### ✅ `model@v1.0.0`: model v1.0.0\n") == 1
    assert told.count("### ✅ `model#prod#5`: model v1.0.0 for prod\n") == 1
    pushed = project("git ls-remote --tags origin")
    for tag in ("model@v1.0.0", "model@v1.1.0", "model#staging#1", "model#prod#3", "model#prod!#4", "model#prod#5"):
        assert f"refs/tags/{tag}\n" in pushed
    fetched = [read_bundle(project.folder / name).data_sha256 for name in ("bundle-v1", "bundle-prod")]
    assert fetched == [read_bundle(bundle).data_sha256] * 2
