"""What gto's tags say, in a repository without any model."""

import subprocess
from pathlib import Path

import pytest
from gto import api

from reprise.promotion.tags import TagError, find

from .registry import BY


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    done = subprocess.run(["git", *identity, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def register(version: str, artifact: str = "model") -> str:
    git("commit", "-q", "--allow-empty", "-m", version)
    api.register(".", artifact, "HEAD", version, **BY)
    return git("rev-parse", "HEAD")


def assign(version: str, stage: str, **options: bool) -> None:
    api.assign(".", "model", stage, version, **options, **BY)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    Path("dvc.yaml").write_text("artifacts: {model: {path: models/bundle}, words: {path: data/words}}\n")
    git("add", "dvc.yaml")


def before(tag: str) -> str | None:
    found = find(tag)[1]
    return found and found.name


def test_a_version_is_found_by_either_tag() -> None:
    commit = register("v1.0.0")
    assign("v1.0.0", "prod")
    for tag, stage in (("model@v1.0.0", None), ("model#prod#1", "prod")):
        version, previous = find(tag)
        assert (version.artifact, version.name, version.stage) == ("model", "v1.0.0", stage)
        assert (version.commit, version.path) == (commit, "models/bundle")
        assert previous is None


def test_the_version_before_is_the_next_lower_number() -> None:
    for version in ("v1.9.0", "v1.10.0", "v2.0.0", "v1.9.1"):
        register(version)
    register("v1.9.5", "words")
    assert before("model@v2.0.0") == "v1.10.0"
    assert before("model@v1.10.0") == "v1.9.1"
    assert before("model@v1.9.0") is None
    api.deregister(".", "model", version="v1.9.1", **BY)
    assert before("model@v1.10.0") == "v1.9.0"


def test_the_version_before_in_a_stage_is_the_last_other_one_that_was_not_withdrawn() -> None:
    for version in ("v1.0.0", "v2.0.0", "v3.0.0"):
        register(version)
        assign(version, "staging")
    for version in ("v1.0.0", "v2.0.0"):
        assign(version, "prod")
    assert [before(f"model#staging#{number}") for number in (1, 2, 3)] == [None, "v1.0.0", "v2.0.0"]
    assert [before(f"model#prod#{number}") for number in (4, 5)] == [None, "v1.0.0"]
    # Once more what was refused: it is not compared with itself.
    assign("v2.0.0", "prod", force=True)
    assert before("model#prod#6") == "v1.0.0"
    # Back to the old one: the new one is withdrawn, the old one assigned again.
    api.unassign(".", "model", version="v2.0.0", stage="prod", **BY)
    assign("v1.0.0", "prod", force=True)
    assert before("model#prod#8") is None
    assign("v3.0.0", "prod")
    assert before("model#prod#9") == "v1.0.0"
    with pytest.raises(TagError, match=r"^model#prod#5: withdrawn by model#prod!#7; expected an assignment"):
        find("model#prod#5")
    with pytest.raises(TagError, match=r"^model#prod!#7: takes v2\.0\.0 out of prod; nothing to promote; expected"):
        find("model#prod!#7")


def test_what_was_withdrawn_is_not_promoted(monkeypatch: pytest.MonkeyPatch) -> None:
    register("v1.0.0")
    assign("v1.0.0", "prod")
    api.deregister(".", "model", version="v1.0.0", **BY)
    for tag in ("model@v1.0.0", "model#prod#1"):
        with pytest.raises(TagError, match=rf"^{tag}: v1\.0\.0 was withdrawn"):
            find(tag)
    with pytest.raises(TagError, match=r"^model@v1\.0\.0!: withdraws v1\.0\.0; nothing to promote"):
        find("model@v1.0.0!")
    git("commit", "-q", "--allow-empty", "-m", "v2.0.0")
    with monkeypatch.context() as earlier:  # gto tells what came first by the second
        earlier.setenv("GIT_COMMITTER_DATE", "2000-01-01T00:00:00Z")
        git("tag", "-a", "-m", "v2.0.0", "model@v2.0.0")
    assert find("model@v2.0.0")[0].name == "v2.0.0"
    api.deprecate(".", "model", **BY)
    with pytest.raises(TagError, match=r"v2\.0\.0 was withdrawn"):
        find("model@v2.0.0")


def test_tags_that_name_no_version() -> None:
    with pytest.raises(TagError, match=r"^model@v1\.0\.0: no such tag here; .* git fetch --tags brings"):
        find("model@v1.0.0")
    register("v1.0.0", "other")
    with pytest.raises(TagError, match=r"other, no artifact in dvc\.yaml; .* declared there: model, words$"):
        find("other@v1.0.0")
    git("tag", "-a", "-m", "of a person", "v1")
    with pytest.raises(TagError, match=r"^v1: no tag of gto; expected one that registers"):
        find("v1")
    git("tag", "model@v1.1.0")
    with pytest.raises(TagError, match=r"gto does not read; .* git fetch --tags --force"):
        find("model@v1.1.0")
    assign_without_version = {"ref": "HEAD", "skip_registration": True}
    api.assign(".", "model", "prod", **assign_without_version, **BY)
    with pytest.raises(TagError, match=r"^model#prod#1: a commit without a version"):
        find("model#prod#1")


def test_a_clone_without_tags_and_then_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register("v1.0.0")
    register("v1.1.0")
    git("clone", "-q", "--depth", "1", "--no-tags", tmp_path.as_uri(), "shallow")
    monkeypatch.chdir("shallow")
    with pytest.raises(TagError, match="no such tag here"):
        find("model@v1.1.0")
    git("fetch", "-q", "--tags")
    assert before("model@v1.1.0") == "v1.0.0"


def test_a_folder_without_git(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    with pytest.raises(TagError, match="expected a clone of the project"):
        find("model@v1.0.0")
