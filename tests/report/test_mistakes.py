from pathlib import Path

import pytest

from reprise.errors import ArtifactError
from reprise.report.mistakes import section

from .given import Given, confusion, side, table

NOTHING = side("before")
HEADER = ["file", "row", "clip", "group", "actual", "predicted", "probability"]
LOCK = "stages: {{preprocess: {{outs: [{{path: data/store, md5: {}}}]}}}}"


def wrong(*items: str, all_of_them: bool = True, predicted: str = "dog", store: str = "one") -> Given:
    """A side whose table holds these files, the first the worst; it has one more mistake unless they are all."""
    rows = [[item, 0, 0, "", "cat", predicted, f"{0.9 - place / 100:.6g}"] for place, item in enumerate(items)]
    answers = {("cat", "dog"): len(items) + (not all_of_them), ("dog", "dog"): 5}
    return side(mistakes=table(HEADER, rows), confusion=confusion(answers), lock=LOCK.format(store))


def test_new_and_mended_mistakes_are_told_apart() -> None:
    text = section(wrong("a.png", "b.png"), wrong("c.png", "b.png"))
    assert "1 new (no mistake before), 1 gone (no mistake now), 1 as before." in text
    new, _, gone = text.partition("<details>")
    assert "| c.png | cat | dog | 0.90 |" in new
    assert "b.png" not in text
    assert "<summary>Gone: 1</summary>" in gone
    assert "| a.png | cat | dog | 0.90 |" in gone


def test_an_item_that_a_short_table_lacks_is_not_said_to_have_been_right() -> None:
    text = section(wrong("a.png", "b.png", all_of_them=False), wrong("c.png", all_of_them=False))
    assert "1 new (not among the worst 2 before), 2 gone (not among the worst 1 now)." in text


def test_another_wrong_answer_is_shown_with_the_one_before() -> None:
    text = section(wrong("a.png", predicted="emu"), wrong("a.png"))
    assert "1 with another answer." in text
    assert "| a.png | cat | dog | 0.90 | emu |" in text


def test_items_of_another_split_are_not_said_to_have_been_right() -> None:
    text = section(wrong("a.png", store="one"), wrong("b.png", store="two"))
    assert "1 new (not among the worst 1 before)" in text
    assert "Data or split are not those of before: not every item was in both test sets." in text


def test_rows_and_clips_are_named() -> None:
    rows = [["t.csv", 12, 0, "", "a", "b", 0.5], ["v.mp4", 0, 3, "", "a", "b", 0.4]]
    text = section(NOTHING, side(mistakes=table(HEADER, rows)))
    assert "| t.csv, row 12 | a | b | 0.50 |" in text
    assert "| v.mp4, clip 3 | a | b | 0.40 |" in text
    assert "There is no table of mistakes before: these are those of the other side." in text


def test_a_long_table_is_cut() -> None:
    text = section(wrong(), wrong(*(f"{number}.png" for number in range(14))))
    assert "14 new" in text
    assert text.count(".png |") == 10
    assert "And 4 more." in text


def test_no_mistake_on_either_side_is_said() -> None:
    assert "There is no mistake, before or now." in section(wrong(), wrong())
    assert section(NOTHING, NOTHING) == ""
    assert "It has no mistake." in section(NOTHING, wrong())


def test_the_picture_is_there_when_asked_for_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    picture = "![The worst mistakes now](reports/evaluate/mistakes.png)"
    assert picture not in section(wrong(), wrong("a.png"), images=True)
    (tmp_path / "reports/evaluate").mkdir(parents=True)
    (tmp_path / "reports/evaluate/mistakes.png").write_bytes(b"png")
    assert picture in section(wrong(), wrong("a.png"), images=True)
    assert picture not in section(wrong(), wrong("a.png"))
    assert picture not in section(wrong("a.png"), wrong(), images=True)


def test_a_damaged_table_is_told() -> None:
    rows = [["a.png", 0, 0, "", "cat", "dog", "high"]]
    with pytest.raises(ArtifactError, match=r"mistakes.csv \(now\): probability: could not convert"):
        section(NOTHING, side(mistakes=table(HEADER, rows)))
