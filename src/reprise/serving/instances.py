"""What a request asks about: rows or files, from JSON or from a form."""

import base64
import binascii
import math
import sys
from typing import Any

from pydantic_core import from_json
from python_multipart import create_form_parser
from python_multipart.exceptions import FormParserError

from reprise.serving.model import Row
from reprise.serving.problem import Problem

JSON, FORM = "application/json", "multipart/form-data"

Instance = Row | bytes

_KINDS = {bool: "true or false", list: "a list", dict: "an object"}
_NUMBERS, _LARGEST = frozenset({float, int}), sys.float_info.max


def read_instances(body: bytes, content_type: str, *, files: bool, most: int, signs: int = 4) -> list[Instance]:
    """Return the rows, or with `files` the files' contents, of a request in the order in which they stand there.

    No instance has more than `signs` commas and brackets. Raises `Problem` at another content type, at no or more
    than `most` instances, and at what is neither.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        _check_signs(body, most * signs + 16)
        found = read_json(body, most)
        return [_file(value, place) if files else _row(value, place) for place, value in enumerate(found)]
    if kind == FORM and files:
        return list(_form(body, content_type, most))
    raise Problem(415, f"content type {kind[:100] or 'missing'}", f"{JSON} or {FORM}" if files else JSON)


def read_json(body: bytes, most: int) -> list[Any]:
    """Return the list under `instances`; raise `Problem` where there is none or it is empty or too long."""
    content = read_object(body)
    for key, value in content.items():
        # Vertex AI sends parameters; none are known here.
        if key != "instances" and not (key == "parameters" and not value):
            raise Problem(422, "unknown key", "instances", field=key[:100])
    instances = content.get("instances")
    if not isinstance(instances, list):
        found = "missing" if instances is None else "no list"
        raise Problem(422, found, "a list of rows or files", field="instances")
    check_count(len(instances), most)
    return instances


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is; raise `Problem` where it is none."""
    try:
        # NaN and Infinity are read here, and refused where it is known which field they stand for.
        content = from_json(body)
    except ValueError as error:
        raise Problem(422, f"no JSON ({error})"[:200], '{"instances": [...]}', field="body") from None
    if not isinstance(content, dict):
        raise Problem(422, "no JSON object", '{"instances": [...]}', field="body")
    return content


def check_count(count: int, most: int) -> None:
    """Raise `Problem` at no instances and at more than `most`."""
    if not 1 <= count <= most:
        raise Problem(422, f"{count} instances", f"from 1 to {most}", field="instances")


def _check_signs(body: bytes, most: int) -> None:
    """Refuse what would take many times its size in memory, before it is read."""
    if len(body) > most and sum(map(body.count, (b",", b"[", b"{"))) > most:
        raise Problem(422, "too many values", "fewer instances, or fewer values in them", field="instances")


def _row(value: Any, place: int) -> Row:
    if not isinstance(value, dict | list):
        raise Problem(422, "no row", "an object by feature name or a list", field=f"instances[{place}]")
    row: Row = value
    cells = value.values() if isinstance(value, dict) else value
    # The way of nearly all rows, and several times as fast.
    if _NUMBERS.issuperset(map(type, cells)) and all(-_LARGEST <= cell <= _LARGEST for cell in cells):
        return row
    for name, cell in value.items() if isinstance(value, dict) else enumerate(value):
        if type(cell) is float:
            if not math.isfinite(cell):
                raise Problem(422, str(cell), "a finite number, or null", field=_cell(place, name))
        elif cell is not None and type(cell) is not int:
            shown = _KINDS.get(type(cell), "text")
            raise Problem(422, shown, "a number, or null where it is missing", field=_cell(place, name))
    return row


def _cell(place: int, name: str | int) -> str:
    return f"instances[{place}][{name}]" if isinstance(name, int) else f"instances[{place}].{name[:100]}"


def _file(value: Any, place: int) -> bytes:
    field = f"instances[{place}]"
    if not isinstance(value, dict) or set(value) != {"b64"} or not isinstance(value["b64"], str):
        raise Problem(422, "no file", '{"b64": "the file in base64"}', field=field)
    try:
        content = base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, ValueError):
        raise Problem(422, "no base64", "the file in base64", field=f"{field}.b64") from None
    return _not_empty(content, field)


def _form(body: bytes, content_type: str, most: int) -> list[bytes]:
    contents: list[bytes] = []

    def on_file(file: Any) -> None:
        check_count(len(contents) + 1, most)
        contents.append(file.file_object.getvalue())

    def on_field(field: Any) -> None:
        name = (field.field_name or b"").decode(errors="replace")[:100]
        raise Problem(422, "no file", "files alone", field=name)

    # All of the body is in memory already: no part goes to a temporary file.
    config = {"MAX_MEMORY_FILE_SIZE": math.inf}
    try:
        parser = create_form_parser({"Content-Type": content_type.encode()}, on_field, on_file, config=config)
        try:
            parser.write(body)
            parser.finalize()
        finally:
            # By these it refers to itself: all that it read would stay until it is collected.
            parser.parser.callbacks.clear()  # type: ignore[union-attr]
    except (FormParserError, ValueError) as error:
        raise Problem(422, f"no form ({error})"[:200], "files as multipart/form-data", field="body") from None
    check_count(len(contents), most)
    return [_not_empty(content, f"file {place + 1}") for place, content in enumerate(contents)]


def _not_empty(content: bytes, field: str) -> bytes:
    if not content:
        raise Problem(422, "empty", "a file", field=field)
    return content
