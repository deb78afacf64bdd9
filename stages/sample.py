"""Make the embedded sample data of every task: `python stages/sample.py` writes data/sample."""

from importlib import import_module
from pathlib import Path

from _checkout import use_checkout


def sample(folder: Path) -> None:
    """Write the sample data of each module of reprise.samples into a folder of its name in `folder`."""
    use_checkout()
    from reprise import samples
    from reprise.errors import one_line_errors
    from reprise.files import replacing

    with one_line_errors(), replacing(folder) as beside:
        for path in sorted(Path(samples.__path__[0]).glob("[a-z]*.py")):
            place = beside / path.stem
            place.mkdir(parents=True)
            import_module(f"reprise.samples.{path.stem}").make(place)


if __name__ == "__main__":
    sample(Path(__file__).resolve().parents[1] / "data" / "sample")
