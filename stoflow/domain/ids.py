"""Identities, so that a tenant is never passed where a job is meant."""

from typing import NewType

TenantId = NewType("TenantId", int)
BatchId = NewType("BatchId", int)
JobId = NewType("JobId", int)
TaskId = NewType("TaskId", int)
ProcessId = NewType("ProcessId", int)
Epoch = NewType("Epoch", int)
