import base64

import pytest

from reprise.serving.instances import read_instances
from reprise.serving.problem import Problem

JSON = "application/json; charset=utf-8"


def rows(body: str, most: int = 10) -> list:
    return read_instances(body.encode(), JSON, files=False, most=most, signs=10)


def refused(body: bytes, content_type: str = JSON, files: bool = False, most: int = 10) -> Problem:
    with pytest.raises(Problem) as caught:
        read_instances(body, content_type, files=files, most=most)
    return caught.value


def form(*parts: tuple[str, bytes]) -> bytes:
    written = b"".join(b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (n.encode(), c) for n, c in parts)
    return written + b"--b--\r\n"


def test_rows_by_name_and_in_order() -> None:
    assert rows('{"instances": [{"a": 1, "b": null}, [2.5, 3]], "parameters": null}') == [
        {"a": 1, "b": None},
        [2.5, 3],
    ]


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ('{"instances": [[1, NaN]]}', "instances[0][1]", "a finite number, or null"),
        ('{"instances": [{"a": -Infinity}]}', "instances[0].a", "a finite number, or null"),
        ('{"instances": [{"a": 1e999}]}', "instances[0].a", "a finite number, or null"),
        ('{"instances": [[1], {"a": "1"}]}', "instances[1].a", "a number, or null where it is missing"),
        ('{"instances": [{"a": true}]}', "instances[0].a", "a number, or null where it is missing"),
        ('{"instances": [{"a": [1]}]}', "instances[0].a", "a number, or null where it is missing"),
        ('{"instances": [3]}', "instances[0]", "an object by feature name or a list"),
        ('{"instances": {}}', "instances", "a list of rows or files"),
        ("{}", "instances", "a list of rows or files"),
        ('{"instances": []}', "instances", "from 1 to 10"),
        ('{"instances": [' + ",".join("[1]" for _ in range(11)) + "]}", "instances", "from 1 to 10"),
        ('{"instance": [[1]]}', "instance", "instances"),
        ('{"instances": [[1]], "parameters": {"top": 1}}', "parameters", "instances"),
        ("[" * 50, "body", '{"instances": [...]}'),
        ('"instances"', "body", '{"instances": [...]}'),
        ("", "body", '{"instances": [...]}'),
        ('{"instances": [["\\ud800"]]}', "body", '{"instances": [...]}'),
    ],
)
def test_what_is_no_row_is_422_with_the_field_and_what_was_expected(body: str, field: str, expected: str) -> None:
    problem = refused(body.encode())
    assert (problem.status, problem.field, problem.expected) == (422, field, expected)


def test_what_would_take_many_times_its_size_in_memory_is_refused_unread() -> None:
    body = b'{"instances": [' + b"[]," * 100_000 + b"x"
    assert refused(body).message.startswith("instances: too many values")
    assert refused(b'{"instances": [[' + b"1.0," * 100_000 + b"x").message.startswith("instances: too many values")


def test_what_a_client_sent_breaks_no_line_of_the_log() -> None:
    problem = refused(b'{"instances": [{"a\\nb\\u202e": "x"}]}')
    assert problem.message.isprintable()


def test_files_in_base64_and_in_a_form() -> None:
    body = b'{"instances": [{"b64": "%s"}, {"b64": "eA=="}]}' % base64.b64encode(b"content")
    assert read_instances(body, JSON, files=True, most=10) == [b"content", b"x"]
    large = bytes(range(256)) * 10_000
    body = form(('name="file"; filename="a.jpg"', large), ('name="file"; filename="b.jpg"', b"\r\n--b-\r\n"))
    assert read_instances(body, "multipart/form-data; boundary=b", files=True, most=10) == [large, b"\r\n--b-\r\n"]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ('"eA=="', "instances[0]"),
        ('{"b64": 3}', "instances[0]"),
        ('{"b64": "eA==", "x": 1}', "instances[0]"),
        ('{"b64": "e A=="}', "instances[0].b64"),
        ('{"b64": "\u00e9"}', "instances[0].b64"),
        ('{"b64": ""}', "instances[0]"),
    ],
)
def test_what_is_no_file_is_422(value: str, field: str) -> None:
    problem = refused(f'{{"instances": [{value}]}}'.encode(), files=True)
    assert (problem.status, problem.field) == (422, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (form(('name="file"', b"no name of a file")), "file"),
        (form(('name="file"; filename="a"', b"")), "file 1"),
        (form(), "instances"),
        (form(*[('name="file"; filename="a"', b"x")] * 3), "instances"),
        (b"--b\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\ncut short", "instances"),
        (b"no form", "body"),
        (b"", "instances"),
    ],
)
def test_what_is_no_form_of_files_is_422(body: bytes, field: str) -> None:
    problem = refused(body, "multipart/form-data; boundary=b", files=True, most=2)
    assert (problem.status, problem.field) == (422, field)


def test_a_form_without_a_boundary_is_422() -> None:
    assert refused(form(("x", b"")), "multipart/form-data", files=True).status == 422
    assert refused(form(("x", b"")), f"multipart/form-data; boundary={'b' * 5000}", files=True).status == 422


@pytest.mark.parametrize("content_type", ["", "text/csv", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_content_type_is_415(content_type: str) -> None:
    problem = refused(b"x", content_type, files=True)
    assert (problem.status, problem.expected) == (415, "application/json or multipart/form-data")
    assert refused(b"x", "multipart/form-data; boundary=b").expected == "application/json"
