"""The last step: nothing of the old names is left. Refused while an old program still writes by them."""

from sqlalchemy import Connection, text

from stoflow.migrations.old_house.keeping import FUNCTIONS, HELD
from stoflow.migrations.old_house.locking import execute
from stoflow.migrations.old_house.switch import ANNOUNCE, give_up_running

WRITTEN = """
SELECT name, at FROM {s}.old_writes
WHERE at > clock_timestamp() - :unused_s * interval '1 second' ORDER BY at DESC LIMIT 1
"""

# What an old program paused nobody else can resume.
RESUME = f"""
UPDATE {{s}}.marketplace_jobs SET not_before = NULL, expires_at = clock_timestamp() + interval '1 hour'
WHERE status = 'pending' AND not_before = {HELD}
"""

GONE = """
ALTER TABLE {s}.marketplace_jobs DROP COLUMN batch_id;
DROP TABLE {s}.vinted_job_stats, {s}.old_marketplace_tasks, {s}.old_writes, {s}.old_batches, {s}.carrying;
DROP CAST ({s}.jobstatus AS text);
DROP CAST ({s}.batchjobstatus AS text);
DROP TYPE {s}.jobstatus, {s}.batchjobstatus, {s}.tasktype, {s}.taskstatus
"""

# Where the expand was all there was, and no new program has been there.
UNDONE = """
DROP FUNCTION {s}.carry_job() CASCADE;
DROP FUNCTION {s}.carry_batch() CASCADE;
DROP FUNCTION {s}.keep_product() CASCADE;
DROP FUNCTION {s}.keep_photos() CASCADE;
DROP FUNCTION {s}.batch_named(text, text, integer);
DROP FUNCTION {s}.action_at(integer, text);
DROP FUNCTION {s}.note_old_write(text);
DROP TABLE {s}.old_writes, {s}.carrying, {s}.product_images;
DROP INDEX IF EXISTS {s}.marketplace_jobs_batch_idx, {s}.marketplace_jobs_product_idx, {s}.marketplace_jobs_key_idx;
ALTER TABLE {s}.marketplace_jobs DROP COLUMN new_status, DROP COLUMN not_before, DROP COLUMN error_kind;
ALTER TABLE {s}.batch_jobs DROP COLUMN new_status;
ALTER TABLE {s}.products DROP COLUMN size, DROP COLUMN colors, DROP COLUMN materials;
DROP INDEX IF EXISTS {s}.marketplace_jobs_expires_idx, {s}.marketplace_jobs_ended_idx
"""


class StillWritten(Exception):
    """An old program wrote by an old name within the time for which none may have."""


def contract(connection: Connection, schema: str, *, unused_s: float) -> None:
    """Take the old names away, in the transaction that holds the tables; StillWritten where they are in use."""
    written = connection.execute(text(WRITTEN.replace("{s}", schema)), {"unused_s": unused_s}).one_or_none()
    if written is not None:
        last = f"wrote {written.name} at {written.at:%Y-%m-%d %H:%M:%S} UTC, or it was carried over then"
        raise StillWritten(f"An old program {last}: end the program, or wait longer.")
    for function in FUNCTIONS:
        execute(connection, f"DROP FUNCTION {schema}.{function} CASCADE")
    give_up_running(connection, schema, after="0 seconds")
    for statement in (RESUME, GONE, ANNOUNCE):
        execute(connection, statement, schema)


def undo(connection: Connection, schema: str) -> None:
    """Take back an expand, with all rows as they are, in the transaction that holds the tables."""
    execute(connection, UNDONE, schema)
