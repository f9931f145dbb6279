"""Jobs by their older name: what code calls that makes and ends a tenant's jobs in a process of its own."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.given import check_json, text, whole
from stoflow.domain.handle import ActionType, Job, KeepsJobs
from stoflow.domain.ids import JobId
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.older_words import FIRST_MARKETPLACE, warn_of


class MarketplaceJobService:
    """`db` is a tenant's handle: `stoflow.open(settings, tenant=1)`."""

    def __init__(self, db: KeepsJobs) -> None:
        self._db = db

    def create_job(
        self,
        *,
        action_code: str,
        marketplace: str | None = None,
        product_id: int | None = None,
        priority: int | None = None,
        input_data: Mapping[str, Any] | None = None,
        session: Any | None = None,
    ) -> Job:
        """Accept a job and return it; without `marketplace` it is of the one that was the only one once.

        With `session` (SQLAlchemy's session or connection, or psycopg's connection, to the same database) it is made
        in the caller's transaction: it exists, and is heard of, exactly when the caller commits.
        Raise ValueError("Invalid action code: publish for marketplace: x") for a pair that nobody registered,
        InputError naming each bad field, NotFound for an unknown product, Conflict for what the seller did not grant.
        """
        if marketplace is None:
            warn_of("create_job without a marketplace", f'create_job(marketplace="{FIRST_MARKETPLACE}", …)')
        check_json("input_data", input_data)
        try:
            return self._db.create_job(
                marketplace or FIRST_MARKETPLACE,
                action_code,
                product_id=None if product_id is None else whole("product_id", product_id),
                priority=None if priority is None else whole("priority", priority),
                payload=input_data or {},
                session=session,
            )
        except InputError as error:
            raise _in_callers_words(error) from None

    def get_action_type_by_id(self, action_type_id: int) -> ActionType | None:
        """Return the action type with this id, None where there is none."""
        return self._db.action_type(whole("action_type_id", action_type_id))

    def complete_job(self, job_id: int, result_data: Mapping[str, Any] | None = None) -> Job:
        """Complete a job that the caller did by itself; what was left of its tasks is skipped.

        Raise NotFound, and Conflict where the job is final, or where something of it is under way.
        """
        check_json("result_data", result_data)
        return self._db.complete_job(_job(job_id), result_data or {})

    def fail_job(self, job_id: int, error_message: str) -> Job:
        """Fail a job that the caller could not do; a retry goes on with what is left. Raise as `complete_job`."""
        return self._db.fail_job(_job(job_id), text("error_message", error_message))

    def cancel_job(self, job_id: int) -> Job:
        """Cancel a job now, or as soon as what is under way is known. Raise NotFound; Conflict where it is final."""
        return self._db.cancel_job(_job(job_id))


def _job(given: object) -> JobId:
    return JobId(whole("job_id", given))


def _in_callers_words(error: InputError) -> InputError:
    """Return the error with the names of the arguments above, all in one line, which is what callers log."""
    errors = tuple(FieldError(_argument(each.field), each.message, each.code) for each in error.errors)
    return InputError(InputError(str(error), errors).told, errors)


def _argument(field: str) -> str:
    name, dot, rest = field.partition(".")
    return {"payload": "input_data", "action_type": "action_code"}.get(name, name) + dot + rest
