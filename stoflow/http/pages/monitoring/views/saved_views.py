"""Keeping the view that the list of jobs shows, under a name, and forgetting one."""

from typing import Final

from stoflow.http.pages.monitoring.page import Act, Shown
from stoflow.http.pages.monitoring.rendering import query as address_of
from stoflow.http.pages.monitoring.views.jobs import JOBS, JobsFilter, whose
from stoflow.http.resources.saved_views import ViewName
from stoflow.http.rest.schemas import FormBody, Id
from stoflow.resources.jobs import saved_views

VIEWS: Final = f"{JOBS}/views"


class ViewForm(FormBody, JobsFilter):
    """What is shown, and the name to keep it under."""

    name: ViewName


class DeleteForm(FormBody, JobsFilter):
    """Which view is forgotten, and what is shown meanwhile."""

    view: Id


def save(shown: Shown) -> str:
    form: ViewForm = shown.asked.body
    whose(shown, form.tenant)
    saved_views.save_view(shown.context, shown.viewer.tenant, form.name, form.named())
    return JOBS + address_of(form.named())


def delete(shown: Shown) -> str:
    form: DeleteForm = shown.asked.body
    saved_views.delete_view(shown.context, shown.viewer.tenant, form.view)
    return JOBS + address_of(form.named())


ACTS = (Act(VIEWS, "saveView", save, ViewForm), Act(f"{VIEWS}/delete", "deleteView", delete, DeleteForm))
