"""The answers to `/predict` and `/representations`."""

from urllib.parse import parse_qs

from pydantic_core import to_json

from reprise.serving.endpoint import Call, Reply
from reprise.serving.instances import Instance, read_instances
from reprise.serving.model import joined, together
from reprise.serving.problem import Problem
from reprise.serving.service import Service, timed


def predict(service: Service, call: Call) -> Reply:
    """Answer a request for predictions: log first, then return the JSON."""
    model, bundle = service.model, service.model.bundle
    instances = _instances(service, call)
    parts, features = [], []
    for decoded in service.decoded(instances, call.check):
        with timed(service.metrics.inferred):
            parts.append(model.answer(decoded, call.check))
        # Of a video the mean over its clips: it is one input, however long.
        features += [one.features if len(one.features) == 1 else one.features.mean(axis=0)[None] for one in decoded]
    answers = together(parts)
    chosen, probabilities = answers.chosen.tolist(), answers.rounded
    labels = [bundle.classes[number] for number in chosen]
    confidences = [values[number] for values, number in zip(probabilities, chosen, strict=True)]
    service.metrics.predicted(labels, confidences, joined(features))
    predictions = [
        to_json(
            {"label": label, "probability": confidence, "probabilities": dict(zip(bundle.classes, values, strict=True))}
        )
        for label, confidence, values in zip(labels, confidences, probabilities, strict=True)
    ]
    if service.settings.log:
        service.log.write(service.records.lines(call.request_id, predictions, features, instances))
    return Reply(b'{"predictions":[%b],"model":%b}' % (b",".join(predictions), service.name))


def represent(service: Service, call: Call) -> Reply:
    """Answer a request for representations: for each instance, by layer."""
    layers = _layers(service, call.query)
    representations: list[bytes] = []
    for decoded in service.decoded(_instances(service, call), call.check):
        with timed(service.metrics.inferred):
            found = service.model.represent(decoded, layers, call.check)
        columns = [values.tolist() for values in found]
        representations += [to_json(dict(zip(layers, row, strict=True))) for row in zip(*columns, strict=True)]
    return Reply(b'{"representations":[%b],"model":%b}' % (b",".join(representations), service.name))


def _instances(service: Service, call: Call) -> list[Instance]:
    files, most = service.model.decoder is not None, service.settings.max_instances
    return read_instances(call.body, call.content_type, files=files, most=most, signs=service.signs)


def _layers(service: Service, query: bytes) -> list[str]:
    known = service.model.layers
    given = parse_qs(query.decode("latin-1"))
    for key in given:
        if key != "layers":
            raise Problem(422, "unknown parameter", "layers", field=key[:100])
    asked = [name for value in given.get("layers", []) for name in value.split(",") if name]
    for name in asked:
        if name not in known:
            raise Problem(422, f"unknown layer {name[:100]!r}", f"some of {', '.join(known)}", field="layers")
    return list(dict.fromkeys(asked)) or list(known)
