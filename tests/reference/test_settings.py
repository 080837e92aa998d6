"""Settings and URLs: what is accepted, what it becomes, and what is refused without telling the password."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url

from flake8_asyncdb.reference.settings import Settings
from flake8_asyncdb.reference.urls import UnsupportedDatabaseURLError, to_async_url


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("sqlite://", "sqlite+aiosqlite://"),
        ("sqlite:///chat.db", "sqlite+aiosqlite:///chat.db"),
        ("sqlite:////srv/chat.db", "sqlite+aiosqlite:////srv/chat.db"),
        ("sqlite:///:memory:", "sqlite+aiosqlite:///:memory:"),
        ("sqlite+pysqlite:///chat.db", "sqlite+aiosqlite:///chat.db"),
        ("sqlite+aiosqlite:///chat.db", "sqlite+aiosqlite:///chat.db"),
        (
            "sqlite:///file:x?cache=shared&mode=memory&uri=true",
            "sqlite+aiosqlite:///file:x?cache=shared&mode=memory&uri=true",
        ),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h:5433/d", "postgresql+asyncpg://u:p@h:5433/d"),
        ("postgresql+psycopg2://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+pg8000://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg_async://u:p@h/d", "postgresql+psycopg_async://u:p@h/d"),
        ("mysql://u:p@h/d", "mysql+aiomysql://u:p@h/d"),
        ("mysql+pymysql://u:p@h/d?charset=utf8mb4", "mysql+aiomysql://u:p@h/d?charset=utf8mb4"),
        ("mysql+mysqldb://u:p@h/d", "mysql+aiomysql://u:p@h/d"),
        ("mysql+aiomysql://u:p@h/d", "mysql+aiomysql://u:p@h/d"),
        ("mysql+asyncmy://u:p@h/d", "mysql+asyncmy://u:p@h/d"),
        ("mariadb://u:p@h/d", "mariadb+aiomysql://u:p@h/d"),
        ("mariadb+asyncmy://u:p@h/d", "mariadb+asyncmy://u:p@h/d"),
        # query parameters
        ("postgresql://h/d?application_name=x", "postgresql+asyncpg://h/d?application_name=x"),
        ("postgresql://h/d?host=a:1&host=b:2", "postgresql+asyncpg://h/d?host=a%3A1&host=b%3A2"),
        ("postgres://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
        (
            "postgresql+asyncpg://h/d?sslmode=verify-full&channel_binding=prefer",
            "postgresql+asyncpg://h/d?ssl=verify-full",
        ),
        (
            "postgresql+psycopg://h/d?sslmode=require&channel_binding=require",
            "postgresql+psycopg://h/d?sslmode=require&channel_binding=require",
        ),
    ],
)
def test_the_driver_is_chosen_and_the_rest_is_kept(raw, expected):
    assert to_async_url(raw) == to_async_url(make_url(raw)) == make_url(expected)
    assert to_async_url(expected) == make_url(expected)


def test_the_driver_of_each_url_exists():
    for scheme in ("sqlite", "postgres", "postgresql+psycopg", "postgresql+psycopg_async"):
        dialect = to_async_url(f"{scheme}://").get_dialect(_is_async=True)
        assert dialect.is_async
    for scheme in ("mysql", "mysql+asyncmy", "mariadb", "mariadb+asyncmy"):
        assert to_async_url(f"{scheme}://").get_dialect(_is_async=True).is_async


@pytest.mark.parametrize("password", ["simple", "p@ss/w:rd?#[]%", "ünï çødé", "***"])
def test_a_password_survives_whatever_is_in_it(password):
    raw = make_url("postgresql://u@h/d").set(password=password)
    assert to_async_url(raw).password == password
    assert to_async_url(raw.render_as_string(hide_password=False)).password == password
    assert password == "***" or password not in str(to_async_url(raw))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "not a database URL"),
        ("chat.db", "not a database URL"),
        ("u:s3cret@h/d", "not a database URL"),
        ("postgresql://u:s3cret/s3cret@h:s3cret/d", "not a database URL"),
        ("postgresql://u@h:s3cret/d", "not a database URL"),
        ("mssql+pyodbc://u:s3cret@h/d", "unsupported database 'mssql+pyodbc'"),
        ("oracle://u:s3cret@h/d", "unsupported database 'oracle'"),
        ("http://u:s3cret@h/d", "unsupported database 'http'"),
        ("postgresql+magic://u:s3cret@h/d", "no async driver 'postgresql+magic'"),
        ("sqlite+pysqlcipher://:s3cret@/d", "no async driver 'sqlite+pysqlcipher'"),
        ("postgres://u:s3cret@h/d?channel_binding=require", "asyncpg has no channel_binding=require"),
    ],
)
def test_what_is_refused(raw, message):
    with pytest.raises(UnsupportedDatabaseURLError) as refusal:
        to_async_url(raw)
    assert str(refusal.value).startswith(message)
    assert "s3cret" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None

    with pytest.raises(ValidationError) as invalid:
        Settings(url=raw)
    assert message in str(invalid.value)
    assert "s3cret" not in f"{invalid.value}{invalid.value!r}"


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://u:s3cret@h/d")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "7")
    monkeypatch.setenv("DATABASE_SLOW_QUERY_SECONDS", "0.25")
    monkeypatch.setenv("DATABASE_CREATE_TABLES", "no")
    settings = Settings()
    assert settings.url.get_secret_value() == "postgres://u:s3cret@h/d"
    assert (settings.pool_size, settings.slow_query_seconds, settings.create_tables) == (7, 0.25, False)
    assert "s3cret" not in f"{settings}{settings!r}{settings.model_dump_json()}"


def test_settings_come_from_a_file(tmp_path):
    (tmp_path / ".env").write_text("DATABASE_POOL_SIZE=9\nSOMETHING_ELSE=1\n")
    assert Settings().pool_size == 9


def test_settings_by_default():
    assert Settings().url == SecretStr("sqlite:///chat.db")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pool_size", 0),
        ("max_overflow", -1),
        ("pool_timeout_seconds", 0),
        ("pool_recycle_seconds", -1),
        ("sqlite_busy_timeout_ms", -1),
        ("sqlite_cache_kib", 0),
        ("slow_query_seconds", -1),
        ("create_tables", "perhaps"),
    ],
)
def test_settings_that_make_no_sense(name, value):
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})
