"""The shared part of the shape that existed before January 2026: users, and Vinted's action types."""

from alembic import op

revision = "20260105_0001"
down_revision = None

USERS = """
CREATE TABLE public.users (
    id serial PRIMARY KEY,
    email varchar(255) NOT NULL UNIQUE,
    hashed_password varchar(255) NOT NULL,
    full_name varchar(255),
    role varchar(50) NOT NULL DEFAULT 'user',
    is_active boolean NOT NULL DEFAULT true,
    last_login timestamptz,
    subscription_tier varchar(50) NOT NULL DEFAULT 'free',
    subscription_status varchar(50) NOT NULL DEFAULT 'active',
    failed_login_attempts integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    email_verified boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
)
"""

ACTION_TYPES = """
CREATE TABLE vinted.action_types (
    id serial PRIMARY KEY,
    code varchar(50) NOT NULL UNIQUE,
    name varchar(100) NOT NULL,
    description text,
    priority integer NOT NULL DEFAULT 3,
    is_batch boolean NOT NULL DEFAULT false,
    rate_limit_ms integer NOT NULL DEFAULT 2000,
    max_retries integer NOT NULL DEFAULT 3,
    timeout_seconds integer NOT NULL DEFAULT 60,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""

ROWS = """
INSERT INTO vinted.action_types (code, name, priority, is_batch, rate_limit_ms, max_retries, timeout_seconds) VALUES
    ('message', 'Respond to message', 1, false, 1000, 3, 30),
    ('orders', 'Fetch orders', 3, true, 1500, 3, 60),
    ('publish', 'Publish product', 3, false, 2500, 3, 120),
    ('update', 'Update product', 3, false, 2000, 3, 60),
    ('delete', 'Delete product', 4, false, 2000, 3, 30),
    ('sync', 'Sync products', 4, true, 1500, 3, 300),
    ('link_product', 'Link Product', 3, false, 500, 3, 120)
"""


def upgrade() -> None:
    for statement in (
        USERS,
        "CREATE SCHEMA vinted",
        ACTION_TYPES,
        ROWS,
        "CREATE SCHEMA product_attributes",
        "CREATE SCHEMA template_tenant",
    ):
        op.execute(statement)
