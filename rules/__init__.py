"""Our own rules: what ruff, pyright and import-linter cannot say.

`python -m rules` runs them; there is no way to mute one. Imports inside functions, silent excepts and loggers outside
monitoring/ are ruff's to find (PLC0415, S110, TID251).
"""
