"""What is known of strings before the program runs."""

from __future__ import annotations

import pytest
from projects import Make

from flake8_asyncdb.model.texts import ANY, Text
from flake8_asyncdb.model.values import Tri

UNKNOWN = "..."
LITE, POSTGRES = "sqlite:///a.db", "postgresql://db/app"

# One text


def test_text_begins_and_contains() -> None:
    known, open_end = Text("sqlite:///a"), Text("sqlite", exact=False)

    assert known.starts_with("sqlite:") is Tri.YES
    assert known.starts_with("post") is Tri.NO
    assert open_end.starts_with("sqlite") is Tri.YES
    assert open_end.starts_with("sqlite+aiosqlite") is Tri.UNKNOWN
    assert open_end.starts_with("postgresql") is Tri.NO
    assert ANY.starts_with("anything") is Tri.UNKNOWN
    assert known.contains("///") is Tri.YES
    assert known.contains("memory") is Tri.NO
    assert open_end.contains("memory") is Tri.UNKNOWN


def test_texts_are_joined_up_to_what_is_known() -> None:
    assert Text("a") + Text("b") == Text("ab")
    assert Text("a") + ANY == Text("a", exact=False)
    assert ANY + Text("b") == ANY


# Expressions


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'sqlite:///a.db'", {LITE}),
        ("'sqlite' ':///a.db'", {LITE}),
        ("'sqlite:' + '///a.db'", {LITE}),
        ("f'sqlite:///{name}'", {"sqlite:///..."}),
        ("f'{scheme}://db'", {UNKNOWN}),
        ("f'{NAME}://db'", {"postgresql://db"}),
        ("f'{NAME!r}://db'", {UNKNOWN}),
        ("f'{NAME:>20}://db'", {UNKNOWN}),
        ("'postgresql://%s/app' % host", {"postgresql://..."}),
        ("'postgresql://{}/app'.format(host)", {"postgresql://..."}),
        ("NAME + '://db'", {"postgresql://db"}),
        ("host + '://db'", {UNKNOWN}),
        ("'a' if flag else 'b'", {"a", "b"}),
        ("host or 'sqlite://'", {UNKNOWN, "sqlite://"}),
        ("(x := 'sqlite://')", {"sqlite://"}),
        ("'a' and 'b'", {UNKNOWN}),
        ("3", {UNKNOWN}),
        ("None", {UNKNOWN}),
        ("b'sqlite://'", {UNKNOWN}),
        ("unheard()", {UNKNOWN}),
        ("'sqlite://'.strip()", {"sqlite://"}),
        ("'SQLITE://'.lower()", {UNKNOWN}),
        ("str('sqlite://')", {"sqlite://"}),
        ("'postgres://h'.replace('postgres://', 'postgresql://')", {"postgresql://h"}),
        ("'postgres://h'.replace('postgres://', 'postgresql://', 1)", {"postgresql://h"}),
        ("'sqlite://'.replace('postgres://', 'postgresql://')", {"sqlite://"}),
        ("'a://b'.replace('a', host)", {UNKNOWN}),
        ("host.replace('postgres://', 'postgresql+asyncpg://')", {UNKNOWN}),
        ("make_url('sqlite:///a.db')", {LITE}),
        ("make_url('sqlite:///a.db').set(drivername='sqlite+aiosqlite')", {"sqlite+aiosqlite:///a.db"}),
        ("make_url('postgresql://db').set(database='x')", {"postgresql://db"}),
        ("make_url(host).set(drivername='sqlite+aiosqlite')", {"sqlite+aiosqlite://..."}),
        ("make_url('sqlite://').set(drivername=host)", {UNKNOWN}),
        ("make_url('sqlite://h').render_as_string(hide_password=False)", {"sqlite://h"}),
        ("URL.create('postgresql+asyncpg', host='db')", {"postgresql+asyncpg://..."}),
        ("URL.create(drivername='postgresql+asyncpg')", {"postgresql+asyncpg://..."}),
        ("os.getenv('URL', 'sqlite:///a.db')", {LITE, UNKNOWN}),
        ("os.environ.get('URL', 'sqlite:///a.db')", {LITE, UNKNOWN}),
        ("os.getenv('URL', default='sqlite:///a.db')", {LITE, UNKNOWN}),
        ("os.getenv('URL')", {UNKNOWN}),
        ("os.environ['URL']", {UNKNOWN}),
        ("os.getenv('URL') or 'sqlite:///a.db'", {LITE, UNKNOWN}),
        ("config('URL', default='sqlite:///a.db')", {LITE, UNKNOWN}),
        ("PostgresDsn('postgresql://db')", {"postgresql://db"}),
    ],
)
def test_expressions(expression: str, expected: set[str], make: Make) -> None:
    code = make(
        f"""
        import os
        from decouple import config
        from pydantic import PostgresDsn
        from sqlalchemy import URL, make_url
        NAME = "postgresql"
        reveal({expression})
        """
    )

    assert code.strings() == [expected]


# Statements


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = 'a'\nreveal(x)", {"a"}),
        ("x = 'a'\nx = 'b'\nreveal(x)\nx = 'c'", {"b"}),
        ("x = 'a'\nx += 'b'\nreveal(x)", {"ab"}),
        ("x: str = 'a'\nreveal(x)", {"a"}),
        ("x = y = 'a'\nreveal(x)", {"a"}),
        ("if flag:\n    x = 'a'\nelse:\n    x = 'b'\nreveal(x)", {"a", "b"}),
        ("x = 'a'\nif flag:\n    x = 'b'\nreveal(x)", {"a", "b"}),
        ("x = 'a'\nif flag:\n    x = 'b'\n    return\nreveal(x)", {"a"}),
        ("x = 'a'\nif flag:\n    raise E\nreveal(x)", {"a"}),
        ("x = 'a'\nif flag:\n    x = 'b'\n    reveal(x)", {"b"}),
        ("x = 'a'\nfor _ in y:\n    x = 'b'\nreveal(x)", {"a", "b"}),
        ("x = 'a'\nwhile y:\n    x = 'b'\nreveal(x)", {"a", "b"}),
        ("x = 'a'\ntry:\n    x = 'b'\nexcept E:\n    x = 'c'\nreveal(x)", {"b", "c"}),
        ("try:\n    x = 'a'\nexcept E:\n    raise\nreveal(x)", {"a"}),
        ("x = 'a'\ntry:\n    f()\nexcept E:\n    return\nelse:\n    x = 'b'\nreveal(x)", {"b"}),
        ("x = 'a'\nwith y:\n    x = 'b'\nreveal(x)", {"b"}),
        ("x = 'a'\nwith y:\n    reveal(x)", {"a"}),
        ("x = 'z'\nx = y = 'a'\nreveal(x)", {"a"}),
        ("x = 'a'\nx = f()\nreveal(x)", {UNKNOWN}),
        ("x = 'a'\nx, y = f()\nreveal(x)", {UNKNOWN}),
        ("x = 'a'\nfor x in y:\n    pass\nreveal(x)", {"a", UNKNOWN}),
        ("x = 'a'\nwith y as x:\n    reveal(x)", {UNKNOWN}),
        ("x = 'a'\nmatch y:\n    case 1:\n        x = 'b'\nreveal(x)", {"a", "b"}),
        ("reveal('a' if x.startswith('b') else 'c')", {"a", "c"}),
        ("x = 'a'\ndel x\nx = 'b'\nreveal(x)", {"b"}),
        ("x = 'a'\nif (x := 'b'):\n    reveal(x)", {"b"}),
    ],
)
def test_statements_before_the_place(body: str, expected: set[str], make: Make) -> None:
    indented = body.replace("\n", "\n    ")
    code = make(f"def f(flag, y):\n    {indented}\n")

    assert code.strings() == [expected]


# Conditions


@pytest.mark.parametrize(
    ("test", "held", "failed"),
    [
        ("url.startswith('sqlite')", {LITE}, {POSTGRES}),
        ("not url.startswith('sqlite')", {POSTGRES}, {LITE}),
        ("url.startswith(('sqlite', 'mysql'))", {LITE}, {POSTGRES}),
        ("'sqlite' in url", {LITE}, {POSTGRES}),
        ("'sqlite' not in url", {POSTGRES}, {LITE}),
        ("url == 'sqlite:///a.db'", {LITE}, {POSTGRES}),
        ("url != 'sqlite:///a.db'", {POSTGRES}, {LITE}),
        ("url.lower().startswith('sqlite')", {LITE}, {POSTGRES}),
        ("str(url).startswith('sqlite')", {LITE}, {POSTGRES}),
        ("make_url(url).get_backend_name() == 'sqlite'", {LITE}, {POSTGRES}),
        ("make_url(url).drivername == 'sqlite'", {LITE}, {POSTGRES}),
        ("url.startswith('sqlite') and flag", {LITE}, {LITE, POSTGRES}),
        ("url.startswith('sqlite') or flag", {LITE, POSTGRES}, {POSTGRES}),
        ("is_sqlite", {LITE}, {POSTGRES}),
        ("not is_sqlite", {POSTGRES}, {LITE}),
        ("flag", {LITE, POSTGRES}, {LITE, POSTGRES}),
        ("re.match('sqlite', url)", {LITE, POSTGRES}, {LITE, POSTGRES}),
    ],
)
def test_condition_splits_what_a_text_can_be(test: str, held: set[str], failed: set[str], make: Make) -> None:
    code = make(
        f"""
        import re
        from sqlalchemy import make_url
        url = {LITE!r} if something else {POSTGRES!r}
        is_sqlite = url.startswith("sqlite")
        if {test}:
            reveal(url)
        else:
            reveal(url)
        """
    )

    assert code.strings() == [held, failed]


def test_condition_on_an_unknown_text(make: Make) -> None:
    code = make(
        """
        def f(url):
            if url.startswith("sqlite"):
                reveal(url)
            elif url.startswith("postgres://"):
                url = url.replace("postgres://", "postgresql+asyncpg://", 1)
                reveal(url)
            else:
                reveal(url)
            reveal(url)
        """
    )

    held, replaced, other, after = code.strings()
    assert held == {"sqlite..."}
    assert replaced == {"postgresql+asyncpg://..."}
    assert other == {UNKNOWN}
    assert after == {"sqlite...", "postgresql+asyncpg://...", UNKNOWN}


def test_arm_that_no_text_can_take(make: Make) -> None:
    code = make(
        """
        url = "sqlite:///a.db"
        if url.startswith("postgres"):
            url = url.replace("postgres", "postgresql+asyncpg")
        else:
            url = url.replace("sqlite", "sqlite+aiosqlite")
        reveal(url)
        """
    )

    assert code.strings() == [{"sqlite+aiosqlite:///a.db"}]


# Names


def test_names_from_further_away(make: Make) -> None:
    code = make(
        {
            "config.py": f"""
                import os
                URL = {LITE!r}
                FROM_ENVIRONMENT = os.getenv("URL", URL)
                if os.getenv("X"):
                    BRANCHED = "a"
                else:
                    BRANCHED = "b"
                OPTIONAL = "a"
                if os.getenv("X"):
                    OPTIONAL = os.environ["X"]
                """,
            "app.py": """
                import config
                from config import URL, FROM_ENVIRONMENT as other, BRANCHED, OPTIONAL
                def f():
                    reveal(URL, config.URL, other, BRANCHED, OPTIONAL, config.nothing)
                """,
        }
    )

    assert code.strings() == [{LITE}, {LITE}, {LITE, UNKNOWN}, {"a", "b"}, {"a", UNKNOWN}, {UNKNOWN}]


def test_parameters(make: Make) -> None:
    code = make("def f(url, other='sqlite://', *args, **kwargs):\n    reveal(url, other, args, kwargs)")

    assert code.strings() == [{UNKNOWN}, {"sqlite://", UNKNOWN}, {UNKNOWN}, {UNKNOWN}]


def test_attributes_of_classes_and_settings(make: Make) -> None:
    code = make(
        """
        from dataclasses import dataclass, field
        from pydantic import Field
        from pydantic_settings import BaseSettings
        class Config:
            url = "sqlite://a"
            def __init__(self):
                self.other = "sqlite://b"
            @property
            def joined(self):
                return self.url + "/c"
        class Later(Config):
            url = "sqlite://d"
        class Settings(BaseSettings):
            url: str = "sqlite://e"
            aliased: str = Field("sqlite://f", alias="x")
            named: str = Field(default="sqlite://g")
            required: str
            factory: str = Field(default_factory=str)
            @property
            def async_url(self) -> str:
                return self.url.replace("sqlite://", "sqlite+aiosqlite://")
        settings = Settings()
        reveal(Config.url, Config().other, Config().joined, Later().url, Later().other)
        reveal(settings.url, settings.aliased, settings.named, settings.required, settings.factory)
        reveal(settings.async_url, settings.nothing, Settings.url)
        """
    )

    assert code.strings() == [
        {"sqlite://a"},
        {"sqlite://b"},
        {"sqlite://a/c"},
        {"sqlite://d"},
        {"sqlite://b"},
        {"sqlite://e", UNKNOWN},
        {"sqlite://f", UNKNOWN},
        {"sqlite://g", UNKNOWN},
        {UNKNOWN},
        {UNKNOWN},
        {"sqlite+aiosqlite://e", UNKNOWN},
        {UNKNOWN},
        {"sqlite://e", UNKNOWN},
    ]


def test_property_of_a_subclass_sees_the_subclasss_text(make: Make) -> None:
    code = make(
        """
        class Base:
            scheme = "sqlite"
            @property
            def url(self):
                return self.scheme + "://"
        class Async(Base):
            scheme = "sqlite+aiosqlite"
        reveal(Async().url)
        """
    )

    assert code.strings() in ([{"sqlite+aiosqlite://"}], [{"sqlite+aiosqlite://", UNKNOWN}], [{UNKNOWN}])


# First-party functions


def test_conversion_functions(make: Make) -> None:
    code = make(
        {
            "urls.py": """
                def convert(url: str) -> str:
                    if url.startswith("sqlite"):
                        return url.replace("sqlite://", "sqlite+aiosqlite://", 1)
                    if url.startswith("postgres://"):
                        url = url.replace("postgres://", "postgresql://")
                    if url.startswith("postgresql://"):
                        return url.replace("postgresql://", "postgresql+asyncpg://", 1)
                    return url
                class Urls:
                    def plain(self, url):
                        return convert(url)
                    @staticmethod
                    def static(url):
                        return convert(url)
                    @classmethod
                    def of_class(cls, url):
                        return convert(url=url)
                """,
            "app.py": f"""
                from urls import Urls, convert
                reveal(convert({LITE!r}), convert({POSTGRES!r}), convert(url="mysql://db"), convert("postgres://db"))
                reveal(Urls().plain({LITE!r}), Urls.static({LITE!r}), Urls.of_class({LITE!r}))
                """,
        }
    )

    lite = {"sqlite+aiosqlite:///a.db"}
    assert code.strings() == [
        lite,
        {"postgresql+asyncpg://db/app"},
        {"mysql://db"},
        {"postgresql+asyncpg://db"},
        lite,
        lite,
        lite,
    ]


def test_conversion_of_an_unknown_text(make: Make) -> None:
    code = make(
        """
        def convert(url):
            if url.startswith("sqlite://"):
                return url.replace("sqlite://", "sqlite+aiosqlite://", 1)
            return url
        reveal(convert(unheard()))
        """
    )

    assert code.strings() == [{"sqlite+aiosqlite://...", UNKNOWN}]


def test_default_holds_where_the_call_gives_nothing(make: Make) -> None:
    code = make(
        f"""
        def convert(url, driver="asyncpg"):
            return url.replace("postgresql://", f"postgresql+{{driver}}://")
        reveal(convert({POSTGRES!r}), convert({POSTGRES!r}, "psycopg"), convert({POSTGRES!r}, driver="psycopg"))
        """
    )

    assert code.strings() == [
        {"postgresql+asyncpg://db/app"},
        {"postgresql+psycopg://db/app"},
        {"postgresql+psycopg://db/app"},
    ]


@pytest.mark.parametrize(
    "code",
    [
        "def f(x): return f(x)\nreveal(f('a'))",
        "def f(x): return g(x)\ndef g(x): return f(x) + 'b'\nreveal(f('a'))",
        "x = x\nreveal(x)",
        "x = y\ny = x\nreveal(x)",
        "x = 'a'\nwhile z:\n    x = x + x\nreveal(x)",
        "x = 'a'\nx = x.replace(x, x)\nreveal(x)",
        "class A:\n    x = property(lambda self: self.x)\nreveal(A().x)",
        "class A:\n    @property\n    def x(self): return self.x\nreveal(A().x)",
        "from app import x\nreveal(x)",
        "def f(*a): return a\nreveal(f('a', 'b'))",
        "def f(a): return a\nreveal(f(*b), f(**c), f())",
        "def f(): ...\nreveal(f())",
        "async def f(): return 'a'\nasync def g(): reveal(await f())",
        "lambda x: reveal(x)",
        "reveal('a'.replace())",
        "reveal('{'.format(), '%' % x, 'a'.replace('', 'b'))",
    ],
)
def test_what_cannot_be_followed_ends(code: str, make: Make) -> None:
    assert all(make(code).strings())


def test_many_alternatives_are_unknown(make: Make) -> None:
    lines = [f"if a{n}:\n    x = '{n}'" for n in range(40)]

    (strings,) = make("\n".join(["x = ''", *lines, "reveal(x)"])).strings()
    assert UNKNOWN in strings and len(strings) < 15


def test_generator_function_is_no_text(make: Make) -> None:
    code = make("def f():\n    yield 1\n    return 'sqlite://'\nreveal(f())")

    assert code.strings() == [{UNKNOWN}]
