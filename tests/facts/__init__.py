"""The facts: what the code has, before any rule judges it."""
