"""Workers, orchestrators and apis: which run, what each of them does now, and how it is."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.page import HOME, Page, Shown
from stoflow.resources.monitoring.processes import processes_of


def show(shown: Shown) -> Mapping[str, Any]:
    return {"processes": processes_of(shown.snapshot())}


PAGES = (
    Page(f"{HOME}/workers", "Workers", "workers.html", show, label="Workers", place=60, role=Role.SUPPORT, live=True),
)
