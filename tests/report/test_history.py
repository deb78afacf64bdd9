"""The report and the gate on a real history: a base, and branches that each change one kind of thing."""

import contextlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import change_params
from test_pipeline import Clone

from report.rendering import Page, charts
from reprise.cli import main

pytestmark = pytest.mark.long


class Repository(Clone):
    """A clone whose wine data are its own, with branches that leave main."""

    def settle(self, **settings: object) -> None:
        """Change settings, run the pipeline and commit."""
        self.change(**settings)
        self("dvc repro -q")
        self.commit()

    def change(self, **settings: object) -> None:
        change_params(self.folder / "params.yaml", settings)

    def reprise(self, command: str, status: int = 0) -> str:
        """Run `reprise` inside this process and return what it prints."""
        printed = io.StringIO()
        found: object = 0
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            try:
                main(command.split())
            except SystemExit as ended:
                found = ended.code
        told = f"{found}\n" if isinstance(found, str) else ""
        assert bool(found) == bool(status), f"{command}\n{printed.getvalue()}{told}"
        return printed.getvalue() + told

    def report(self, *options: str) -> Page:
        self.reprise(" ".join(["report --base main", *options]))
        return Page(self.read("report.md"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Repository:
    repository = Repository(tmp_path_factory.mktemp("history"))
    shutil.copytree(sample, repository.folder / "data/raw/wine")
    repository("dvc add -q data/raw/wine")
    epochs = {"tasks__wine__train__epochs": 30, "tasks__wine__evaluate__folds": 2}
    repository.settle(data="raw", **epochs)
    return repository


@pytest.fixture
def branch(base: Repository) -> Callable[[str], Repository]:
    """Start a branch at main, with the data of main in place."""

    def start(name: str) -> Repository:
        restore = (
            "dvc checkout -q --force data/raw/wine.dvc preprocess train export"  # the samples were never made here
        )
        base(f"git checkout -q -f main && git clean -fdq && git checkout -q -b {name} && {restore}")
        return base

    return start


def cells(page: Page, *header: str) -> list[list[str]]:
    """Return the rows of the table whose header begins with these cells."""
    (found,) = [table[1:] for table in page.tables if table[0][: len(header)] == list(header)]
    return found


def test_a_changed_parameter(branch) -> None:
    repository = branch("parameter")
    repository.settle(tasks__wine__evaluate__folds=None)
    assert "✅ 4 rules hold." in repository.reprise("gate --base main")
    page = repository.report()
    assert cells(page, "parameter") == [["tasks.wine.evaluate.folds", "2", "none"]]
    metrics = {row[0]: row[1:] for row in cells(page, "metric", "before", "now", "change", "")}
    assert metrics["accuracy"][2:] == ["0", ""]
    assert metrics["cv_f1"][1:] == ["none", "", "gone: not there now"]
    assert "No raw file changed." in page.text
    assert "Every epoch came out as before." in page.text
    stages = {row[0]: row[1:] for row in cells(page, "stage")}
    assert stages["preprocess"][0] == stages["train"][0] == "nothing"
    assert stages["train"][3] == "the same"
    assert stages["evaluate"][0] == "tasks.wine.evaluate.folds"


def test_changed_code(branch) -> None:
    repository = branch("code")
    path = repository.folder / "src/reprise/networks/hidden.py"
    code = path.read_text(encoding="utf-8")
    assert code.count("torch.relu") == 1
    path.write_text(code.replace("torch.relu", "torch.tanh"), encoding="utf-8")
    repository.settle()
    page = repository.report()
    assert "None changed." in page.text
    metrics = {row[0]: row[1:] for row in cells(page, "metric", "before", "now", "change", "")}
    assert metrics["log_loss"][0] != metrics["log_loss"][1]
    stages = {row[0]: row[1:] for row in cells(page, "stage")}
    assert stages["train"][0] == "src/reprise/networks"
    assert len(stages["export"][3]) == 12
    assert stages["export"][2] != stages["export"][3]
    assert charts(repository.read("report.md"))


def test_changed_data(branch, tmp_path: Path) -> None:
    repository = branch("data")
    raw = repository.folder / "data/raw/wine"
    lines = (raw / "wine.csv").read_text().splitlines(keepends=True)
    # Those of class 0 come first: 20 of them go, and the others get stronger.
    (raw / "wine.csv").write_text("".join([lines[0], *lines[21:]]))
    stronger = [",".join([str(float(line.split(",")[0]) + 1), *line.split(",")[1:]]) for line in lines[-20:]]
    (raw / "more.csv").write_text("".join([lines[0], *stronger]))
    assert "data/raw/wine.dvc would run anew" in repository.reprise("gate --base main", status=1)
    repository("dvc add -q data/raw/wine")
    repository.settle()
    for options in ((), ("--data",)):
        page = repository.report(*options)
        assert cells(page, "raw files") == [["added", "1"], ["changed", "1"]]
        assert "added: data/raw/wine/more.csv" in page.text
        items = {row[0]: row[1:] for row in cells(page, "items")}
        assert items["class_0"][3] == "59 → 39"
        assert items["class_2"][3] == "48 → 68"
        moved = cells(page, "feature")
        assert moved[0][0] != "ash"
        assert all(float(row[1]) > 0 for row in moved)
        assert [float(row[1]) for row in moved] == sorted((float(row[1]) for row in moved), reverse=True)
    assert "### Metrics" not in repository.read("report.md")
    # A clone that has no data has no fewer raw files; which they are, only DVC's cache or remote knows.
    repository(f"git clone -q --branch data . {tmp_path}/clone")
    told = repository(f"cd {tmp_path}/clone && reprise report --data --output -")
    assert "data/raw/wine/ is another one." in told
    assert "| class\\_0 | 38 → **25** |" in told


def test_data_from_elsewhere(branch) -> None:
    repository = branch("elsewhere")
    repository.change(data="sample")
    assert "The data were those of data/raw/wine and are those of data/sample/wine." in repository.report("--data").text


def test_a_worse_metric_breaks_the_gate(branch) -> None:
    repository = branch("worse")
    repository.settle(lr=1e-5)
    told = repository.reprise("gate --base main", status=1)
    assert "❌ 4 of 4 rules broken." in told
    (row,) = [line for line in told.splitlines() if line.startswith("| ❌ | accuracy")]
    assert row.endswith("worse than allowed |")
    page = repository.report()
    assert "4 of 4 rules broken" in page.text
    marks = {row[0]: row[-1] for row in cells(page, "metric", "before", "now", "change", "")}
    assert marks["accuracy"] == "🔴 worse"
    assert marks["cv_accuracy_std"] == ""


def test_rules_that_change_are_told_and_hold(branch) -> None:
    repository = branch("rules")
    repository.change(gate=[{"metric": "acuracy", "better": "higher"}, {"metric": "roc_auc", "better": "higher"}])
    told = repository.reprise("gate --base main", status=1)
    assert "❌ 1 of 2 rules broken; the rules themselves change here." in told
    assert "did you mean accuracy?" in told
    page = repository.report()
    assert ["gate", '{"metric": "accuracy", "better": "higher", "absolute": 0.03}', "none"] in cells(page, "parameter")
    repository.change(gate=[])
    assert "params.yaml has no rules" in repository.reprise("gate --base main")


def test_an_experiment_is_a_base(branch) -> None:
    repository = branch("experiment")
    repository("dvc exp run -q -n before")
    repository("dvc exp run -q -S lr=1e-5")
    told = repository.reprise("report --base before --line --output -")
    assert told.startswith("- ❌ **wine**: accuracy ")
    assert "🔴 worse" in told
    assert repository.reprise("report --base main --line --output -") == told


def test_reports_that_are_not_of_these_parameters(branch) -> None:
    repository = branch("stale")
    repository.change(lr=0.001)
    told = repository.reprise("gate --base main", status=1)
    assert told == "error: reports: train, evaluate, export would run anew; expected those of `dvc repro`\n"
    assert "train, evaluate, export would run anew" in repository.report().text
    repository("git checkout -q params.yaml")
    metrics = repository.folder / "reports/evaluate/metrics.json"
    metrics.write_text(metrics.read_text().replace('"accuracy"', '"accuracy": 1.0, "accurate"'))
    assert "error: reports: evaluate, export would run anew" in repository.reprise("gate --base main", status=1)


def test_a_clone_without_data_can_be_judged(base: Repository, tmp_path: Path) -> None:
    base(f"git clone -q --branch main . {tmp_path}/clone")
    told = base(f"cd {tmp_path}/clone && reprise gate")
    assert "4 rules hold" in told


def test_another_task_cannot_be_compared(branch) -> None:
    repository = branch("task")
    repository.change(task="hotdog", data="sample")
    page = repository.report()
    assert "The task was wine and is hotdog: metrics and answers cannot be compared." in page.text
    assert "better" not in page.text
    assert {row[-1] for row in cells(page, "", "metric")} == {"nothing to compare with"}
    assert repository.reprise("report --base main --line --output -").startswith("- ⚪ **hotdog** (would run anew): ")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        (
            "reports/preprocess/classes.csv",
            "split,class,count\ntrain,class_0",
            "no 'count' in line 2; expected split, ",
        ),
        ("reports/preprocess/inputs.csv", "feature,missing\nash,0", "no 'mean' in line 2; expected feature, missing"),
        ("reports/evaluate/metrics.json", '{"accuracy":', "Expecting value: line 1 column 13 (char 12); expected JSON"),
    ],
)
def test_a_damaged_report_is_told(branch, file: str, content: str, told: str) -> None:
    repository = branch(f"damaged-{Path(file).stem}")
    (repository.folder / file).write_text(content)
    assert repository.reprise("report --base main", status=1).startswith(f"error: {file} (now): {told}")


def test_a_folder_is_no_place_for_a_report(base: Repository) -> None:
    told = "error: --output: reports is a folder; expected the name of a file, or - for the screen\n"
    assert base.reprise("report --base main --output reports", status=1) == told
    assert (base.folder / "reports/evaluate/metrics.json").exists()


def test_what_was_before_may_be_of_any_form(base: Repository) -> None:
    base("git checkout -q -f main && git checkout -q -b form")
    (base.folder / "params.yaml").write_bytes(b"task: wine\ngate: 5\n# \xff\n")
    base.commit()
    base("git checkout -q -b mended && git checkout -q main -- params.yaml && git commit -q -m mended")
    assert "the rules themselves change here" in base.reprise("gate --base form")


@pytest.mark.parametrize("command", ["report", "gate"])
def test_a_base_that_is_none(base: Repository, command: str) -> None:
    told = base.reprise(f"{command} --base origin/man", status=1)
    assert told == (
        "error: --base: 'origin/man'; expected a branch, a commit or an experiment; git fetch brings branches\n"
    )
