"""What somebody may do: each role is good for what the lesser ones are."""

from enum import StrEnum


class Role(StrEnum):
    """The lesser ones first."""

    USER = "user"
    SUPPORT = "support"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


def role_of(text: str) -> Role:
    """Return the role of that name; one that is not known, as of an older StoFlow, is a user's."""
    return next((role for role in Role if role == text), Role.USER)
