"""Reads the services that the command names into one table."""

from __future__ import annotations

import dataclasses
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from flake8_asyncdb.report import exchange, sources
from flake8_asyncdb.report.cells import cells
from flake8_asyncdb.report.sources import Argument, SourceError
from flake8_asyncdb.report.survey import surveyed
from flake8_asyncdb.report.table import Cell, Service, Source, Table, shown


def read(
    texts: list[str], since: str | None = None, begin: Callable[[int, str], None] = lambda number, name: None
) -> Table:
    """The table of the services that the texts name; what cannot be read becomes a sentence among its errors.

    `begin` is called with the number and the name of each service before it is read.
    """
    services: list[Service] = []
    errors: list[str] = []
    for number, text in enumerate(texts, 1):
        begin(number, shown(text))
        try:
            services += _services(sources.argument(text), since)
        except SourceError as error:
            errors.append(shown(str(error)))
    return Table(tuple(_told_apart(services)), tuple(errors))


def _services(given: Argument, since: str | None) -> Iterator[Service]:
    if sources.is_json(given):
        if since is not None:
            raise SourceError(f"{given.place!r} is a JSON file, which has no revision {since!r}")
        yield from _from_json(given)
        return
    service = _surveyed(given)
    if since is not None:
        service = dataclasses.replace(service, since=_surveyed(given, since))
    yield service


def _surveyed(given: Argument, since: str | None = None) -> Service:
    with sources.checkout(given, since) as files:
        try:
            return _drawn(given, files)
        finally:
            gc.collect()


def _drawn(given: Argument, files: sources.Checkout) -> Service:
    with surveyed(files.root, files.below) as survey:
        drawn = cells(survey)
        return Service(
            name=shown(given.name or _default_name(files.source)),
            source=_source(files, drawn),
            cells=drawn,
            files=len(survey.files),
            unread=tuple(survey.unread),
        )


def _source(files: sources.Checkout, drawn: tuple[Cell, ...]) -> Source:
    """Where a service was read, with the place on the web of a check-out that is as it was committed."""
    given = files.source
    revision = None if given.revision is None else shown(given.revision)
    source = dataclasses.replace(given, path=shown(given.path), revision=revision)
    if source.revision is None:
        paths = (evidence.path for cell in drawn for evidence in cell.evidence)
        found = sources.published(files.root / files.below, paths)
        if found is not None:
            return dataclasses.replace(source, commit=found[0], link=found[1])
    return source


def _default_name(source: Source) -> str:
    """The directory's name, with the revision where there is one."""
    directory = Path(source.path)
    name = directory.name or directory.resolve().name
    return f"{name}@{source.revision}" if source.revision else name


def _from_json(given: Argument) -> list[Service]:
    try:
        text = given.path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError(f"{given.place!r} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceError(f"{given.place!r} cannot be read: {reason}") from None
    try:
        services = exchange.loads(text)
    except exchange.FormatError as error:
        raise SourceError(f"{given.place!r} {error}") from None
    if given.name and len(services) != 1:
        raise SourceError(f"{given.place!r} holds {len(services)} services, so that {given.name!r} cannot name them")
    return [dataclasses.replace(each, name=shown(given.name)) for each in services] if given.name else services


def _told_apart(services: list[Service]) -> Iterator[Service]:
    """The services with different names: where two share one, the path says which is meant, or a number."""
    names = Counter(service.name for service in services)
    seen: Counter[str] = Counter()
    for service in services:
        name = service.name
        if names[name] > 1:
            revision = f"@{service.source.revision}" if service.source.revision else ""
            name = f"{service.source.path}{revision}"
        seen[name] += 1
        yield dataclasses.replace(service, name=name if seen[name] == 1 else f"{name} ({seen[name]})")
