"""What the model knows of the libraries: canonical names, what their calls return, which methods do I/O.

Facts are from SQLAlchemy 2.0 and 2.1, SQLModel 0.0.2x to 0.0.50, FastAPI 0.110 to 0.165 and Starlette 0.37 to 1.10.
"""

from __future__ import annotations

from flake8_asyncdb.model.api_tables import COROUTINES, ENTER_ONLY, PLAIN, STARTABLES

ENGINE = "sqlalchemy.Engine"
CONNECTION = "sqlalchemy.Connection"
SESSION = "sqlalchemy.orm.Session"
QUERY = "sqlalchemy.orm.Query"
SESSIONMAKER = "sqlalchemy.orm.sessionmaker"
SCOPED_SESSION = "sqlalchemy.orm.scoped_session"
ASYNC_ENGINE = "sqlalchemy.ext.asyncio.AsyncEngine"
ASYNC_CONNECTION = "sqlalchemy.ext.asyncio.AsyncConnection"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"
ASYNC_SESSIONMAKER = "sqlalchemy.ext.asyncio.async_sessionmaker"
ASYNC_SCOPED_SESSION = "sqlalchemy.ext.asyncio.async_scoped_session"
CREATE_ENGINE = "sqlalchemy.create_engine"
ENGINE_FROM_CONFIG = "sqlalchemy.engine_from_config"
CREATE_ASYNC_ENGINE = "sqlalchemy.ext.asyncio.create_async_engine"
ASYNC_ENGINE_FROM_CONFIG = "sqlalchemy.ext.asyncio.async_engine_from_config"
FASTAPI = "fastapi.FastAPI"
ROUTER = "fastapi.APIRouter"
STARLETTE = "starlette.applications.Starlette"
DEPENDS = "fastapi.Depends"
SECURITY = "fastapi.Security"
METADATA = "sqlalchemy.MetaData"
COROUTINE = "typing.Coroutine"
GENERATOR = "typing.Generator"
ASYNC_GENERATOR = "typing.AsyncGenerator"
CONTEXT_MANAGER = "contextlib.AbstractContextManager"
ASYNC_CONTEXT_MANAGER = "contextlib.AbstractAsyncContextManager"
CONTEXT_DECORATORS = {
    "contextlib.contextmanager": CONTEXT_MANAGER,
    "contextlib.asynccontextmanager": ASYNC_CONTEXT_MANAGER,
}
"""The decorators of generator functions, each with what the decorated function returns."""
LIST = "builtins.list"

SYNC_ENGINE_CALLS = frozenset({CREATE_ENGINE, ENGINE_FROM_CONFIG})
ASYNC_ENGINE_CALLS = frozenset({CREATE_ASYNC_ENGINE, ASYNC_ENGINE_FROM_CONFIG})

_ROOT_NAMES = """ARRAY BigInteger Boolean Column Connection DATETIME Date DateTime Engine Float ForeignKey
    ForeignKeyConstraint Index Integer JSON MetaData NullPool Numeric Pool QueuePool StaticPool
    String TIMESTAMP Table Text Time TypeDecorator URL UniqueConstraint Uuid create_engine delete
    engine_from_config event func insert inspect make_url select text update and_ or_""".split()
_ORM_NAMES = """DeclarativeBase DeclarativeBaseNoMeta DeclarativeMeta Mapped MappedAsDataclass MappedColumn
    Query Session WriteOnlyMapped DynamicMapped as_declarative backref declarative_base
    declarative_mixin declared_attr dynamic_loader mapped_column registry relationship
    scoped_session sessionmaker column_property deferred synonym selectinload joinedload
    subqueryload""".split()
_ASYNCIO_NAMES = """AsyncAttrs AsyncConnection AsyncEngine AsyncSession AsyncSessionTransaction AsyncTransaction
    async_engine_from_config async_object_session async_scoped_session async_session
    async_sessionmaker create_async_engine""".split()
_POOL_NAMES = """AssertionPool AsyncAdaptedQueuePool FallbackAsyncAdaptedQueuePool NullPool QueuePool
    SingletonThreadPool StaticPool""".split()
_SQLMODEL_TWINS = frozenset(_ROOT_NAMES) - {"DATETIME", "event", "inspect", "make_url", "select", "text"}
_DIALECT_TYPES = frozenset({"DATETIME", "TIMESTAMP", "ARRAY", "JSON", "JSONB", "UUID", "DATE", "TIME", "INTERVAL"})

_ALIASES = {
    "fastapi.applications.FastAPI": FASTAPI,
    "fastapi.routing.APIRouter": ROUTER,
    "fastapi.param_functions.Depends": DEPENDS,
    "fastapi.params.Depends": DEPENDS,
    "fastapi.param_functions.Security": SECURITY,
    "fastapi.params.Security": SECURITY,
    "fastapi.background.BackgroundTasks": "fastapi.BackgroundTasks",
    "starlette.background.BackgroundTasks": "fastapi.BackgroundTasks",
    "starlette.requests.Request": "fastapi.Request",
    "fastapi.requests.Request": "fastapi.Request",
    "starlette.websockets.WebSocket": "fastapi.WebSocket",
    "fastapi.websockets.WebSocket": "fastapi.WebSocket",
    "typing_extensions.Annotated": "typing.Annotated",
    "sqlmodel.ext.asyncio.session.AsyncSession": "sqlmodel.ext.asyncio.AsyncSession",
    "sqlmodel.orm.session.Session": "sqlmodel.Session",
    "sqlmodel.main.SQLModel": "sqlmodel.SQLModel",
    "sqlmodel.main.Field": "sqlmodel.Field",
    "sqlmodel.main.Relationship": "sqlmodel.Relationship",
    "sqlalchemy.ext.declarative.declarative_base": "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.api.declarative_base": "sqlalchemy.orm.declarative_base",
    "sqlalchemy.ext.declarative.declared_attr": "sqlalchemy.orm.declared_attr",
    "sqlalchemy.ext.declarative.as_declarative": "sqlalchemy.orm.as_declarative",
}

BASES = {
    "sqlmodel.Session": SESSION,
    "sqlmodel.ext.asyncio.AsyncSession": ASYNC_SESSION,
    FASTAPI: STARLETTE,
    "sqlalchemy.dialects.postgresql.TIMESTAMP": "sqlalchemy.TIMESTAMP",
    "sqlalchemy.TIMESTAMP": "sqlalchemy.DateTime",
    "sqlalchemy.DATETIME": "sqlalchemy.DateTime",
}
"""The external classes whose base class matters."""

_TYPING_TWINS = frozenset(
    """AsyncContextManager AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection
    ContextManager Coroutine Generator Iterable Iterator Mapping MutableMapping Sequence Set""".split()
)
_TYPING_BUILTINS = {
    "List": "list",
    "Dict": "dict",
    "Tuple": "tuple",
    "Type": "type",
    "FrozenSet": "frozenset",
}


def canonical(name: str) -> str:
    """One spelling for each object that the libraries export under several names."""
    head, _, rest = name.partition(".")
    if not rest:
        return name
    if head == "sqlalchemy":
        return _ALIASES.get(name) or _canonical_sqlalchemy(name)
    if head == "sqlmodel":
        name = _ALIASES.get(name, name)
        _, _, rest = name.partition(".")
        if rest.split(".")[0] in _SQLMODEL_TWINS:
            return f"sqlalchemy.{rest}"
        return name
    if head in ("typing", "typing_extensions", "collections"):
        return _canonical_typing(name)
    if head == "contextlib" and rest == "AsyncContextManager":
        return ASYNC_CONTEXT_MANAGER
    if head == "starlette" and rest.startswith("responses."):
        return f"fastapi.{rest}"
    return _ALIASES.get(name, name)


def _canonical_sqlalchemy(name: str) -> str:
    parts = name.split(".")
    if parts[1] == "dialects":
        return name
    for position, part in enumerate(parts[1:], 1):
        rest = ".".join(parts[position:])
        if part in _ASYNCIO_EXPORTS and (position == 1 or "asyncio" in parts[:position]):
            return f"sqlalchemy.ext.asyncio.{rest}"
        if part in _ORM_EXPORTS and position > 1:
            return f"sqlalchemy.orm.{rest}"
        if part in _POOL_EXPORTS:
            return f"sqlalchemy.pool.{rest}"
        if part in _ROOT_EXPORTS:
            return f"sqlalchemy.{rest}"
    return name


_ROOT_EXPORTS = frozenset(_ROOT_NAMES)
_ORM_EXPORTS = frozenset(_ORM_NAMES)
_ASYNCIO_EXPORTS = frozenset(_ASYNCIO_NAMES)
_POOL_EXPORTS = frozenset(_POOL_NAMES) | {"NullPool", "QueuePool", "StaticPool"}


def _canonical_typing(name: str) -> str:
    module, _, last = name.rpartition(".")
    if last in _TYPING_TWINS:
        if last == "ContextManager":
            return CONTEXT_MANAGER
        if last == "AsyncContextManager":
            return ASYNC_CONTEXT_MANAGER
        return f"typing.{last}"
    if module != "collections" and last in _TYPING_BUILTINS:
        return f"builtins.{_TYPING_BUILTINS[last]}"
    return f"typing.{last}" if module == "typing_extensions" else name


SMALL_CLASSES = frozenset(
    {
        "sqlalchemy.orm.registry",
        "datetime.datetime",
        "datetime.date",
        "datetime.time",
        "uuid.UUID",
    }
)
CLASS_LIKE = frozenset({SESSIONMAKER, SCOPED_SESSION, ASYNC_SESSIONMAKER, ASYNC_SCOPED_SESSION})
"""Classes whose names start with a small letter."""


def is_class(name: str) -> bool:
    """Whether an external name is a class, by convention of the libraries this linter knows."""
    last = name.rpartition(".")[2]
    if name.startswith("builtins."):
        return last in (
            "int",
            "str",
            "float",
            "bool",
            "bytes",
            "list",
            "dict",
            "set",
            "tuple",
            "frozenset",
        )
    if name in ("typing.Any", "typing_extensions.Any"):
        return False
    return (
        name in CLASS_LIKE
        or name in SMALL_CLASSES
        or ((last[:1].isupper() and not last.isupper()) or last in ("URL", "DATETIME", "TIMESTAMP", "ARRAY", "JSON"))
    )


RESULTS = {
    CREATE_ENGINE: ENGINE,
    ENGINE_FROM_CONFIG: ENGINE,
    CREATE_ASYNC_ENGINE: ASYNC_ENGINE,
    ASYNC_ENGINE_FROM_CONFIG: ASYNC_ENGINE,
    "sqlalchemy.make_url": "sqlalchemy.URL",
    "sqlalchemy.inspect": "sqlalchemy.Inspector",
    "sqlalchemy.orm.declarative_base": "sqlalchemy.orm.DeclarativeMeta",
    "sqlite3.connect": "sqlite3.Connection",
    "asyncio.get_running_loop": "asyncio.AbstractEventLoop",
    "asyncio.get_event_loop": "asyncio.AbstractEventLoop",
}
"""What a call returns: the class of the object that it makes."""

METHOD_RESULTS = {
    f"{ENGINE}.connect": CONNECTION,
    f"{ENGINE}.raw_connection": "sqlalchemy.PoolProxiedConnection",
    f"{ASYNC_ENGINE}.connect": ASYNC_CONNECTION,
    "sqlalchemy.orm.registry.generate_base": "sqlalchemy.orm.DeclarativeMeta",
    "sqlalchemy.URL.create": "sqlalchemy.URL",
    "sqlalchemy.URL.set": "sqlalchemy.URL",
    f"{SESSION}.query": QUERY,
    f"{SESSION}.connection": CONNECTION,
    f"{SESSION}.begin": "sqlalchemy.orm.SessionTransaction",
    f"{SESSION}.begin_nested": "sqlalchemy.orm.SessionTransaction",
    f"{CONNECTION}.begin": "sqlalchemy.Transaction",
    f"{ASYNC_SESSION}.begin": "sqlalchemy.ext.asyncio.AsyncSessionTransaction",
    f"{ASYNC_SESSION}.begin_nested": "sqlalchemy.ext.asyncio.AsyncSessionTransaction",
    f"{ASYNC_CONNECTION}.begin": "sqlalchemy.ext.asyncio.AsyncTransaction",
}
"""What a plain method of an external class returns; the object remembers the receiver as its source."""

CONTEXT_RESULTS = {
    f"{ENGINE}.begin": (CONTEXT_MANAGER, CONNECTION),
    f"{ASYNC_ENGINE}.begin": (ASYNC_CONTEXT_MANAGER, ASYNC_CONNECTION),
}
"""Methods that return a context manager, and what it yields."""

SAME_OBJECT = frozenset(
    {f"{ENGINE}.execution_options", f"{ASYNC_ENGINE}.execution_options", f"{CONNECTION}.execution_options"}
)
"""Methods that return a view of the object itself, sharing its pool."""

QUERY_ENDS = frozenset(
    """all first one one_or_none scalar get count delete update exists statement subquery label""".split()
)
"""Methods of Query that do not return a Query."""

SESSION_IO = frozenset(
    """execute scalar scalars query get get_one commit flush refresh merge bulk_save_objects
    bulk_insert_mappings bulk_update_mappings connection rollback exec""".split()
)
"""Methods of a sync Session that talk to the database, or build the query that will (sqlmodel's `exec` too)."""

EXTRA_COROUTINES = {"sqlmodel.ext.asyncio.AsyncSession": ["exec"]}
ASYNC_TABLES = (COROUTINES, STARTABLES, ENTER_ONLY, PLAIN, EXTRA_COROUTINES)
ASYNC_METHODS = frozenset({"query", *(name for table in ASYNC_TABLES for names in table.values() for name in names)})
"""The methods of the async classes, and the one that only their sync twins have."""

CONNECTION_IO = frozenset(["execute", "scalar", "scalars", "exec_driver_sql", "commit", "rollback"])
ENGINE_IO = frozenset(["connect", "begin", "raw_connection"])
METADATA_IO = frozenset({"create_all", "drop_all", "reflect"})
DRIVER_CONNECTS = frozenset(
    """sqlite3.connect psycopg2.connect psycopg.connect psycopg.Connection.connect pymysql.connect
    MySQLdb.connect mysql.connector.connect pyodbc.connect""".split()
)
"""Functions that open a sync connection themselves."""

TRANSPARENT_DECORATORS = frozenset(
    """functools.lru_cache functools.cache functools.wraps functools.cached_property
    functools.singledispatch builtins.staticmethod builtins.classmethod builtins.property
    abc.abstractmethod typing.override typing.overload typing.final contextlib.contextmanager
    contextlib.asynccontextmanager sqlalchemy.orm.declared_attr typing.no_type_check
    warnings.deprecated typing.deprecated pytest.fixture tenacity.retry backoff.on_exception
    backoff.on_predicate pydantic.validate_call""".split()
)
"""Decorators that leave what a call returns and does as it is written (or in the way the model knows)."""
