"""The page, in headless Chromium where there is one: apt has it as `chromium-headless-shell` and `chromium`."""

import contextlib
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import uvicorn
from conftest import Project
from PIL import Image
from platforms import is_root
from starlette.applications import Starlette
from starlette.routing import Mount

from reprise.serving.app import build_app
from reprise.serving.settings import Settings

from .conftest import MODALITIES, Serve

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "color_scheme": "dark",
    "reduced_motion": "reduce",
}

Start = Callable[..., str]
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip(f"no Chromium: none of {', '.join(CHROMIUM)} is installed")
    arguments = ["--no-sandbox"] if is_root() else []  # Chromium has no sandbox for root
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def start(trained: Callable[[str], Project]) -> Iterator[Start]:
    """Serve a bundle under settings, once for all tests: `start("wine", queue=1)` gives the address of its page."""
    addresses: dict[str, str] = {}
    with contextlib.ExitStack() as stack:

        def start(task: str, prefix: str = "/", **settings: Any) -> str:
            key = json.dumps([task, prefix, settings], default=str)
            if key not in addresses:
                app = build_app(Settings(bundle=str(trained(task).folder / "models/bundle"), **settings))
                addresses[key] = stack.enter_context(_served(app, prefix))
            return addresses[key]

        yield start


@contextlib.contextmanager
def _served(app: Any, prefix: str) -> Iterator[str]:
    if prefix != "/":
        app = Starlette(routes=[Mount(prefix, app)], lifespan=lambda _, inner=app: inner.router.lifespan_context(inner))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{prefix}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """Open a page: `visit(address, **options of the browser's context)`.

    Fails where one asked another host, or said an error on its console other than that a prediction was refused.
    """
    contexts: list[Any] = []
    hosts: set[str] = set()
    wrong: list[str] = []

    def visit(address: str, **options: Any) -> Any:
        context = browser.new_context(**(options or DESK))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: hosts.add(_host(request.url)))
        page.on("response", lambda response: wrong.extend([response.url] if _unasked(response) else []))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.extend([message.text] if _is_error(message) else []))
        page.goto(address)
        page.get_by_text("None yet").wait_for()
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not wrong
    assert {host for host in hosts if not host.startswith("127.0.0.1:")} <= {"data", "blob"}


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc or parts.scheme


def _unasked(response: Any) -> bool:
    return response.status >= 400 and not response.url.endswith("/predict")


def _is_error(message: Any) -> bool:
    # Chromium says so of every answer that is no success, and of requests without a network.
    return message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource")


def examples_of(trained: Callable[[str], Project], task: str) -> list[Path]:
    return sorted((trained(task).folder / "models/bundle/examples").iterdir())


def asked(page: Any, task: str, path: Path) -> dict[str, Any]:
    """Return what the server answers for an example to a client that is no page."""
    if task == "wine":
        answer = page.request.post(page.url + "predict", data={"instances": [json.loads(path.read_bytes())]})
    else:
        file = {"name": path.name, "mimeType": "application/octet-stream", "buffer": path.read_bytes()}
        answer = page.request.post(page.url + "predict", multipart={"file": file})
    prediction: dict[str, Any] = answer.json()["predictions"][0]
    return prediction


def shown(share: float) -> str:
    if share in {0, 1}:
        return f"{100 * share:g} %"
    return "> 99.9 %" if share > 0.999 else "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


def plain(locator: Any) -> list[str]:
    return [text.replace("\xa0", " ") for text in locator.all_inner_texts()]


def answer(page: Any) -> str:
    """Return the text of the one answer or error, once it is there."""
    page.locator("#answer[aria-busy=false]").wait_for()
    text: str = page.locator(".card").inner_text().replace("\xa0", " ")
    return text


def example(page: Any, number: int) -> Any:
    return page.get_by_role("button", name=re.compile(f"^Example {number} "))


def picture(size: int, name: str) -> dict[str, Any]:
    """Return a picture of noise, which no compression makes smaller, as a file to be picked."""
    file = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def test_the_policy_allows_the_script_of_the_page_alone(serve: Serve) -> None:
    answer = serve("wine").get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert len(re.findall("'sha256-[^']+'", policy)) == answer.text.count("<script") == 1
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", answer.text)


@pytest.mark.parametrize("task", MODALITIES.values())
def test_an_example_is_answered_as_for_a_program(
    visit: Visit, start: Start, trained: Callable[[str], Project], task: str
) -> None:
    page = visit(start(task))
    example(page, 2).press("Enter")
    text = answer(page)
    expected = asked(page, task, examples_of(trained, task)[1])
    shares = sorted(expected["probabilities"].values(), reverse=True)
    assert plain(page.locator("h3")) == [f"{expected['label']} {shown(expected['probability'])}"]
    assert plain(page.locator(".bars b")) == [shown(share) for share in shares]
    assert page.locator(".chosen span").text_content() == expected["label"]
    assert "✓ As expected" in text
    assert page.get_by_role("status").inner_text().startswith(f"{expected['label']}, ")


@pytest.mark.parametrize(("task", "name"), [("hotdog", "threshold"), ("accident", "group_threshold")])
def test_a_line_marks_where_the_positive_class_begins(visit: Visit, start: Start, task: str, name: str) -> None:
    page = visit(start(task))
    example(page, 1).click()
    text = answer(page)
    decision = page.request.get(page.url + "model").json()["decision"]
    assert f"The answer is {decision['positive']} from {shown(decision[name])} on" in text
    bar = page.locator(".bars li", has=page.locator(".mark"))
    assert bar.locator("span").text_content() == decision["positive"]
    track, mark = bar.locator(".track").bounding_box(), bar.locator(".mark").bounding_box()
    assert (mark["x"] - track["x"]) / track["width"] == pytest.approx(decision[name], abs=0.01)


def test_it_tells_what_the_model_is_and_how_good(visit: Visit, start: Start) -> None:
    page = visit(start("accident"))
    card = page.request.get(page.url + "model").json()
    metrics = card["metrics"]
    assert page.title() == "accident · Reprise"
    (lead,) = plain(page.locator("#lead"))
    assert lead == f"Tells accident and normal apart. Right for {shown(metrics['group_accuracy'])} of its test set."
    assert page.locator("dt").count() == len(metrics)
    page.locator("#about summary").click()
    assert f"log loss\n{metrics['log_loss']:#.3g}" in page.locator(".rest").inner_text()
    assert card["sha256"][:12] in page.locator("footer").inner_text()


@pytest.mark.parametrize("task", MODALITIES.values())
def test_a_narrow_screen_in_the_dark_shows_all_without_scrolling_sideways(
    visit: Visit, start: Start, task: str
) -> None:
    page = visit(start(task), **PHONE)
    example(page, 1).click()
    answer(page)
    assert 0 < page.locator("h3").bounding_box()["y"] < 740
    page.locator("#about summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 22)"


def test_an_answer_that_is_not_the_expected_one_is_told(visit: Visit, start: Start) -> None:
    page = visit(start("wine"))
    other = {"label": "other", "probability": 1.0, "probabilities": {"other": 1.0, "class_0": 0.0}}
    page.route("**/predict", lambda route: route.fulfill(json={"predictions": [other]}))
    example(page, 1).click()
    assert "✗ Expected: class_" in answer(page)


def test_each_of_several_files_has_its_answer_or_its_error(
    visit: Visit, start: Start, trained: Callable[[str], Project], tmp_path: Path
) -> None:
    page = visit(start("hotdog"))
    first, second, *_ = examples_of(trained, "hotdog")
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    page.locator("input[type=file]").set_input_files([first, text, second])
    page.get_by_text("3 of 3 answered").wait_for(state="attached")
    cards = plain(page.locator(".card"))
    assert [card.splitlines()[0] for card in cards] == [first.name, "text.jpg cannot be used.", second.name]
    assert asked(page, "hotdog", second)["label"] in cards[2]
    assert "Expected: a whole JPEG" in cards[1]
    assert page.locator(".card img").count() == 2


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(
    visit: Visit, start: Start, trained: Callable[[str], Project], way: str
) -> None:
    page = visit(start("hotdog"))
    path = examples_of(trained, "hotdog")[0]
    given = page.evaluate_handle(
        """bytes => {
            const given = new DataTransfer();
            given.items.add(new File([new Uint8Array(bytes)], "mine.jpg"));
            return given;
        }""",
        list(path.read_bytes()),
    )
    if way == "drop":
        page.locator(".drop").dispatch_event("drop", {"dataTransfer": given})
    else:
        page.evaluate("given => document.dispatchEvent(new ClipboardEvent('paste', "
                      "{ clipboardData: given, bubbles: true }))", given)  # fmt: skip
    assert answer(page).startswith("mine.jpg")
    assert plain(page.locator("h3"))[0].startswith(asked(page, "hotdog", path)["label"])


def test_the_form_is_filled_in_and_sent_from_the_keyboard(
    visit: Visit, start: Start, trained: Callable[[str], Project]
) -> None:
    page = visit(start("wine"))
    path = examples_of(trained, "wine")[2]
    row = json.loads(path.read_bytes())
    examples = page.locator(".examples button").count()
    for _ in range(examples):
        page.keyboard.press("Tab")
    for value in row.values():
        page.keyboard.press("Tab")
        page.keyboard.type(str(value))  # what stood there is selected
    assert page.evaluate("document.activeElement.labels[0].textContent") == list(row)[-1]
    with page.expect_request("**/predict") as request:
        page.keyboard.press("Enter")
    assert answer(page).startswith("Your row")
    assert request.value.post_data_json == {"instances": [row]}
    assert plain(page.locator("h3"))[0].startswith(asked(page, "wine", path)["label"])


def test_a_field_says_that_its_value_is_missing_or_outside_the_range_of_training(visit: Visit, start: Start) -> None:
    page = visit(start("wine"))
    alcohol, ash = page.get_by_label("alcohol", exact=True), page.get_by_label("ash", exact=True)
    hints = page.locator(".fields p")
    low, high = map(float, hints.nth(0).inner_text().split(" to "))
    assert low < float(alcohol.input_value()) < high
    alcohol.fill("99")
    ash.fill("")
    assert hints.nth(0).inner_text() == f"outside {low:g} to {high:g}"
    assert hints.nth(2).inner_text().startswith("missing; ")
    with page.expect_request("**/predict") as request:
        page.get_by_role("button", name="Predict").click()
    answer(page)
    (row,) = request.value.post_data_json["instances"]
    assert (row["alcohol"], row["ash"]) == (99, None)
    page.get_by_role("button", name="averages").click()
    page.get_by_text(f"outside {low:g}").wait_for(state="detached")


def test_what_the_server_refuses_of_a_row_is_told_at_its_field(visit: Visit, start: Start) -> None:
    page = visit(start("wine"))
    page.get_by_label("malic_acid").fill("1e39")
    page.get_by_role("button", name="Predict").click()
    text = answer(page)
    assert text.startswith("malic_acid cannot be used.")
    assert "Expected: a finite number" in text
    assert page.evaluate("document.activeElement.matches('[aria-invalid]')")
    assert "Expected: a finite number" in page.locator("[aria-invalid] + p").inner_text()


def test_a_file_above_a_limit_is_refused_before_it_is_sent_or_by_the_server(visit: Visit, start: Start) -> None:
    page = visit(start("hotdog", max_body_bytes=200_000, max_pixels=30_000))
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("input[type=file]").set_input_files(picture(300, "bytes.png"))
    text = answer(page)
    assert text.startswith("bytes.png is too large.")
    assert "at most 0.191 MB" in text
    assert "POST" not in sent
    page.locator("input[type=file]").set_input_files(picture(200, "pixels.png"))
    page.get_by_role("heading", name="pixels.png").wait_for()
    assert "Found: 200 x 200 pixels. Expected: at most 30000 pixels." in answer(page)


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (
            503,
            {"Retry-After": "7"},
            {"error": "9 requests wait already"},
            "The server is busy.\nTry again in 7 seconds.",
        ),
        (504, {}, {"error": "no answer within 30 seconds"}, "It took too long.\nThe server gave up: no answer within"),
        (401, {}, {"error": "no key"}, "This server asks for its key."),
        (502, {}, "<html>a proxy</html>", "The server failed.\nIt answered with status 502."),
    ],
)
def test_what_failed_is_told_in_words(
    visit: Visit, start: Start, status: int, headers: dict[str, str], body: Any, expected: str
) -> None:
    page = visit(start("wine"))
    text = body if isinstance(body, str) else json.dumps(body)
    page.route("**/predict", lambda route: route.fulfill(status=status, headers=headers, body=text))
    example(page, 1).click()
    assert re.sub(r"\n+", "\n", answer(page)).startswith(expected)


def test_without_a_network_it_says_so_and_tries_again(visit: Visit, start: Start) -> None:
    page = visit(start("hotdog"))
    page.context.set_offline(True)
    example(page, 1).click()
    assert answer(page).startswith("No connection to the server.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").press("Enter")
    page.get_by_text("As expected").first.wait_for()


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_newer_one(visit: Visit, start: Start) -> None:
    page = visit(start("wine"))
    held: list[Any] = []
    page.route("**/predict", lambda route: route.continue_() if held else held.append(route))
    example(page, 1).click()
    page.get_by_text("Waiting for the answer …").wait_for()
    example(page, 2).click()
    assert answer(page).startswith("Example 2")
    held[0].fulfill(json={"predictions": [{"label": "late", "probability": 1, "probabilities": {"late": 1}}]})
    page.wait_for_timeout(100)
    assert answer(page).startswith("Example 2")
    assert "late" not in page.get_by_role("status").inner_text()


def test_it_works_below_a_path(visit: Visit, start: Start) -> None:
    page = visit(start("wine", prefix="/below/here/"))
    example(page, 1).click()
    assert "✓ As expected" in answer(page)


def test_a_browser_that_knows_the_key_may_ask(visit: Visit, start: Start) -> None:
    address = start("hotdog", api_key="secret")
    page = visit(address, http_credentials={"username": "any", "password": "secret"})
    example(page, 1).click()
    assert "✓ As expected" in answer(page)
