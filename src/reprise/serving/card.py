"""What `/model` tells."""

from pathlib import Path

from reprise.serving.schemas import ExampleAnswer, Feature, Limits, ModelCard
from reprise.serving.service import Service


def model_card(service: Service) -> ModelCard:
    """Return what the bundle says of the model, what it accepts, and the limits of this server."""
    bundle, settings, decoder = service.model.bundle, service.settings, service.model.decoder
    longest = getattr(decoder, "max_seconds", settings.max_seconds)
    return ModelCard(
        task=bundle.task,
        modality=bundle.modality,
        classes=list(bundle.classes),
        decision=bundle.decision,
        metrics=bundle.metrics,
        parameters=bundle.parameters,
        data_sha256=bundle.data_sha256,
        sha256=bundle.served.sha256,
        quantization=bundle.quantization,
        features=[
            Feature(name=one.name, min=one.min, max=one.max, mean=one.mean, missing=one.missing)
            for one in bundle.reference
        ],
        input=bundle.served.input,
        layers=list(service.model.layers),
        accepts=sorted(decoder.suffixes) if decoder else None,
        examples=[
            ExampleAnswer(
                url=f"examples/{Path(example.file).name}",
                label=example.label,
                probabilities=dict(zip(bundle.classes, example.probabilities, strict=True)),
            )
            for example in bundle.examples
        ],
        limits=Limits(
            body_bytes=settings.max_body_bytes,
            instances=settings.max_instances,
            pixels=settings.max_pixels,
            seconds=longest,
            timeout_seconds=settings.timeout,
        ),
    )
