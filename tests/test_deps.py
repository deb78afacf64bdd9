"""The truth of dvc.yaml: what a stage depends on is what its script imports."""

import ast
from pathlib import Path

import grimp
import pytest
import yaml
from conftest import ROOT, STAGES

SCRIPTS = {name: f"stages/{name}.py" for name in STAGES}


def imported_by(script: Path, graph: grimp.ImportGraph) -> set[str]:
    """Return the files of reprise and of stages that `script` imports, directly or not."""
    found, modules = {str(script.relative_to(ROOT))}, set()
    for node in ast.walk(ast.parse(script.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        modules |= {name for name in names if name in graph.modules}
        for name in names:
            sibling = script.parent / f"{name}.py"
            if sibling.exists():
                found |= imported_by(sibling, graph)
    for module in set(modules):
        modules |= graph.find_upstream_modules(module)
    for module in set(modules):
        parts = module.split(".")
        modules |= {".".join(parts[:end]) for end in range(1, len(parts))}
    for module in modules:
        path = ROOT / "src" / Path(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        found.add(str(path.relative_to(ROOT)))
    return found


def code_deps(stage: dict[str, list[str]]) -> set[str]:
    """Return the Python files among a stage's deps, those in folders one by one."""
    found = set()
    for dep in stage["deps"]:
        if dep.startswith(("src", "stages")):
            path = ROOT / dep
            assert path.exists(), dep
            found |= {str(file.relative_to(ROOT)) for file in (path.rglob("*.py") if path.is_dir() else [path])}
    return found


@pytest.mark.parametrize("name", STAGES)
def test_deps_are_what_the_script_imports(name: str) -> None:
    graph = grimp.build_graph("reprise", cache_dir=None)
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"][name]
    assert code_deps(stage) == imported_by(ROOT / SCRIPTS[name], graph)


def test_deps_of_the_samples() -> None:
    graph = grimp.build_graph("reprise", cache_dir=None)
    stage = yaml.safe_load((ROOT / "data/dvc.yaml").read_text())["stages"]["sample"]
    expected = imported_by(ROOT / "stages/sample.py", graph)
    for path in (ROOT / "src/reprise/samples").glob("*.py"):  # which it imports by name
        expected |= {str(path.relative_to(ROOT)), *imported_by(path, graph)}
    assert code_deps({"deps": [dep.removeprefix("../") for dep in stage["deps"]]}) == expected


def test_every_stage_is_described() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert tuple(stages) == STAGES
    assert all(stage["desc"] for stage in stages.values())
