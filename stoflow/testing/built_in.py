"""What the contract suite is told of the marketplaces of StoFlow's own."""

from collections.abc import Mapping

from stoflow.testing.particulars import Particulars
from stoflow.testing.people import BUYS, DELETES, EDITS, Person
from stoflow.testing.situations import TITLE, Situation, given_up

PARTICULARS: Mapping[str, Particulars] = {
    # An offer that is not published any more does not say whether it ever was: only these two endings can be told.
    "ebay": Particulars(
        situations={
            "publish.revise": Situation(given_up, on_sale=(TITLE,), adopts=frozenset({"create"})),
            "delete.discard": Situation(given_up),
        },
        people={
            "buys": BUYS,
            "edits": EDITS,
            "deletes": Person("delete", {"status": "ENDED"}),
            "hides": Person("delete", {"status": "EBAY_ENDED"}),
        },
    ),
    "etsy": Particulars(
        account={"who_made": "someone_else", "when_made": "1990s"},
        people={"buys": BUYS, "edits": EDITS, "deletes": DELETES, "hides": Person("delete", {"state": "inactive"})},
    ),
    "vinted": Particulars(
        situations={"delete.discard": Situation(given_up)},
        people={"buys": BUYS, "edits": EDITS, "deletes": DELETES, "hides": Person("reserve")},
    ),
}
