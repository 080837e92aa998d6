"""Relationships between mapped classes, and how they load."""

from __future__ import annotations

import ast

from flake8_asyncdb.facts.options import CallFact, Option

RELATIONSHIP_CALLS = (
    "sqlalchemy.orm.relationship",
    "sqlalchemy.orm.backref",
    "sqlalchemy.orm.dynamic_loader",
)


class Relationship(CallFact):
    """One `relationship(...)`, `backref(...)` or `dynamic_loader(...)` call."""

    @property
    def name(self) -> str:
        """The attribute that it is assigned to."""
        statement = self.site.module.index.statement_of(self.node)
        if isinstance(statement, ast.AnnAssign):
            return ast.unparse(statement.target)
        return ast.unparse(statement.targets[0]) if isinstance(statement, ast.Assign) else ast.unparse(self.node.func)

    @property
    def loading(self) -> Option:
        """Its `lazy` argument."""
        return self.options.get("lazy")

    @property
    def is_dynamic(self) -> bool:
        """Whether reading it gives a query, which only a sync session can run."""
        return self.loading.is_text("dynamic") or ast.unparse(self.node.func).endswith("dynamic_loader")

    @property
    def loads_when_read(self) -> bool:
        """Whether reading it runs a query unless the statement asked for it: the default."""
        return self.loading.is_absent or self.loading.is_literal(True) or self.loading.is_text("select")
