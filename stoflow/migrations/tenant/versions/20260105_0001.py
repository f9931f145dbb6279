"""A tenant's tables in the shape that existed before January 2026."""

from alembic import op

revision = "20260105_0001"
down_revision = None

TYPES = """
CREATE TYPE jobstatus AS ENUM ('pending', 'running', 'paused', 'completed', 'failed', 'cancelled', 'expired');
CREATE TYPE batchjobstatus AS ENUM
    ('pending', 'running', 'completed', 'partially_failed', 'failed', 'cancelled');
CREATE TYPE tasktype AS ENUM ('plugin_http', 'direct_http', 'db_operation', 'file_operation');
CREATE TYPE taskstatus AS ENUM ('pending', 'processing', 'success', 'failed', 'timeout', 'cancelled')
"""

PRODUCTS = """
CREATE TABLE products (
    id serial PRIMARY KEY,
    title varchar(500) NOT NULL,
    description text,
    price numeric(10, 2),
    category varchar(255),
    brand varchar(255),
    condition integer,
    size_normalized varchar(100),
    size_original varchar(100),
    color varchar(255),
    material varchar(255),
    fit varchar(100),
    gender varchar(100),
    season varchar(100),
    stock_quantity integer NOT NULL DEFAULT 1,
    images jsonb,
    status varchar(50) NOT NULL DEFAULT 'draft',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
)
"""

JOBS = """
CREATE TABLE batch_jobs (
    id serial PRIMARY KEY,
    batch_id varchar(100) NOT NULL UNIQUE,
    marketplace varchar(50) NOT NULL,
    action_code varchar(50) NOT NULL,
    total_count integer NOT NULL DEFAULT 0,
    completed_count integer NOT NULL DEFAULT 0,
    failed_count integer NOT NULL DEFAULT 0,
    cancelled_count integer NOT NULL DEFAULT 0,
    status batchjobstatus NOT NULL DEFAULT 'pending',
    priority integer NOT NULL DEFAULT 3,
    created_by_user_id integer REFERENCES public.users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz
);
CREATE TABLE marketplace_jobs (
    id serial PRIMARY KEY,
    marketplace varchar(50) NOT NULL DEFAULT 'vinted',
    batch_job_id integer REFERENCES batch_jobs (id) ON DELETE SET NULL,
    batch_id varchar(50),
    action_type_id integer NOT NULL,
    product_id integer REFERENCES products (id) ON DELETE SET NULL,
    status jobstatus NOT NULL DEFAULT 'pending',
    priority integer NOT NULL DEFAULT 3,
    input_data jsonb,
    result_data jsonb,
    error_message text,
    retry_count integer NOT NULL DEFAULT 0,
    max_retries integer NOT NULL DEFAULT 3,
    started_at timestamptz,
    completed_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE marketplace_tasks (
    id serial PRIMARY KEY,
    task_type tasktype NOT NULL,
    description text,
    status taskstatus NOT NULL DEFAULT 'pending',
    payload json,
    result json,
    error_message text,
    product_id integer,
    job_id integer REFERENCES marketplace_jobs (id) ON DELETE CASCADE,
    platform varchar(50),
    http_method varchar(10),
    path text,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    retry_count integer NOT NULL DEFAULT 0
);
CREATE TABLE vinted_job_stats (
    id serial PRIMARY KEY,
    action_type_id integer NOT NULL,
    date date NOT NULL,
    total_jobs integer NOT NULL DEFAULT 0,
    success_count integer NOT NULL DEFAULT 0,
    failure_count integer NOT NULL DEFAULT 0,
    avg_duration_ms integer,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""


def upgrade() -> None:
    for statement in (TYPES, PRODUCTS, JOBS):
        op.execute(statement)
