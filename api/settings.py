"""How a store and its service are set up: by the command line, else by the environment, else by a file in the store.

The file is `vinspect.toml` in the folder of the store, so that every command that is given the folder knows the rest.
"""

from __future__ import annotations

import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vinspect.api.database import checked

FILE = "vinspect.toml"
_DATA = Path("vinspect-data")
_PREFIX = "VINSPECT_"


class SettingsError(ValueError):
    """A setting that cannot be; the message is one sentence that names it and says what to do."""


class Settings(BaseSettings):
    """What a service and the commands on its store need to know."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid")

    data: Path = _DATA
    """The folder of the store."""
    store: str | None = Field(None, repr=False)  # there is a password in it
    """The URL of a PostgreSQL database that takes the place of the SQLite file."""
    photographs: str | None = None
    """The bucket that photographs lie in, `s3://BUCKET/PREFIX`, in the place of a folder of the store."""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)

    workers: int | None = Field(None, ge=1)
    """Photographs that are scored at a time: as many as there are cores, unless told."""
    waiting: int | None = Field(None, ge=0)
    """Vehicles that may wait before the workers; three for two of them, unless told."""
    site: Path | None = None
    """What `vinspect calibrate` wrote: the site's own thresholds take the place of the judge's."""
    local_webhooks: bool = False
    """Whether a webhook may aim at this machine's own addresses, at loopback and link-local ones."""

    openid_issuer: str | None = None
    """The OpenID provider that people may sign in by, as it calls itself."""
    openid_client: str | None = None
    """What it calls this service."""
    openid_secret: str | None = Field(None, repr=False)
    """What it has given this service to show that it is that; without it PKCE alone does."""

    timestamps: str | None = None
    """The address of a time-stamp authority (RFC 3161) that stamps the log's checkpoints."""

    @field_validator("timestamps")
    @classmethod
    def _is_an_authority(cls, address: str | None) -> str | None:
        if address is not None and find_spec("rfc3161_client") is None:
            raise ValueError("time stamps need their library: pip install 'vinspect[timestamps]'")
        if address is not None and not address.startswith(("https://", "http://")):
            raise ValueError("it is the address of a time-stamp authority, and begins with http")
        return address

    @field_validator("photographs")
    @classmethod
    def _is_a_bucket(cls, address: str | None) -> str | None:
        if address is not None and find_spec("obstore") is None:
            raise ValueError("photographs in a bucket need its library: pip install 'vinspect[s3]'")
        there = urlsplit(address or "s3://-")
        if there.scheme != "s3" or not there.netloc or there.query or there.fragment:
            raise ValueError("it is the address of a bucket, s3://BUCKET or s3://BUCKET/PREFIX")
        return address

    @field_validator("openid_issuer")
    @classmethod
    def _is_a_provider(cls, issuer: str | None) -> str | None:
        if issuer is not None and find_spec("authlib") is None:
            raise ValueError("sign-in by OpenID needs its library: pip install 'vinspect[oidc]'")
        host = urlsplit(issuer or "").hostname
        if issuer is not None and not issuer.startswith("https://") and host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("it is the address of the provider, and begins with https://")
        return issuer

    @model_validator(mode="after")
    def _provider_and_client(self) -> Settings:
        if (self.openid_issuer is None) != (self.openid_client is None):
            raise ValueError("openid_issuer and openid_client: give both, or neither")
        return self

    @field_validator("store")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None:
            checked(url)
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Those of the command line come before the environment, and that before the file."""
        data = init_settings().get("data") or env_settings().get("data") or _DATA
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(data) / FILE)


def settings(**given: Any) -> Settings:
    """The settings; what is given as None is left to environment and file. Raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        said = "; ".join(
            ": ".join([*map(str, each["loc"][:1]), _sentence(each["msg"])])
            for each in error.errors(include_input=False)
        )
        raise SettingsError(f"{said} (an option of the command, {_PREFIX}... or {FILE} sets it)") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE} in the store's folder is no TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{error.filename}: it cannot be read ({error.strerror})") from error


def _sentence(message: str) -> str:
    said = message.removeprefix("Value error, ")
    return said[:1].lower() + said[1:]
