"""Finding what is declared of a marketplace for the contract suite."""

from stoflow.domain.installed import installed, unusable
from stoflow.testing.built_in import PARTICULARS
from stoflow.testing.particulars import Particulars

ENTRY_POINT_GROUP = "stoflow.testing.particulars"


def particulars_of(marketplace: str) -> Particulars:
    """Return what its package declares, else that nothing is otherwise there than elsewhere."""
    for entry, found in installed(ENTRY_POINT_GROUP):
        if entry.name == marketplace:
            if not isinstance(found, Particulars):
                raise unusable(entry, "is no Particulars of stoflow.testing.particulars")
            return found
    return PARTICULARS.get(marketplace, Particulars())
