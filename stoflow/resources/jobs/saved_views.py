"""Views of the jobs' list that an account keeps for itself: a filter under a name."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.resources.needs import Reads
from stoflow.storage.tenants import saved_views
from stoflow.storage.tenants.saved_views import SavedView

MOST: Final = 50


def list_views(needs: Reads, account: TenantId) -> Sequence[SavedView]:
    """Return the account's own views, the oldest first."""
    return saved_views.list_views(needs.database, account)


def save_view(needs: Reads, account: TenantId, name: str, wanted: Mapping[str, Any]) -> SavedView:
    """Keep a view, in the place of the one of that name; raise Conflict where there are too many."""
    saved = saved_views.save_view(needs.database, account, name, wanted, most=MOST)
    if saved is None:
        reason = FieldError("name", f"There are {MOST} views: delete one, or give the name of one to replace it.")
        raise Conflict("There are too many saved views.", (reason,))
    return saved


def delete_view(needs: Reads, account: TenantId, view: int) -> None:
    """Raise NotFound where the account has no such view."""
    if not saved_views.delete_view(needs.database, account, view):
        raise NotFound(f"There is no saved view {view}.")
