from pathlib import Path

import pytest
from platforms import slashes

from reprise.cli import main


def test_check(project, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check"])
    assert slashes(capsys.readouterr().out) == "params.yaml: task wine from data/sample/wine\n"
    project.set(data="raw")
    with pytest.raises(SystemExit) as caught:
        main(["check"])
    assert slashes(str(caught.value.code)).startswith(
        "error: data/raw/wine: no such file or folder; expected your data"
    )
    Path("data/raw/wine").mkdir(parents=True)
    main(["check"])
    project.set(task="win")
    with pytest.raises(SystemExit) as caught:
        main(["check"])
    assert str(caught.value.code).startswith("error: params.yaml: task: 'win'; expected one of the sections")


def test_a_sample_that_nobody_makes(project) -> None:
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("  wine:", "  mine:").replace("task: wine", "task: mine"))
    with pytest.raises(SystemExit) as caught:
        main(["check"])
    assert slashes(str(caught.value.code)).startswith(
        "error: data/sample/mine: no such folder, and no sample to make it from"
    )


def test_drift_of_a_log(finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["drift", str(tmp_path / "none.jsonl"), "--bundle", str(finished.folder / "models/bundle")])
    assert str(caught.value.code).startswith(f"error: {tmp_path / 'none.jsonl'}: ")
    (tmp_path / "log.jsonl").write_text("")
    main(["drift", str(tmp_path / "log.jsonl"), "--bundle", str(finished.folder / "models/bundle")])
    assert "0 predictions by model" in capsys.readouterr().out
