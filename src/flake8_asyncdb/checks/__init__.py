"""The rules: one module for each row of the table, one function for each rule."""
