"""The commands of ``python -m ml``: one module each, with ``run(asked) -> exit status``."""
