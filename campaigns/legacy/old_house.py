"""A database as it was before January 2026, with rows as life leaves them: what `campaigns.legacy` carries over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

# Nullability and defaults are those of a program that has most of them in its own code.
SHARED = """
CREATE SCHEMA vinted;
CREATE SCHEMA product_attributes;
CREATE TABLE public.users (
    id serial PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, hashed_password varchar(255) NOT NULL,
    full_name varchar(255), role varchar(50) NOT NULL DEFAULT 'user', is_active boolean NOT NULL DEFAULT true,
    last_login timestamptz, subscription_tier varchar(50) NOT NULL DEFAULT 'free',
    subscription_status varchar(50) NOT NULL DEFAULT 'active', failed_login_attempts integer NOT NULL DEFAULT 0,
    locked_until timestamptz, email_verified boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE vinted.action_types (
    id serial PRIMARY KEY, code varchar(50) NOT NULL UNIQUE, name varchar(100) NOT NULL, description text,
    priority integer NOT NULL DEFAULT 3, is_batch boolean NOT NULL DEFAULT false,
    rate_limit_ms integer NOT NULL DEFAULT 2000, max_retries integer NOT NULL DEFAULT 3,
    timeout_seconds integer NOT NULL DEFAULT 60, created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO vinted.action_types (code, name, priority, is_batch, rate_limit_ms, max_retries, timeout_seconds) VALUES
    ('message', 'Respond to message', 1, false, 1000, 3, 30),
    ('orders', 'Fetch orders', 3, true, 1500, 3, 60),
    ('publish', 'Publish product', 3, false, 2500, 3, 120),
    ('update', 'Update product', 3, false, 2000, 3, 60),
    ('delete', 'Delete product', 4, false, 2000, 3, 30),
    ('sync', 'Sync products', 4, true, 1500, 3, 300),
    ('link_product', 'Link Product', 3, false, 500, 3, 120);
CREATE TABLE product_attributes.brands (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO product_attributes.brands (name) VALUES ('A brand of the old house')
"""

TENANT = """
CREATE SCHEMA {s};
CREATE TYPE {s}.jobstatus AS ENUM
    ('pending', 'running', 'paused', 'completed', 'failed', 'cancelled', 'expired');
CREATE TYPE {s}.batchjobstatus AS ENUM
    ('pending', 'running', 'completed', 'partially_failed', 'failed', 'cancelled');
CREATE TYPE {s}.tasktype AS ENUM ('plugin_http', 'direct_http', 'db_operation', 'file_operation');
CREATE TYPE {s}.taskstatus AS ENUM ('pending', 'processing', 'success', 'failed', 'timeout', 'cancelled');
CREATE TABLE {s}.products (
    id serial PRIMARY KEY, title varchar(500) NOT NULL, description text, price numeric(10, 2), category varchar(255),
    brand varchar(255), condition integer, size_normalized varchar(100), size_original varchar(100),
    color varchar(255), material varchar(255), fit varchar(100), gender varchar(100), season varchar(100),
    stock_quantity integer NOT NULL, images jsonb, status varchar(50) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE TABLE {s}.batch_jobs (
    id serial PRIMARY KEY, batch_id varchar(100) NOT NULL UNIQUE, marketplace varchar(50) NOT NULL,
    action_code varchar(50) NOT NULL, total_count integer NOT NULL, completed_count integer NOT NULL,
    failed_count integer NOT NULL, cancelled_count integer NOT NULL, status {s}.batchjobstatus NOT NULL,
    priority integer NOT NULL, created_by_user_id integer REFERENCES public.users (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz, completed_at timestamptz
);
CREATE TABLE {s}.marketplace_jobs (
    id serial PRIMARY KEY, marketplace varchar(50) DEFAULT 'vinted',
    batch_job_id integer REFERENCES {s}.batch_jobs (id) ON DELETE SET NULL, batch_id varchar(50),
    action_type_id integer NOT NULL, product_id integer REFERENCES {s}.products (id) ON DELETE SET NULL,
    status {s}.jobstatus NOT NULL, priority integer DEFAULT 3, input_data jsonb, result_data jsonb,
    error_message text, retry_count integer, max_retries integer DEFAULT 3, started_at timestamptz,
    completed_at timestamptz, expires_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
    idempotency_key varchar(100) UNIQUE, cancel_requested boolean
);
CREATE TABLE {s}.marketplace_tasks (
    id serial PRIMARY KEY, task_type {s}.tasktype NOT NULL, description text,
    status {s}.taskstatus NOT NULL DEFAULT 'pending', payload json, result json, error_message text,
    product_id integer, job_id integer REFERENCES {s}.marketplace_jobs (id) ON DELETE CASCADE, platform varchar(50),
    http_method varchar(10), path text, created_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz,
    completed_at timestamptz, retry_count integer NOT NULL DEFAULT 0
);
CREATE TABLE {s}.vinted_job_stats (
    id serial PRIMARY KEY, action_type_id integer NOT NULL, date date NOT NULL, total_jobs integer NOT NULL DEFAULT 0,
    success_count integer NOT NULL DEFAULT 0, failure_count integer NOT NULL DEFAULT 0, avg_duration_ms integer,
    created_at timestamptz NOT NULL DEFAULT now()
)
"""

# Jobs of all marketplaces name Vinted's action types, as there were no others; 99 was deleted once. Of each ten
# batches that jobs name, one is a row no more.
ROWS = """
INSERT INTO {s}.products (title, description, price, color, material, size_original, stock_quantity, status, images)
SELECT 'Coat ' || n, 'Warm.', 10 + n, CASE n %% 3 WHEN 0 THEN 'navy, grey' WHEN 1 THEN 'red' END,
    CASE n %% 2 WHEN 0 THEN 'wool' END, CASE n %% 4 WHEN 0 THEN '42' END, 1, 'draft',
    CASE n %% 5 WHEN 0 THEN NULL ELSE jsonb_build_array(n || '.jpg', jsonb_build_object('url', n || 'b.jpg')) END
FROM generate_series(1, %(products)s) AS n;
INSERT INTO {s}.batch_jobs (batch_id, marketplace, action_code, total_count, completed_count, failed_count,
    cancelled_count, status, priority)
SELECT 'batch-' || n, 'vinted', 'publish', 5, 5, 0, 0, 'completed', 3
FROM generate_series(1, %(batches)s) AS n WHERE n %% 10 <> 2;
INSERT INTO {s}.marketplace_jobs (marketplace, batch_id, batch_job_id, action_type_id, product_id, status, priority,
    input_data, error_message, retry_count, started_at, completed_at, expires_at, created_at, cancel_requested,
    idempotency_key)
SELECT (ARRAY['vinted', 'ebay', 'etsy', NULL])[1 + n %% 4],
    CASE WHEN n %% 5 < 2 THEN 'batch-' || 1 + n %% %(batches)s END,
    CASE WHEN n %% 5 = 1 THEN (SELECT id FROM {s}.batch_jobs WHERE batch_id = 'batch-' || 1 + n %% %(batches)s) END,
    CASE WHEN n %% 97 = 0 THEN 99 ELSE (ARRAY[3, 4, 5, 6, 2])[1 + n %% 5] END, 1 + n %% %(products)s,
    (ARRAY['completed', 'completed', 'completed', 'failed', 'cancelled', 'expired', 'pending', 'running', 'paused'])
        [1 + n %% 9]::{s}.jobstatus,
    CASE n %% 11 WHEN 0 THEN NULL ELSE 1 + n %% 4 END, CASE n %% 2 WHEN 0 THEN '{"note": "as it was"}'::jsonb END,
    CASE n %% 9 WHEN 3 THEN 'no answer' END, CASE n %% 3 WHEN 0 THEN n %% 4 END,
    CASE WHEN n %% 9 IN (0, 1, 2, 3, 7) THEN now() - interval '2 days' END,
    CASE WHEN n %% 9 < 6 THEN now() - interval '1 day' END,
    CASE WHEN n %% 9 = 6 AND n %% 2 = 0 THEN now() + interval '1 day' END, now() - n * interval '1 second',
    CASE n %% 7 WHEN 0 THEN NULL WHEN 1 THEN n %% 9 = 4 ELSE false END,
    CASE n %% 6 WHEN 0 THEN 'key-' || n END
FROM generate_series(1, %(jobs)s) AS n;
INSERT INTO {s}.marketplace_tasks (job_id, task_type, status, description, result)
SELECT 1 + n %% %(jobs)s, (ARRAY['plugin_http', 'db_operation'])[1 + n %% 2]::{s}.tasktype,
    (ARRAY['pending', 'processing', 'success', 'failed', 'timeout', 'cancelled'])[1 + n %% 6]::{s}.taskstatus,
    CASE n %% 2 WHEN 0 THEN 'step ' || n END, '{"a": 1}'
FROM generate_series(1, %(tasks)s) AS n;
INSERT INTO {s}.vinted_job_stats (action_type_id, date, total_jobs, success_count, failure_count, avg_duration_ms)
SELECT 1 + n %% 12, date '2026-01-01' - n / 24, 10, 8, 2, CASE n %% 3 WHEN 0 THEN NULL ELSE 100 END
FROM generate_series(1, %(days)s) AS n
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything a tenant has."""

    products: int
    batches: int
    jobs: int
    tasks: int
    days: int


def build(connection: "psycopg.Connection[Any]", tenants: int, size: Size) -> None:
    """Make it, each tenant with rows; autocommit."""
    connection.execute(SHARED.encode())
    for tenant in range(1, tenants + 1):
        add_tenant(connection, f"user_{tenant}", size)


def add_tenant(connection: "psycopg.Connection[Any]", schema: str, size: Size) -> None:
    connection.execute("INSERT INTO public.users (email, hashed_password) VALUES (%s, 'x')", [f"{schema}@example.com"])
    connection.execute(TENANT.replace("{s}", schema).encode())
    values = {name: getattr(size, name) for name in Size.__slots__}
    for statement in _each(ROWS.replace("{s}", schema)):
        connection.execute(statement.encode(), values)


def _each(statements: str) -> Sequence[str]:
    return [statement for statement in statements.split(";\n") if statement.strip()]
