from pathlib import Path

import pytest
import yaml
from conftest import Project
from dvc.utils.hydra import apply_overrides

from reprise.errors import InputError
from reprise.sweep.settings import Settings, override
from reprise.sweep.spaces import Range, read_spaces

HIDDEN, EPOCHS = "tasks.wine.model.hidden", "tasks.wine.train.epochs"


@pytest.fixture
def settings(project: Project) -> Settings:
    return Settings()


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("lr=log:1e-5:1e-2", [1e-5, 1e-2]),
        ("lr=1:10", [1.0, 10.0]),
        (f"{EPOCHS}=5:20", [5, 20]),
        ("batch_size=log:8:64", [8, 64]),
        (f"{HIDDEN}=[64, 32],[128],[]", [[64, 32], [128], []]),
        ("tasks.wine.model.network=mlp,knn", ["mlp", "knn"]),
        ("lr=1e-3,1e-4", [1e-3, 1e-4]),
        ("deterministic=true,false", [True, False]),
        ("tasks.wine.evaluate.folds=null,3", [None, 3]),
        ("""tasks.wine.decode.label='a, b',o'clock,"c" """, ["a, b", "o'clock", "c"]),
    ],
)
def test_a_space_is_what_it_says(settings: Settings, text: str, ends: list[object]) -> None:
    (space,) = read_spaces([text], settings)
    assert list(space.ends) == ends
    assert [type(end) for end in space.ends] == [type(end) for end in ends]


def test_a_range_of_a_fraction_is_one_of_fractions(settings: Settings) -> None:
    assert read_spaces(["lr=log:1:10"], settings) == [Range("lr", 1.0, 10.0, log=True)]


WRONG = [
    (["lr"], "'lr': no KEY=SPACE"),
    (["lr="], "'lr=': no KEY=SPACE"),
    (["=1:2"], "'': not a name that DVC can set"),
    (["lr=0.1"], "nothing to choose from"),
    (["lr=0.1:1", "lr=1:2"], "lr: given twice"),
    (["lr=log:0:1"], "lr: log:0:1; expected numbers above 0"),
    (["lr=5:1"], "lr: 5:1; expected a lower and a higher number"),
    (["lr=1e400:1"], "lr: 1e400:1; expected a lower"),
    (["lr=log:a:1"], "lr: 'log:a:1'; expected log:LOW:HIGH"),
    (["lr=-1:1"], "params.yaml: lr: -1.0; expected a number above 0"),
    (["lr=0.1,fast"], "params.yaml: lr: 'fast'; expected a number above 0"),
    (["lr=0.1,"], "lr: ''; expected a number, a word, a list"),
    (["lr=0.1,0.10"], "expected each value once"),
    (["lr=[1,2"], "lr: '[1,2'; expected a value as in params.yaml"),
    (["lr=0.1,.nan"], "lr: '.nan'; expected a value as in params.yaml"),
    (["tasks.wine.model={},5"], "'{}'; expected a number, a word, a list"),
    (["tasks.wine.decode.label=a,${lr}"], "'${lr}'; expected a number"),
    ([f"{EPOCHS}=0.5:3"], f"params.yaml: {EPOCHS}: 0.5; expected a whole number of at least 1"),
    ([f"{EPOCHS}=5:20", "tasks.wine.model.hiden=[1],[2]"], "tasks.wine.model.hiden: unknown key; expected hidden"),
    (["tasks.wne.model.hidden=[1],[2]"], "params.yaml: tasks.wne: unknown key; expected wine"),
    (["lr.x=1:2"], "params.yaml: lr.x: unknown key; expected nothing below lr"),
    (["tasks.hotdog.model.width=8,16"], "a setting of hotdog; expected one that the chosen task, wine, reads"),
    (["task=wine,hotdog"], "task: several; expected one"),
    (["task=wne", "lr=0.1,1"], "params.yaml: task: 'wne'; expected one of the sections"),
]


@pytest.mark.parametrize(("texts", "said"), WRONG)
def test_a_mistake_in_a_space_is_told(settings: Settings, texts: list[str], said: str) -> None:
    with pytest.raises(InputError) as told:
        read_spaces(texts, settings)
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_settings_of_another_task_are_searched_when_it_is_chosen(settings: Settings) -> None:
    assert len(read_spaces(["task=hotdog", "tasks.hotdog.model.width=8,16"], settings)) == 2


VALUES = [
    1e-5,
    3,
    True,
    None,
    "",
    "mlp",
    "a:b, 'c' = [x] {y}",
    r"^(\w+)_\d\\",
    "'",
    r"\'",
    [64, 32],
    [],
    [["a'", None]],
]


@pytest.mark.parametrize("value", VALUES)
def test_what_is_set_is_what_is_read(tmp_path: Path, value: object) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("lr: 0.1\nnamed-so:\n  there: 1\n")
    apply_overrides(str(path), [override("named-so.there", value), override("named-so.new", value)])
    text = path.read_text().replace("1e-05", "1.0e-05")  # PyYAML wants the dot
    assert yaml.safe_load(text)["named-so"] == {"there": value, "new": value}
