"""`python -m campaigns.child …`: a `stoflow` command in which one promise is broken, and in its children too."""

import os

from campaigns.mutations import MUTANTS
from campaigns.world import MUTANT_VARIABLE, MUTATED
from stoflow.cli.run import child, children


def main() -> None:
    MUTANTS[os.environ[MUTANT_VARIABLE]].break_it()
    children.CHILD_MODULE = MUTATED
    child.main()


if __name__ == "__main__":
    main()
