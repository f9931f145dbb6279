"""Why jobs fail, by kind and the marketplace's own id of the error, and whether that is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stoflow.domain.ids import TenantId
from stoflow.resources.needs import Reads
from stoflow.storage.engine.reads.errors import ErrorGroup, read_error_groups
from stoflow.storage.engine.reads.job_index import IndexedJob, read_indexed


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A group, with what its last job said."""

    group: ErrorGroup
    message: str | None

    @property
    def filter(self) -> Mapping[str, str]:
        """Return the filter by which its jobs are listed, as the parameters of an address."""
        named = {"marketplace": self.group.marketplace, "error_kind": self.group.kind}
        return {**named, "error_code": self.group.code} if self.group.code else named


def list_errors(needs: Reads, tenant: TenantId | None, marketplace: str | None = None) -> Sequence[ErrorKind]:
    """Return the groups of one tenant's errors, or of everybody's: those with the most failed jobs first."""
    with needs.database.records() as connection:
        groups = read_error_groups(connection, tenant=tenant, marketplace=marketplace)
        last = [IndexedJob(group.tenant, group.job, group.last_seen) for group in groups]
        said = {(job.tenant, job.id): job.error for job in read_indexed(connection, last, None)}
    return [ErrorKind(group, said.get((group.tenant, group.job))) for group in groups]
