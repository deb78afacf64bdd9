import pytest

from reprise.errors import InputError
from reprise.serving.settings import read_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "AIP_HTTP_PORT", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)


def test_defaults_and_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().port, read_settings().bundle, read_settings().log) == (8000, "models/bundle", None)
    monkeypatch.setenv("REPRISE_BUNDLE", "gs://bucket/model")
    monkeypatch.setenv("REPRISE_MAX_SECONDS", "12.5")
    monkeypatch.setenv("REPRISE_CORS_ORIGINS", "https://a.com, https://b.com")
    monkeypatch.setenv("REPRISE_API_KEY", "secret")
    settings = read_settings()
    assert (settings.bundle, settings.max_seconds) == ("gs://bucket/model", 12.5)
    assert settings.origins == ["https://a.com", "https://b.com"]
    assert "secret" not in repr(settings)


def test_cloud_run_and_vertex_ai_name_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    # What Kubernetes sets beside a service called reprise.
    monkeypatch.setenv("REPRISE_PORT", "tcp://10.0.0.1:8000")
    assert read_settings().port == 9000
    monkeypatch.setenv("AIP_HTTP_PORT", "9001")
    assert read_settings().port == 9001


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("REPRISE_QUEUE", "many", "REPRISE_QUEUE: 'many'; expected a whole number of at least 1"),
        ("REPRISE_THREADS", "0", "REPRISE_THREADS: '0'; expected a whole number of at least 1"),
        ("REPRISE_TIMEOUT", "nan", "REPRISE_TIMEOUT: 'nan'; expected a number of seconds above 0"),
        ("PORT", "http", "PORT: 'http'; expected a port from 0 to 65535"),
        ("AIP_HEALTH_ROUTE", "health", "AIP_HEALTH_ROUTE: 'health'; expected a path that begins with /"),
        ("REPRISE_APIKEY", "secret", "REPRISE_APIKEY: unknown setting; expected REPRISE_API_KEY"),
    ],
)
def test_a_mistake_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as caught:
        read_settings()
    assert str(caught.value) == expected
