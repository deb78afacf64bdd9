"""The settings of the server: environment variables, read once."""

import difflib
import os
import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from reprise.errors import InputError

# The one port: that of the image, of the service on Cloud Run, and of what reads its metrics.
DEFAULT_PORT = 8000

_PREFIX = "REPRISE_"
_COUNT = "a whole number of at least 1"
_SECONDS = "a number of seconds above 0"


_KEY = re.compile("[!-~]+")
# What other names than ours mean, the first that is set. Kubernetes sets REPRISE_PORT to an address where a service is
# called reprise.
_OTHERS = {
    "port": ("AIP_HTTP_PORT", "PORT"),
    "predict_route": ("AIP_PREDICT_ROUTE",),
    "health_route": ("AIP_HEALTH_ROUTE",),
    "workers": ("WEB_CONCURRENCY",),
}


class Settings(BaseModel):
    """What a server is told by its environment; each field is `REPRISE_` and its name but a few."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: str = Field("models/bundle", min_length=1, description="a folder, or a URL such as gs://bucket/folder")
    host: str = Field("127.0.0.1", min_length=1, description="an address to listen on")
    port: int = Field(DEFAULT_PORT, ge=0, le=65535, description="a port from 0 to 65535")
    predict_route: str | None = Field(None, pattern="^/", description="a path that begins with /")
    health_route: str | None = Field(None, pattern="^/", description="a path that begins with /")
    workers: int = Field(1, ge=1, le=256, description=_COUNT)
    threads: int | None = Field(None, ge=1, le=1024, description=_COUNT)
    queue: int = Field(64, ge=1, description=_COUNT)
    timeout: float = Field(30.0, gt=0, allow_inf_nan=False, description=_SECONDS)
    drain: int = Field(5, ge=0, description="a whole number of seconds")
    max_body_bytes: int = Field(32 * 2**20, ge=1, description=_COUNT)
    max_buffered_bytes: int = Field(256 * 2**20, ge=1, description=_COUNT)
    max_pixels: int = Field(50_000_000, ge=1, description=_COUNT)
    max_seconds: float = Field(300.0, gt=0, allow_inf_nan=False, description=_SECONDS)
    max_instances: int = Field(1000, ge=1, description=_COUNT)
    api_key: SecretStr | None = Field(None, description="a secret")
    cors_origins: str = Field("", description="origins with commas between, or *")
    log: str | None = Field(None, min_length=1, description="a folder, or a URL such as gs://bucket/folder")
    log_spool: str | None = Field(None, min_length=1, description="a folder that can be written to")
    log_bytes: int = Field(16 * 2**20, ge=1, description=_COUNT)
    log_seconds: float = Field(60.0, gt=0, allow_inf_nan=False, description=_SECONDS)
    log_inputs: bool = Field(default=False, description="true or false")

    @property
    def origins(self) -> list[str]:
        """The origins that a browser may call from."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; an empty variable is none. Raises `InputError` at the first mistake."""
    _check_names(environment)
    _check_key(environment)
    set_by = {name: one for name in _FIELDS for one in reversed(_variables(name)) if environment.get(one)}
    try:
        return Settings.model_validate({name: environment[one] for name, one in set_by.items()})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        found, expected = environment[set_by[name]], _FIELDS[name].description
        raise InputError(set_by[name], repr(found), str(expected)) from None


def variable(name: str) -> str:
    """Return the environment variable of a field, the first where there are several."""
    return _variables(name)[0]


def _variables(name: str) -> tuple[str, ...]:
    return _OTHERS.get(name, (f"{_PREFIX}{name.upper()}",))


def _check_names(environment: Mapping[str, str]) -> None:
    """Refuse a variable that is nearly one of ours: a key that is not asked for would go unnoticed."""
    known = [variable(name) for name in _FIELDS]
    for name in environment:
        if name.startswith(_PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if near:
                raise InputError(name, "unknown setting", near[0])


def _check_key(environment: Mapping[str, str]) -> None:
    """Refuse an empty key, by which a server would be open, and signs that no header can hold."""
    key = environment.get(variable("api_key"))
    if key is not None and not _KEY.fullmatch(key):
        raise InputError(variable("api_key"), "an empty or unusable secret", "letters, digits and signs of ASCII")


_FIELDS = Settings.model_fields
