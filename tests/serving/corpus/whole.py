"""The corpus: at least three hundred requests for a model that it must refuse."""

import random

from reprise.serving.examples import read_example
from reprise.serving.model import Model

from . import pictures, sounds, videos
from .case import FORM, JSON, Case, asked, encoded, form
from .envelopes import damages, envelopes
from .files import FOREIGN, mutations, refused
from .forms import base64s, boundaries, cut_forms, forms, no_forms, types
from .routes import layers, routes
from .rows import rows
from .tensors import tensors

_BOMBS = {"image": pictures.bombs, "audio": sounds.bombs, "video": videos.bombs}


def corpus_of(model: Model, most: int, seed: int = 0) -> list[Case]:
    """Return bad requests made from the examples of a bundle, for a server that takes `most` instances."""
    draw, modality = random.Random(seed), model.bundle.modality
    examples = [read_example(model.folder / example.file, modality) for example in model.bundle.examples]
    good = examples[0]
    instance = good if model.decoder is None else encoded(good)
    cases = [Case(name, body) for name, body in damages(asked(instance), 60, draw)]
    cases += [*envelopes(instance, most), *types(asked(instance)), *tensors(model, 20, draw)]
    cases += [*routes(asked(instance), JSON), *layers(asked(instance), JSON)]
    if model.decoder is None:
        return [*cases, *no_forms(b"content"), *rows(good, 300, draw)]
    cases += [*layers(form(good), FORM), *boundaries(good), *forms(good, most), *cut_forms(good, 20, draw)]
    hopeless = [*FOREIGN, *_BOMBS[modality](examples)]
    cases += refused(model.decoder, hopeless)
    hundreds = mutations(examples, modality, 300, seed)
    return [*cases, *base64s(good), *refused(model.decoder, hundreds, some=True)]
