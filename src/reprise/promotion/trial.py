"""The server from its start to its end: whether it answers, how fast, and whether it ends when it is told to."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reprise.bundle import Example
from reprise.errors import ArtifactError
from reprise.promotion.checks import Check, failure
from reprise.promotion.client import Connection, prediction_request
from reprise.promotion.limits import Limits
from reprise.promotion.server import Server, ServerError, serving
from reprise.promotion.speed import Ratio, best_ratios
from reprise.promotion.subjects import Alone, Served, Subject
from reprise.serving.examples import read_example
from reprise.serving.model import Model, load_model
from reprise.serving.settings import Settings

# Six significant digits of a probability are sent.
_TOLERANCE = 1e-5
# Seconds that an answer and the end of the server may take: those after which it gives up by itself, and some.
_PATIENCE = 60.0

_SAID = {
    "time": ("time of a request", "times that of the model and of HTTP alone"),
    "p99": ("p99 of that time", "times that of the model and of HTTP alone"),
    "rate": ("requests a second", "times those of the model and of HTTP alone"),
    "model": ("time of the model", "times that of the version before"),
}


def try_server(bundle: Path, before: Path | None, limits: Limits, log: Path) -> list[Check]:
    """Serve a bundle, ask for its examples, measure beside the model `before` where there is one, and end the server.

    Returns the checks up to the first that failed; the server's log stays at `log`.
    """
    checks: list[Check] = []
    try:
        with serving(bundle, log, limits.start) as server:
            checks.append(Check("start", f"{server.seconds:.1f} s until it listens", f"at most {limits.start:g} s"))
            model = _load(bundle)
            checks.append(_examples(server, model))
            if checks[-1].passed:
                checks += _speed(server, model, before, limits, log.with_name("nothing.log"))
                checks.append(_end(server))
    except ServerError as error:
        checks.append(failure("start", error))
    except OSError as error:
        checks.append(Check("answers", str(error) or type(error).__name__, "an answer to each request", passed=False))
    return checks


def _load(bundle: Path) -> Model:
    settings = Settings()
    return load_model(bundle, settings.max_pixels, settings.max_seconds)


def _examples(server: Server, model: Model) -> Check:
    """Ask for each example, as it lies in the bundle; compare with the bundle and with ONNX Runtime in this process."""
    furthest, examples = 0.0, model.bundle.examples
    for example, request in zip(examples, _requests(model), strict=True):
        with Connection(server.port, _PATIENCE) as connection:
            status, body = connection.ask(request)
        try:
            (prediction,) = json.loads(body)["predictions"]
            label, far = prediction["label"], _distance(model, example, prediction["probabilities"])
        except (ValueError, KeyError, TypeError):
            found = f"{example.file}: {status} {body[:200].decode(errors='replace')}"
            return Check("examples", found, "a prediction", passed=False)
        if label != example.label:
            return Check("examples", f"{example.file}: {label}", example.label, passed=False)
        furthest = max(furthest, far)
    found = f"{len(examples)} answered over HTTP, probabilities at most {furthest:.1g} from those of ONNX Runtime alone"
    return Check("examples", found, f"the labels of the bundle, and at most {_TOLERANCE:g}", furthest <= _TOLERANCE)


def _distance(model: Model, example: Example, answered: dict[str, float]) -> float:
    instance = read_example(model.folder / example.file, model.bundle.modality)
    (alone,) = model.answer([model.decode(instance)]).probabilities
    found = [answered[name] for name in model.bundle.classes]
    return float(np.abs(np.subtract(found, alone)).max())


def _requests(model: Model) -> list[bytes]:
    modality = model.bundle.modality
    return [prediction_request((model.folder / one.file).read_bytes(), modality) for one in model.bundle.examples]


def _speed(server: Server, model: Model, before: Path | None, limits: Limits, log: Path) -> Iterator[Check]:
    requests = _requests(model)
    with serving(None, log, limits.start) as nothing:
        subjects: dict[str, Subject] = {
            "served": Served(server.port, requests, limits.connections, _PATIENCE),
            "model": Alone(model),
            "nothing": Served(nothing.port, requests, limits.connections, _PATIENCE),
        }
        if before is not None:
            try:
                subjects["before"] = Alone(_load(before))
            except ArtifactError as error:
                yield Check("speed", f"the version before cannot be run any more: {error}", "one to compare with", None)
        for ratio in best_ratios(subjects, limits, limits.of(model.bundle.modality)):
            yield _told(ratio)


def _told(ratio: Ratio) -> Check:
    name, of = _SAID[ratio.name]
    expected = f"at {'least' if ratio.least else 'most'} {ratio.limit:g}"
    return Check(name, f"{ratio.value:.2f} {of}", expected, ratio.kept)


def _end(server: Server) -> Check:
    code = server.end(_PATIENCE)
    found = "still there" if code is None else f"ended with {code}"
    return Check("end", f"{found} after SIGTERM", "ended with 0", code == 0)
