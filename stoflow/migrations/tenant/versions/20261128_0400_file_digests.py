"""A product that came in a file without a key is known again by what the file said of it."""

from alembic import op

revision = "20261128_0400_file_digests"
down_revision = "20261128_0300_requests"

INDEX = """
CREATE INDEX products_file_digest_idx ON products (file_digest) WHERE file_digest IS NOT NULL AND deleted_at IS NULL
"""


def upgrade() -> None:
    op.execute("ALTER TABLE products ADD COLUMN file_digest text")
    op.execute(INDEX)
