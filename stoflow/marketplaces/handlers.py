"""What every handler shares: the tasks of an action in order, and the step behind each task's name."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from stoflow.domain.call import Answer, Call, Command, FilePart, Reply, Request, Response
from stoflow.domain.errors import ConfigurationError
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Step, TaskPlan
from stoflow.marketplaces.replies import answer_of, reply_of

Service = TypeVar("Service")


def ask_http(
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    files: Sequence[FilePart] = (),
) -> Generator[Call, Response, Reply]:
    """Ask a marketplace's API and return its reply, whatever its status.

    `path` is below the marketplace's address; the seller's token is added by the transport. At most one of json, form,
    and files with form.
    """
    return reply_of((yield Request(method, path, query or {}, headers or {}, json, form, tuple(files))))


class BaseJobHandler(ABC):
    """One action of one marketplace: `steps` names its tasks, whose methods may be its own or a service's.

    An outside step asks with `call_http` or `call_plugin`; the engine makes the call, keeps to deadline and pace, and
    decides what a lost answer means.

    A step in `per_photo` becomes one task per photo. Where there are `paged` steps, a job begins with the first page
    of the first step, and each of its tasks says which one follows.
    """

    marketplace: str = ""
    action: str = ""
    per_photo: frozenset[str] = frozenset()
    most_photos: int = 0
    paged: frozenset[str] = frozenset()

    @abstractmethod
    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task of this action, in order."""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The kinds of task of this action, in order."""
        return self.make_steps()

    @cached_property
    def _steps_by_name(self) -> Mapping[str, Step]:
        return {step.name: step for step in self.steps}

    def create_tasks(self, product: Product | None) -> Sequence[TaskPlan]:
        """Return the tasks of a job on this product: photos above the marketplace's number are left out."""
        if self.paged:
            first = self.steps[0]
            return (TaskPlan(f"{first.name}:1", first.kind, paced=first.paced),)
        photos = min(len(product.images), self.most_photos) if product else 0
        return tuple(plan for step in self.steps for plan in self._plans(step, photos))

    def _plans(self, step: Step, photos: int) -> tuple[TaskPlan, ...]:
        if step.name not in self.per_photo:
            return (TaskPlan(step.name, step.kind, paced=step.paced),)
        return tuple(TaskPlan(f"{step.name}:{number}", step.kind, paced=step.paced) for number in range(1, photos + 1))

    def step(self, task_name: str) -> Step:
        """Return the step of `name` or `name:N`; raise KeyError for a name this handler never gave."""
        name, colon, number = task_name.partition(":")
        if bool(colon) != (name in self.per_photo | self.paged) or (colon and not number.isdecimal()):
            raise KeyError(task_name)
        return self._steps_by_name[name]

    def payload_errors(self, payload: Mapping[str, Any]) -> tuple[FieldError, ...]:  # noqa: ARG002  most take none
        """Return what its action's model of payloads does not say."""
        return ()

    call_http = staticmethod(ask_http)
    """`reply = yield from self.call_http("PUT", "/things/7", json={…})`, in a step."""

    def call_plugin(self, action_name: str, payload: Mapping[str, Any]) -> Generator[Call, Response, Answer]:
        """Have the seller's browser do something: `answer = yield from self.call_plugin("item.get", {"id": 7})`.

        `action_name` is a command of this marketplace's, with or without its name and a dot in front. The answer is
        returned too where it says that it came to nothing.
        """
        command = action_name.removeprefix(f"{self.marketplace}.")
        return answer_of((yield Command(f"{self.marketplace}.{command}", payload)))


class ServiceJobHandler(BaseJobHandler, Generic[Service]):
    """An action whose tasks are the methods of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def get_service(self) -> Service:
        """Return the service that does the action."""
        return self._service

    def make_steps(self) -> tuple[Step, ...]:
        """Return the kinds of task of this action, in order."""
        return self.steps_of(self.get_service())

    def steps_of(self, service: Service) -> tuple[Step, ...]:
        """Return the kinds of task with the service's methods, where `make_steps` itself is not overridden."""
        message = f"{type(self).__name__} names no tasks for {type(service).__name__}: give it steps_of or make_steps."
        raise ConfigurationError(message)


class DirectAPIJobHandler(ServiceJobHandler[Service]):
    """An action of a marketplace with an API of its own: one method of one service changes what buyers see.

    The registry resolves that method when it is built, so that a misspelt name fails at the start.
    """

    service_method_name: str = ""

    def get_service_method_name(self) -> str:
        """Return the name of the service's method behind the paced task."""
        return self.service_method_name

    @property
    def service_method(self) -> Callable[..., Any]:
        """The method itself; ConfigurationError where the service has none of that name."""
        name = self.get_service_method_name()
        if not name:
            raise ConfigurationError(f"{type(self).__name__} names no method: give it get_service_method_name.")
        method = getattr(self.get_service(), name, None)
        if not callable(method):
            service = type(self.get_service()).__name__
            message = f"{type(self).__name__} names {service}.{name}, which does not exist."
            raise ConfigurationError(message)
        return method
