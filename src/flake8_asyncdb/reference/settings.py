"""Settings of the database layer, read from the environment and from a `.env` file."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .urls import to_async_url


class Settings(BaseSettings):
    """Each field is an environment variable with the prefix `DATABASE_`: `DATABASE_POOL_SIZE`.

    Raises `pydantic.ValidationError` for a value that does not fit. The URL holds a password: it is a
    `SecretStr`, and `hide_input_in_errors` keeps the rejected value out of the validation error as well.
    """

    model_config = SettingsConfigDict(
        env_prefix="DATABASE_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    url: SecretStr = SecretStr("sqlite:///chat.db")
    """Any URL that `to_async_url` accepts; the driver is chosen there."""

    pool_size: int = Field(default=5, ge=1)
    """Connections that a process keeps. Processes x (pool_size + max_overflow) must fit the server."""

    max_overflow: int = Field(default=10, ge=0)
    """Connections above `pool_size` that may be opened under load and are closed when they come back."""

    pool_timeout_seconds: float = Field(default=10, gt=0)
    """How long a request waits for a connection before it is answered with 503."""

    pool_recycle_seconds: int = Field(default=1800, gt=0)
    """Age at which a connection is replaced: stay below the idle limit of server, proxy and firewall."""

    sqlite_busy_timeout_ms: int = Field(default=10_000, ge=0)
    """How long a SQLite connection waits for another writer's lock. The driver's own default is 5000."""

    sqlite_cache_kib: int = Field(default=64_000, gt=0)
    """Page cache of each SQLite connection, in KiB."""

    slow_query_seconds: float = Field(default=0.5, ge=0)
    """Statements that take at least this long are logged; 0 logs every statement."""

    create_tables: bool = True
    """Create missing tables at start-up. Turn it off where migrations (Alembic) own the schema."""

    @field_validator("url")
    @classmethod
    def _supported(cls, url: SecretStr) -> SecretStr:
        to_async_url(url.get_secret_value())
        return url
