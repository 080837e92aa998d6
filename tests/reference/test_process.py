"""The command, as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from flake8_asyncdb.reference.__main__ import main

from .conftest import PATIENCE, until

COMMAND = (sys.executable, "-m", "flake8_asyncdb.reference", "--port", "0")


async def run(**environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND, env={**os.environ, **environment}, stderr=asyncio.subprocess.STDOUT, stdout=-1
    )


@contextlib.asynccontextmanager
async def running(**environment: str) -> AsyncIterator[httpx.AsyncClient]:
    """The service as a process, stopped by a signal at the end as a platform would."""
    process = await run(**environment)
    try:
        output = ""
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", output)):
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            assert line, output
            output += line.decode()
        base = f"http://127.0.0.1:{found[1]}"
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE, trust_env=False) as client:
            yield client
        process.send_signal(signal.SIGINT)
        rest, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, output + rest.decode()
        assert "Application shutdown complete" in rest.decode()
        assert "Traceback" not in rest.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def fails(**environment: str) -> tuple[int | None, str]:
    """Exit code and output of a process that does not start."""
    process = await run(**environment)
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, output.decode()


@pytest.mark.asyncio
async def test_one_command_starts_it_on_sqlite(tmp_path):
    async with running() as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        created = await client.post("/users", json={"name": "Ada", "email": "ada@example.org"})
        assert created.status_code == 201
    assert [path.name for path in Path(tmp_path).glob("chat.db*")] == ["chat.db"]  # no -wal: closed cleanly
    async with running() as client:
        assert (await client.get("/users")).json()["items"] == [created.json()]


@pytest.mark.asyncio
async def test_it_runs_on_postgresql_by_its_url(postgres):
    url = postgres.url("psycopg2").replace("postgresql+psycopg2", "postgres")
    async with running(DATABASE_URL=url) as client:
        assert (await client.get("/health")).json() == {"status": "ok"}
        await client.post("/users", json={"name": "Ada", "email": "ada@example.org"})
    assert postgres.admin("SELECT email FROM users") == [("ada@example.org",)]
    await until(lambda: postgres.connections() == 0)


@pytest.mark.asyncio
async def test_a_failed_start_says_why_and_no_password(postgres):
    code, output = await fails(DATABASE_URL="postgres://app:s3cret@127.0.0.1:1/app")
    assert code == 3
    assert "cannot connect to postgresql" in output
    assert "s3cret" not in output

    code, output = await fails(DATABASE_URL=postgres.url(password="s3cret-but-wrong"))
    assert code == 3
    assert 'password authentication failed for user "app"' in output
    assert "s3cret" not in output

    code, output = await fails(DATABASE_URL="mssql://app:s3cret@host/app")
    assert code == 2
    assert "unsupported database 'mssql'" in output
    assert "s3cret" not in output


def test_the_command_line(capsys):
    with pytest.raises(SystemExit) as leaves:
        main(["--help"])
    assert leaves.value.code == 0
    assert "--host" in capsys.readouterr().out
    with pytest.raises(SystemExit) as leaves:
        main(["--port", "high"])
    assert leaves.value.code == 2


def test_wrong_settings_are_named(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")
    assert main([]) == 2
    assert "pool_size" in capsys.readouterr().err
