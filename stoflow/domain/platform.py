"""Platforms that have accounts of their own, and what a key of one may do."""

from enum import StrEnum


class PlatformScope(StrEnum):
    """What a platform's key is good for."""

    CREATE_TENANTS = "tenants:create"
    MINT_TOKENS = "tokens:mint"
    EXPORT_TENANTS = "tenants:export"
    DELETE_TENANTS = "tenants:delete"
    KEEP_WEBHOOKS = "webhooks:keep"
    KEEP_QUOTAS = "quotas:keep"
    GRANT_CREDITS = "credits:grant"
