"""What a seller was asked to consent to: for ten minutes, until the marketplace sends the seller back."""

from alembic import op

revision = "20261122_0400_consents"
down_revision = "20261122_0200_accounts"

# `state` is a digest: the state itself is in the seller's browser only. `verifier` and `secret` are sealed.
CONSENTS = """
CREATE TABLE consents (
    state text PRIMARY KEY,
    marketplace text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL,
    taken_at timestamptz,
    secret text,
    secret_expires_at timestamptz,
    done_at timestamptz
)
"""


def upgrade() -> None:
    op.execute(CONSENTS)
