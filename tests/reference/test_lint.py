"""The reference under its own linter, with every rule on."""

from __future__ import annotations

from flake8_asyncdb import catalog
from flake8_asyncdb.documentation import page
from flake8_asyncdb.scaffold import REFERENCE

EVERY_RULE = ("--isolated", f"--select={','.join(catalog.all_rules())}")


def test_every_rule_is_silent(run_flake8):
    run = run_flake8(*EVERY_RULE, REFERENCE)
    assert (run.status, run.stdout, run.stderr) == (0, "", "")


def test_every_rule_is_on(run_flake8, write_project):
    """The control of the test above: the same command finds every rule's Bad example."""
    rules = catalog.all_rules()
    for code, rule in rules.items():
        examples = {"pyproject.toml": "", **page(rule).example("Bad")}
        write_project({f"{code}/{name}": text for name, text in examples.items()})
    run = run_flake8(*EVERY_RULE, *rules)
    found = {(path.partition("/")[0], code) for path, _, code in run.findings}
    assert {(code, code) for code in rules} <= found
