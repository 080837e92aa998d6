"""Row 8, URL: the driver in the URL fits the engine."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.urls import ASYNC_DRIVER_FOR


@rule(
    "ADB801",
    "sync-driver-url",
    Severity.ERROR,
    "`{scheme}` names no async driver, which `{call}()` refuses: use `{remedy}`",
)
def sync_driver_url(module: ModuleFacts) -> Iterator[Hit]:
    """An async engine on a URL with a sync driver.

    Why: `create_async_engine` raises InvalidRequestError: the asyncio extension requires an async driver.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+psycopg2://db/app", pool_pre_ping=True)  # ADB801

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: drivers that do both (`postgresql+psycopg`, `oracle+oracledb`); URLs that are converted on the way;
    URLs that are not known; `postgresql://`, whose default driver depends on SQLAlchemy's version, where the
    version is not known.
    """
    for engine in module.engines:
        url = engine.url_for_sync_driver() if engine.is_async and not engine.has_creator else None
        if url is not None and url.scheme is not None:
            remedy = ASYNC_DRIVER_FOR.get(url.dialect or "", "an async driver")
            yield hit(engine.node, scheme=url.scheme, call=engine.call_name, remedy=remedy)


@rule(
    "ADB802",
    "async-driver-url",
    Severity.ERROR,
    "`{scheme}` names an async driver, which fails under `{call}()` at the first connection: "
    "use `create_async_engine()`",
)
def async_driver_url(module: ModuleFacts) -> Iterator[Hit]:
    """A sync engine on a URL with an async-only driver.

    Why: the engine is made without complaint; the first connection raises MissingGreenlet.

    Bad:

        from sqlalchemy import create_engine

        engine = create_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)  # ADB802

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: drivers that do both; `AsyncEngine(create_engine(...))`; URLs that are converted on the way or
    not known.
    """
    for engine in module.engines:
        if engine.is_async or engine.is_wrapped_async or engine.has_creator:
            continue
        for url in engine.urls:
            if url.is_async_only and url.scheme:
                yield hit(engine.node, scheme=url.scheme, call=engine.call_name)
                break


@rule(
    "ADB803",
    "postgres-scheme",
    Severity.ERROR,
    "`postgres://` is no dialect of SQLAlchemy, the engine fails with NoSuchModuleError: use `{remedy}`",
)
def postgres_scheme(module: ModuleFacts) -> Iterator[Hit]:
    """A `postgres://` URL that reaches an engine.

    Why: SQLAlchemy 1.4 removed the alias: NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgres://db/app", pool_pre_ping=True)  # ADB803

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: literals that reach no engine, such as error texts; URLs that are converted on the way.
    """
    for engine in module.engines:
        if any(url.is_postgres_alias for url in engine.urls):
            remedy = "postgresql+asyncpg://" if engine.is_async else "postgresql://"
            yield hit(engine.node, remedy=remedy)


@rule(
    "ADB891",
    "url-by-replace",
    Severity.ADVICE,
    "the driver is put into the URL by `replace()`: write `make_url(url).set(drivername=...)`",
)
def url_by_replace(module: ModuleFacts) -> Iterator[Hit]:
    """A URL converted as text.

    Why: `replace` also hits a password or a path that contains the scheme, does nothing for a spelling that was
    not thought of, and the engine then fails with an error about the driver. `make_url` knows the parts.

    Bad:

        import os
        from sqlalchemy.ext.asyncio import create_async_engine

        url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")  # ADB891
        engine = create_async_engine(url, pool_pre_ping=True)

    Good:

        import os
        from sqlalchemy import make_url
        from sqlalchemy.ext.asyncio import create_async_engine

        url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, pool_pre_ping=True)

    Not reported: replacements of anything but a scheme of a database.
    """
    for replacement in module.scheme_replacements():
        yield hit(replacement)
