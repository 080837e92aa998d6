"""The compliant column of the comparison table as a service that runs: users, chat sessions, messages.

Read the modules in this order: `settings`, `urls`, `engine` (with `sqlite` and `slow_queries`), `columns`,
`models`, `sessions`, `services`, `dependencies`, `routes`, `app`. They import each other relatively, so the
folder works under any package name: copy it with `flake8-asyncdb init PACKAGE`.
"""
