import pytest

from reprise.errors import InputError
from reprise.serving.settings import read_settings


def test_defaults_and_what_the_environment_says() -> None:
    settings = read_settings({"REPRISE_BUNDLE": ""})
    assert (settings.port, settings.bundle, settings.log, settings.api_key) == (8000, "models/bundle", None, None)
    environment = {
        "REPRISE_BUNDLE": "gs://bucket/model",
        "REPRISE_MAX_SECONDS": "12.5",
        "REPRISE_LOG_INPUTS": "true",
        "REPRISE_CORS_ORIGINS": "https://a.com, https://b.com",
        "REPRISE_API_KEY": "secret",
        "WEB_CONCURRENCY": "2",
    }
    settings = read_settings(environment)
    assert (settings.bundle, settings.max_seconds, settings.workers) == ("gs://bucket/model", 12.5, 2)
    assert settings.log_inputs is True
    assert settings.origins == ["https://a.com", "https://b.com"]
    assert "secret" not in repr(settings)


def test_cloud_run_and_vertex_ai_name_the_port() -> None:
    # What Kubernetes sets beside a service called reprise.
    kubernetes = {"REPRISE_PORT": "tcp://10.0.0.1:8000", "REPRISE_SERVICE_HOST": "10.0.0.1"}
    assert read_settings(kubernetes).port == 8000
    assert read_settings(kubernetes | {"PORT": "9000"}).port == 9000
    assert read_settings({"PORT": "9000", "AIP_HTTP_PORT": "9001"}).port == 9001
    assert read_settings({"PORT": "9000", "AIP_HTTP_PORT": ""}).port == 9000


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
def test_a_mistake_is_one_line(name: str, value: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        read_settings({name: value})
    assert str(caught.value) == expected


@pytest.mark.parametrize("key", ["", " ", "secret\n", "schlüssel", "\udcff"])
def test_a_key_that_nobody_could_send_is_refused_and_not_told(key: str) -> None:
    with pytest.raises(InputError, match="REPRISE_API_KEY: an empty or unusable secret; expected"):
        read_settings({"REPRISE_API_KEY": key})
