"""`python -m stoflow.testing.contract NAME`: tries an installed marketplace; exit 1 where it breaks a promise."""

from importlib import import_module
from importlib.util import find_spec

import click

from stoflow.cli.output import WorkFailed, one_line

NEEDS = {"pytest": "stoflow[testing]", "stoflow_sandbox": "stoflow-sandbox"}


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def contract(name: str, options: tuple[str, ...]) -> None:
    """Try every promise on the marketplace NAME and its simulation. OPTIONS are pytest's, such as --tb=short."""
    for module, package in NEEDS.items():
        if find_spec(module) is None:
            raise WorkFailed(
                f"The contract suite needs {module}, which is not installed here: pip install '{package}'."
            )
    with one_line():
        code = import_module("stoflow.testing.contract.trial").exit_code(name, options)
    raise SystemExit(code)


if __name__ == "__main__":
    contract(prog_name="python -m stoflow.testing.contract")
