import json
from pathlib import Path

import pytest

from reprise.files import replacing, restoring, significant, write_json


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replacing_a_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    for text in ("one", "two"):
        with replacing(path) as beside:
            beside.write_text(text)
        assert path.read_text() == text
    assert names(path.parent) == ["a.txt"]


def test_replacing_a_folder_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for name in ("a", "b"):
        with replacing(path) as beside:
            beside.mkdir()
            (beside / name).touch()
    assert names(path) == ["b"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("context", [replacing, restoring])
def test_failure_leaves_what_was_there(tmp_path: Path, context) -> None:
    path = tmp_path / "out"
    path.mkdir()
    (path / "good").touch()
    with pytest.raises(RuntimeError), context(path) as place:
        place.mkdir(exist_ok=True)
        (place / "half").touch()
        raise RuntimeError
    assert names(path) == ["good"]
    assert names(tmp_path) == ["out"]


def test_restoring_after_a_kill_goes_back_to_the_last_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "out"
    (tmp_path / ".out.old").mkdir()
    (tmp_path / ".out.old" / "good").touch()
    path.mkdir()
    (path / "half").touch()
    with pytest.raises(RuntimeError), restoring(path):
        assert names(path) == []
        raise RuntimeError
    assert names(path) == ["good"]


def test_restoring_shows_the_folder_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with restoring(path) as place:
        (place / "a").touch()
        assert names(path) == ["a"]
    assert names(tmp_path) == ["out"]


def test_json_keeps_order_and_refuses_what_is_not_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert list(json.loads(text)) == ["b", "a"]
    assert "é" in text
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "b.json", {"a": float("nan")})


def test_significant() -> None:
    assert significant(0.123456789) == 0.123457
    assert significant(123456789.0) == 123457000.0
