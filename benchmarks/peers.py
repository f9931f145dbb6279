"""The peers by name; one is loaded when it is measured, since whoever measures another one has no use for it."""

from collections.abc import Mapping
from pkgutil import resolve_name

from benchmarks.peer import MakePeer

PEERS: Mapping[str, str] = {
    "stoflow": "benchmarks.stoflow_peer:StoflowPeer",
    "dramatiq": "benchmarks.dramatiq_peer:DramatiqPeer",
    "dbos": "benchmarks.dbos_peer:DbosPeer",
    "dbos-partitioned": "benchmarks.dbos_peer:PartitionedDbosPeer",
}
FASTEST = ("stoflow", "dramatiq", "dbos")
FAIR = ("stoflow", "dbos-partitioned")


def make_peer(name: str) -> MakePeer:
    """Return what makes a peer of this name."""
    make: MakePeer = resolve_name(PEERS[name])
    return make
