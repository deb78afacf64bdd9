from reprise.report.confusion import section
from reprise.report.markdown import change

from .given import confusion, side, table

NOTHING = side("before")
OLD = {("cat", "cat"): 5, ("cat", "dog"): 1, ("dog", "dog"): 4}
NEW = {("cat", "cat"): 3, ("cat", "dog"): 3, ("dog", "dog"): 4}


def test_numbers_that_changed_are_shown_before_and_now() -> None:
    text = section(side(confusion=confusion(OLD)), side(confusion=confusion(NEW)))
    assert "9 of 10 items right before, 7 of 10 now." in text
    assert "| actual ↓ predicted → | cat | dog |" in text
    assert "| **cat** | **5→3** | 1→3 |" in text
    assert "| **dog** | · | **4** |" in text


def test_a_matrix_that_is_the_same_is_shown_once() -> None:
    text = section(side(confusion=confusion(OLD)), side(confusion=confusion(OLD)))
    assert "As before: 9 of 10 items right." in text
    assert "| **cat** | **5** | 1 |" in text


def test_a_missing_side_is_said() -> None:
    now = section(NOTHING, side(confusion=confusion(NEW)))
    gone = section(side(confusion=confusion(NEW)), NOTHING)
    assert "There is no confusion matrix before: these are the numbers of the other side." in now
    assert "There is no confusion matrix now: these are the numbers of the other side." in gone
    for text in (now, gone):
        assert "| **cat** | **3** | 3 |" in text
    assert section(NOTHING, NOTHING) == ""


def test_another_test_set_is_said() -> None:
    text = section(side(confusion=confusion(OLD)), side(confusion=confusion({**OLD, ("dog", "cat"): 1})))
    assert "The test sets hold other numbers of items of some classes." in text


def test_classes_of_another_task_are_not_compared() -> None:
    text = section(side(confusion=confusion(OLD)), side(confusion=confusion({("yes", "yes"): 2, ("no", "yes"): 1})))
    assert "No class of now was there before: these are the numbers of now, 2 of 3 items right." in text
    assert "cat" not in text
    assert "| **no** | **0** | 1 |" in text


def many(wrong: dict[tuple[str, str], int]) -> str:
    return confusion({(f"c{number:02}", f"c{number:02}"): 3 for number in range(20)} | wrong)


def test_of_many_classes_the_pairs_that_changed_most_are_shown() -> None:
    old = {(f"c{number:02}", "c19"): 1 for number in range(15)}
    new = {**old, ("c03", "c19"): 4, ("c18", "c00"): 2}
    text = section(side(confusion=many(old)), side(confusion=many(new)))
    rows = [line for line in text.splitlines() if line.startswith("| c")]
    assert rows[:2] == ["| c03 | c19 | 1 | 4 | +3 |", "| c18 | c00 | 0 | 2 | +2 |"]
    assert len(rows) == 12
    assert "The 12 pairs that changed most, and 4 more." in text


def test_of_many_classes_without_a_mistake_there_is_no_table() -> None:
    text = section(side(confusion=many({})), side(confusion=many({})))
    assert "No class is taken for another." in text
    assert "|" not in text


def test_of_many_classes_a_missing_side_has_no_number() -> None:
    assert "| c03 | c19 | none | 4 |  |" in section(NOTHING, side(confusion=many({("c03", "c19"): 4})))


def recall(*rows: tuple[object, ...]) -> str:
    return table(["class", "recall", "count"], rows)


def test_recalls_that_changed_are_shown_the_most_first() -> None:
    old = recall(("dog", 1, 4), ("cat", 0.8, 5), ("emu", 0.5, 2), ("eel", 1, 1))
    new = recall(("dog", 1, 4), ("cat", 0.7, 10), ("emu", 0, 2), ("fox", 0.25, 4))
    text = section(
        side(confusion=confusion(OLD), recall=old),
        side(confusion=confusion(NEW), recall=new),
    )
    rows = text[text.index("| recall of") :].splitlines()[2:]
    assert rows == [
        "| eel | 1 | 1 | none | no such class now |",
        f"| emu | 2 | 0.5 | 0 | {change(-0.5)} |",
        "| fox | 4 | none | 0.25 | no such class before |",
        f"| cat | 5→10 | 0.8 | 0.7 | {change(-0.1)} |",
    ]


def test_recalls_that_are_the_same_are_said() -> None:
    one = side(confusion=confusion(OLD), recall=recall(("cat", 0.8, 5)))
    assert "No class has another recall than before." in section(one, one)
