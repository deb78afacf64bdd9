"""The settings of the server: environment variables, read once."""

import difflib
import os
from typing import Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from reprise.errors import InputError

_PREFIX = "REPRISE_"
_COUNT = "a whole number of at least 1"
_SECONDS = "a number of seconds above 0"


# Not REPRISE_PORT, which Kubernetes sets to an address where a service is called reprise.
_PORTS = ("AIP_HTTP_PORT", "PORT")


def _named(*names: str) -> Any:
    return AliasChoices(*names)


class Settings(BaseSettings):
    """What a server is told by its environment; each field is `REPRISE_` and its name, unless it names another."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, populate_by_name=True, env_ignore_empty=True, extra="forbid"
    )

    bundle: str = Field("models/bundle", min_length=1, description="a folder, or a URL such as gs://bucket/folder")
    host: str = Field("127.0.0.1", min_length=1, description="an address to listen on")
    port: int = Field(8000, ge=0, le=65535, validation_alias=_named(*_PORTS), description="a port from 0 to 65535")
    predict_route: str | None = Field(
        None, pattern="^/", validation_alias=_named("AIP_PREDICT_ROUTE"), description="a path that begins with /"
    )
    health_route: str | None = Field(
        None, pattern="^/", validation_alias=_named("AIP_HEALTH_ROUTE"), description="a path that begins with /"
    )
    workers: int = Field(1, ge=1, le=256, validation_alias=_named("WEB_CONCURRENCY"), description=_COUNT)
    threads: int | None = Field(None, ge=1, le=1024, description=_COUNT)
    queue: int = Field(64, ge=1, description=_COUNT)
    timeout: float = Field(30.0, gt=0, allow_inf_nan=False, description=_SECONDS)
    drain: int = Field(5, ge=0, description="a whole number of seconds")
    max_body_bytes: int = Field(32 * 2**20, ge=1, description=_COUNT)
    max_buffered_bytes: int = Field(256 * 2**20, ge=1, description=_COUNT)
    max_pixels: int = Field(50_000_000, ge=1, description=_COUNT)
    max_seconds: float = Field(300.0, gt=0, allow_inf_nan=False, description=_SECONDS)
    max_instances: int = Field(1000, ge=1, description=_COUNT)
    api_key: SecretStr | None = Field(None, min_length=1, description="a secret")
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


def read_settings(**given: Any) -> Settings:
    """Read the settings from the environment, but what is `given`; raise `InputError` at the first mistake."""
    _check_names()
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        fields = {**Settings.model_fields, **{variable(key): field for key, field in Settings.model_fields.items()}}
        field = fields.get(name) or fields[name.lower().removeprefix(_PREFIX.lower())]
        shown = name if name.isupper() else variable(name)
        if name in _PORTS:  # pydantic tells the first of several names
            shown = next(one for one in _PORTS if os.environ.get(one))
        raise InputError(shown, repr(first["input"]), field.description or first["msg"]) from None


def variable(name: str) -> str:
    """Return the environment variable of a field, the first where there are several."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{_PREFIX}{name.upper()}"


def _check_names() -> None:
    """Refuse a variable that is nearly one of ours: a key that is not asked for would go unnoticed."""
    known = [variable(name) for name in Settings.model_fields]
    for name in os.environ:
        if name.startswith(_PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if near:
                raise InputError(name, "unknown setting", near[0])
