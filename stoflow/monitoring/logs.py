"""The words of the logs: one table says how each fact is told, and one list which of its fields may be shown."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import Field
from typing import Any, ClassVar, Protocol

from stoflow.domain.printable import on_one_line
from stoflow.monitoring.context import fields_now
from stoflow.monitoring.lines import FIELDS, NAMED, Form, formatter, masked
from stoflow.monitoring.standard_error import StandardError

MAX_VALUE_CHARS = 300
PLACE = re.compile(r"\{(\w+)\}")

LIBRARY_LEVELS: Mapping[str, int] = {
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "dramatiq": logging.WARNING,
    "engineio": logging.ERROR,  # below that it writes whole payloads, the token of a connect among them
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,  # below that it writes each URL with its query
    "psycopg.pool": logging.ERROR,  # whoever waits for a connection says why there is none
    "pykka": logging.WARNING,
    "socketio": logging.ERROR,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.access": logging.ERROR,
}

SHOWN_FIELDS = frozenset(
    """
    action actor after_s applied attempt cause child claims code count deaths detail doing duration_ms epoch error
    event expired failures field from_status host job kind lasted_s left limit link listing look_at looks loop
    marketplace most name next_at order orders outcome owner path pid plugin port position process product purpose
    queue reason request_id revision rows server signal size socket state status step task tasks tenant tenants threads
    to_status until url version waited_s waiting webhook where window work
    """.split()
)
"""Only these fields of a fact reach a log: a token, a payload or a seller's text in another one stays out."""

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR
AT_ATTEMPT = "tenant {tenant}, job {job}, task {task}, request {request_id}"
JOB_FAILED = f"A job failed ({AT_ATTEMPT}): {{action}} on {{marketplace}}, attempt {{attempt}}, {{kind}}: {{reason}}"
WORDS: Mapping[str, tuple[int, str]] = {
    # processes
    "ProcessStarted": (INFO, "The {kind} is ready as process {process}."),
    "ProcessStopped": (INFO, "The {kind}, process {process}, has stopped."),
    "ProcessDied": (WARNING, "The {kind}, process {process}, died and is replaced: {detail}."),
    "ThreadsGone": (ERROR, "The {kind} ends, to be replaced: {threads} ended by itself."),
    "LeaseLost": (WARNING, "The {kind}, process {process}, lost its lease and lets go of its work."),
    "ServersKeptAgain": (WARNING, "The embedded servers had lost their keeper and are started again."),
    "RoleTooStrong": (
        WARNING,
        "STOFLOW_DATABASE_URL names a superuser of PostgreSQL: give StoFlow a role of its own (docs/security.md).",
    ),
    # the engine
    "TenantTaken": (INFO, "Tenant {tenant} is ours, epoch {epoch}."),
    "TenantReleased": (INFO, "Tenant {tenant} is let go."),
    "ActorFailed": (ERROR, "{actor} of tenant {tenant} failed and reloads: {error}."),
    "MessageRefused": (WARNING, "A message made no sense and was dropped: {reason}."),
    "JobCompleted": (DEBUG, "Job {job} of tenant {tenant} is completed: {action} on {marketplace}."),
    "JobFailed": (WARNING, JOB_FAILED),
    "SellerAsked": (
        INFO,
        "{marketplace} asks tenant {tenant} to act before it goes on (job {job}, task {task}): {reason}",
    ),
    "AttemptEnded": (DEBUG, "An attempt to {purpose} ended, {action} on {marketplace}: {outcome}."),
    "CallEnded": (DEBUG, "{marketplace} answered a call with {code} after {lasted_s} s."),
    "StepBroke": (ERROR, "Task {task} of job {job}, tenant {tenant}, broke: {error}."),
    "LooksDied": (
        ERROR,
        "{deaths} looks for task {task} of job {job}, tenant {tenant}, ended their process; the next are ever rarer.",
    ),
    "CallsLeftTold": (DEBUG, "{marketplace} has {left} of {most} calls left for the {window}."),
    "RunBroke": (ERROR, "A run broke; what it held is found again: {error}."),
    "TaskHandedBack": (
        WARNING,
        "Job {job} of tenant {tenant} is handed back to newer workers: {action} on {marketplace} has no {task} here.",
    ),
    "StaleAttemptFenced": (WARNING, "A late attempt at task {task} of job {job}, tenant {tenant}, changed nothing."),
    "SettleDropped": (WARNING, "An outcome could not be recorded in time; the next claim looks: {error}."),
    "PropagationRefused": (
        INFO,
        "Product {product} of tenant {tenant} needs no job on {marketplace} after all: {error}.",
    ),
    "PeriodicRunRefused": (WARNING, "A periodic job of tenant {tenant} on {marketplace} was not made: {error}."),
    "TenantSwept": (INFO, "Of tenant {tenant}, {tasks} tasks were freed and {expired} jobs expired."),
    "ThingUnread": (
        WARNING,
        "{marketplace} did not show {name} to job {job}, tenant {tenant}, which went on without it: {reason}",
    ),
    "ProductOversold": (
        WARNING,
        "Product {product} of tenant {tenant} is oversold: {order} on {marketplace} is later than {orders} (job {job})",
    ),
    # the sellers' accounts
    "ConnectionTried": (INFO, "Whether tenant {tenant} must act at {marketplace} is found out by a job's next call."),
    "SellerConnected": (INFO, "Tenant {tenant} is connected to {marketplace}."),
    "SealedSecretUnreadable": (
        ERROR,
        "Tenant {tenant} is asked to connect {marketplace} again, unless the key that is missing comes back: {error}",
    ),
    "SellerDisconnected": (INFO, "Tenant {tenant} has disconnected {marketplace}."),
    "AccountRead": (INFO, "What tenant {tenant} has to choose from on {marketplace} is known."),
    "AccountUnread": (WARNING, "What tenant {tenant} has to choose from on {marketplace} was not told: {error}."),
    # sellers at the door
    "SellerRegistered": (INFO, "Tenant {tenant} has registered."),
    "SellerSignedIn": (INFO, "Tenant {tenant} has signed in."),
    "SellerSignedOut": (INFO, "Tenant {tenant} has signed out."),
    "SignInFailed": (INFO, "A password was wrong, or nobody is known by the address it was given with."),
    "TokenRefused": (INFO, "A token was refused: {reason}"),
    "SuspendedTurnedAway": (INFO, "Tenant {tenant}, who is suspended, was turned away."),
    "ConsentNotTaken": (WARNING, "A consent at {marketplace} was refused: {reason}"),
    "ForeignAnswer": (WARNING, "A plugin of tenant {tenant} answered a command that it was not sent; nothing changed."),
    "NoticeNotBelieved": (WARNING, "Somebody who is not {marketplace} says that they are: nothing was heard."),
    "SignInsSlowed": (WARNING, "Somebody tries passwords or registers too often, and is told to wait."),
    "RefreshTokenReused": (WARNING, "A refresh token of tenant {tenant} came twice: that sign-in is over."),
    "PasswordChanged": (INFO, "Tenant {tenant} has changed their password; every other sign-in is over."),
    "PasswordReset": (INFO, "Tenant {tenant} has a new password by a mail's token; every sign-in is over."),
    "EmailVerified": (INFO, "Tenant {tenant} has shown that the e-mail address is theirs."),
    "MailSent": (INFO, "Tenant {tenant} was sent a mail: {kind}."),
    "MailPutOff": (WARNING, "A mail to tenant {tenant}, {kind}, waits for the mail server: {reason}"),
    "MailGivenUp": (WARNING, "A mail to tenant {tenant}, {kind}, cannot be sent and is given up: {reason}"),
    "MailUnsent": (WARNING, "STOFLOW_SMTP_URL is not set: tenant {tenant} would be sent a mail, {kind}, with {link}"),
    "TenantSuspended": (WARNING, "Tenant {tenant} is suspended by an administrator."),
    "TenantResumed": (WARNING, "Tenant {tenant} goes on: an administrator ended the suspension."),
    "TenantSignedOut": (WARNING, "Every sign-in of tenant {tenant} was ended by an administrator."),
    "TenantDeletionAsked": (WARNING, "Tenant {tenant} is to be deleted."),
    "TenantDeletionWaits": (WARNING, "The deletion of tenant {tenant} waits at {step}: {reason}"),
    "ListingsLeftBehind": (WARNING, "{count} listings of tenant {tenant} are left on {marketplace}: not reached."),
    "TenantDeleted": (WARNING, "Tenant {tenant} is deleted: nothing is left of them."),
    "WebhookDisabled": (WARNING, "Webhook {webhook} of tenant {tenant} is switched off: {reason}"),
    "PlatformMadeTenant": (INFO, "Tenant {tenant} was made by the platform {name}."),
    "PlatformMintedToken": (INFO, "A token of tenant {tenant} was made for the platform {name}."),
    # servers away
    "ServerOutageBegan": (WARNING, "{server} does not answer: {reason}."),
    "ServerOutageEnded": (WARNING, "{server} answers again, after {lasted_s} s."),
    "ApplicationRefused": (
        ERROR,
        "{marketplace} does not accept StoFlow's own application: every seller's jobs there wait for you: {reason}",
    ),
    "ApplicationAccepted": (WARNING, "{marketplace} accepts StoFlow's own application again after {lasted_s} s."),
    "MarketplaceOutageBegan": (WARNING, f"{{marketplace}} does not answer ({AT_ATTEMPT}): {{reason}}"),
    "MarketplaceOutageEnded": (WARNING, f"{{marketplace}} answers again after {{lasted_s}} s ({AT_ATTEMPT})."),
    "RedisAway": (DEBUG, "Redis cannot be reached while {doing}: {error}."),
    "DatabaseAway": (DEBUG, "PostgreSQL cannot be reached while {doing}: {error}."),
    "Stumbled": (ERROR, "Something unforeseen happened while {doing}, which goes on: {error}."),
    "StatementRefused": (ERROR, "PostgreSQL refused a statement while {doing}: {error}."),
    # the doors
    "RequestFailed": (ERROR, "A request to {path} failed at {where}: {error}."),
    "SocketEventFailed": (ERROR, "A socket's {event} failed at {where}: {error}."),
    "SocketClosed": (INFO, "A socket of tenant {tenant} was closed: {reason}."),
    "BackgroundLoopFailed": (WARNING, "A round of {loop} failed at {where} and is tried again: {error}."),
    "FeedItemRefused": (WARNING, "Redis brought news that made no sense: {reason}."),
    "SigningKeysRead": (INFO, "The signing keys have changed: {count} are known now."),
    "SigningKeyOpen": (WARNING, "The signing key {name} is open to others on this machine: `chmod 600` it."),
    "RelayMessageDropped": (WARNING, "News for other api processes could not leave: {reason}."),
}
"""Level and sentence by fact, `{field}` being filled in; a fact that is not here is told as `name field=value`."""


class Fact(Protocol):
    """A frozen dataclass whose name is in the past tense: what happened, to whom."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


_logger = logging.getLogger("stoflow")
_handler = StandardError()


def setup_logging(level: str, form: Form = "console") -> None:
    """Send every line at or above `level` to standard error, in UTC. Safe to call again with other arguments."""
    _handler.setFormatter(formatter(form))
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    root.setLevel(level)
    for name, lowest in LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))


def write(fact: Fact) -> None:
    """Log a fact in its words, with its fields and those of what is being done now beside them."""
    name = type(fact).__name__
    level, words = WORDS.get(name, (logging.DEBUG, ""))
    if _logger.isEnabledFor(level):
        shown = {field: _plain(value) for field, value in _fields_of(fact) if field in SHOWN_FIELDS}
        fields = {"fact": name, **fields_now(), **shown}
        named = frozenset(PLACE.findall(words)) if words else shown.keys()
        _logger.log(level, sentence(fact, words), extra={FIELDS: fields, NAMED: named})


def sentence(fact: Fact, words: str) -> str:
    """Return `words` with its `{field}`s filled in, or the fact's name followed by its fields."""
    shown = {name: _told(value) for name, value in _fields_of(fact) if name in SHOWN_FIELDS}
    if words:
        return PLACE.sub(lambda match: shown.get(match[1], "?"), words)
    name = re.sub(r"(?<!^)(?=[A-Z])", " ", type(fact).__name__).lower()
    return " ".join([name, *(f"{field}={value}" for field, value in shown.items())])


def _fields_of(fact: Fact) -> Iterator[tuple[str, object]]:
    return ((name, getattr(fact, name)) for name in fact.__dataclass_fields__)


def _plain(value: object) -> object:
    """Return what a program is shown: numbers as they are, anything else as people are."""
    return value if isinstance(value, bool | int | float) or value is None else _told(value)


def _told(value: object) -> str:
    """One line, of bounded length, without what opens a door, whatever a marketplace or a seller wrote."""
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    return masked(on_one_line(text[:MAX_VALUE_CHARS]))
