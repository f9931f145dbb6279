"""eBay's Analytics API for developers: how many calls it still takes.

Both show everything at once: the filters they declare are not to be relied on (FACTS 1.5).
"""

from stoflow.domain.call import Request

ANALYTICS = "/developer/analytics/v1_beta"


def get_rate_limits() -> Request:
    """Show the limits of the application, which asks with a token of its own."""
    return Request("GET", f"{ANALYTICS}/rate_limit/")


def get_user_rate_limits() -> Request:
    """Show the limits of the application's calls for one seller, with that seller's token."""
    return Request("GET", f"{ANALYTICS}/user_rate_limit/")
