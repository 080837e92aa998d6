"""The password: in no log, no answer, no error."""

from __future__ import annotations

import logging
import traceback
from urllib.parse import quote

import pytest
from sqlalchemy.exc import StatementError

from flake8_asyncdb.reference.errors import DatabaseUnavailableError
from flake8_asyncdb.reference.models import User

from .conftest import PASSWORD

pytestmark = pytest.mark.asyncio
WRONG = "wr0ng/p@ss:w%rd?"


def check_silent(text: str) -> None:
    for password in (PASSWORD, WRONG):
        for spelling in (password, quote(password, safe=""), quote(password), password.replace("'", "''")):
            assert spelling not in text
    assert "s3cret" not in text
    assert "wr0ng" not in text


def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="sqlalchemy")  # has a level of its own


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_password_is_never_logged(start, postgres, caplog, driver):
    log_everything(caplog)
    answers = []
    async with start(postgres.url(driver), slow_query_seconds=0) as service:
        await service.chat()
        answers.append(await service.request("POST", "/users", json={"name": "x", "email": "a@example.org"}))
        postgres.control("stop")
        try:
            answers.append(await service.request("GET", "/health"))
        finally:
            postgres.control("start", "-o", f'-h "" -k {postgres.host}')
        assert [answer.status_code for answer in answers] == [409, 503]
        shown = [repr(value) for value in (service.app.state.engine, service.app.state.settings)]
    check_silent("".join([caplog.text, *shown, *(f"{answer.headers}{answer.text}" for answer in answers)]))
    # The log that was searched is the one with everything in it.
    assert "sqlalchemy.pool" in caplog.text
    assert "sqlalchemy.engine" in caplog.text
    assert "database unavailable: cannot connect to postgresql" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace(quote(PASSWORD, safe=""), quote(WRONG, safe="")),
        lambda url: url.replace("/app?", "/nowhere?"),
        lambda url: url + "&nonsense=1",
        lambda url: url.partition("@")[0] + "@127.0.0.1:1/app",
    ],
    ids=["password", "database", "parameter", "port"],
)
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_password_is_in_no_start_up_error(start, postgres, caplog, driver, change):
    log_everything(caplog)
    url = change(postgres.url(driver))
    with pytest.raises(DatabaseUnavailableError) as failure:
        async with start(url):
            pytest.fail("started without a database")
    error = failure.value
    check_silent("".join(traceback.format_exception(type(error), error, error.__traceback__)))
    check_silent(caplog.text)


async def test_values_are_in_no_error_of_sqlalchemy(start, url):
    async with start(url) as service:
        with pytest.raises(StatementError) as failure:
            async with service.app.state.session_factories.write.begin() as db:
                db.add(User(name="a private name", email=None))
        text = str(failure.value)
        assert "[SQL parameters hidden due to hide_parameters=True]" in text
        assert "private" not in text.partition("DETAIL")[0]  # PostgreSQL's own words have the failing row
