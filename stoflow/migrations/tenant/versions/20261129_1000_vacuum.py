"""What PostgreSQL tidies up of a tenant by itself, and after how many changes: thousands of tenants are as many tables.

After fifty changes, as it would by default, a tenant with little work was looked through again and again, and each time
every connection forgot what it knew of the table. The engine looks rows up by index, whatever the statistics say.
"""

from alembic import op

revision = "20261129_1000_vacuum"
down_revision = "20261128_1300_resume"

TABLES = ("marketplace_jobs", "marketplace_tasks", "job_timeline")
THRESHOLDS = {
    "autovacuum_vacuum_threshold": 1_000,
    "autovacuum_vacuum_insert_threshold": 10_000,
    "autovacuum_analyze_threshold": 2_000,
}


def upgrade() -> None:
    values = ", ".join(f"{name} = {value}" for name, value in THRESHOLDS.items())
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} SET ({values})")
