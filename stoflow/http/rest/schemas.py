"""What bodies and queries are made of: strict, and nothing in them that is not named here."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from stoflow.domain.outcome import FieldError

MAX_ID: Final = 2**31 - 1


MAX_LIMIT: Final = 200


FIRST_YEAR: Final = 2000


LAST_YEAR: Final = 2999


RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})$")


CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


CONTROL_CHARACTERS_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    if CONTROL_CHARACTERS.search(text):
        raise ValueError("control characters are not allowed here")
    return text


def one_line_of(text: str) -> str:
    """Return the text with each control character replaced by a space."""
    return CONTROL_CHARACTERS.sub(" ", text)


def lines(text: str) -> str:
    if CONTROL_CHARACTERS_BUT_LINES.search(text):
        raise ValueError("control characters other than line breaks and tabs are not allowed here")
    return text


def _rfc_3339(text: object) -> object:
    # Without this a number, also one in quotes, would be taken for seconds since 1970.
    if not isinstance(text, str) or not RFC_3339.match(text):
        raise ValueError("give a time as in 2026-11-20T09:30:00Z")
    return text


def _in_our_time(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year must be between {FIRST_YEAR} and {LAST_YEAR}")
    return moment


def _nearest_in_our_time(moment: datetime) -> datetime:
    """Return the nearest moment that everything can count with: nothing happened before it, nothing will after it."""
    if moment.year < FIRST_YEAR:
        return datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    return moment if moment.year <= LAST_YEAR else datetime(LAST_YEAR, 12, 31, tzinfo=UTC)


NO_NUL: Final = r"^[^\u0000]*$"


CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f"


# The validators' rules as patterns, for the document; the validators say them in words.
ONE_LINE_PATTERN: Final[JsonDict] = {"pattern": rf"^[^{CONTROLS}]*$"}


LINES_PATTERN: Final[JsonDict] = {"pattern": r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"}


Word = Annotated[str, Field(max_length=200, json_schema_extra=ONE_LINE_PATTERN), AfterValidator(one_line)]


Id = Annotated[int, Field(ge=1, le=MAX_ID)]


STORABLE_TEXTS: Final[JsonDict] = {
    "propertyNames": {"pattern": NO_NUL},
    "additionalProperties": {"type": "string", "pattern": NO_NUL},
}


# Named types: the document gives each the values that there are, which installed packages add to.
Action = TypeAliasType(
    "Action",
    Annotated[str, Field(min_length=1, max_length=50, json_schema_extra=ONE_LINE_PATTERN), AfterValidator(one_line)],
)


Marketplace = TypeAliasType("Marketplace", Word)


# Not strict, because JSON has no times: what is checked before is as strict.
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_rfc_3339), AfterValidator(_in_our_time)]


# When what is asked for may begin. Whoever puts a job off should know that it keeps its place in the line.
NotBefore = Annotated[
    Moment | None,
    Field(
        description="It begins no sooner. Later jobs of its product at this marketplace wait behind it, but for one "
        "that cancels it, as `delete` does."
    ),
]


# One that something else is only compared with.
Bound = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_rfc_3339), AfterValidator(_nearest_in_our_time)]


PAYLOAD: Final = Field(
    description="What the action takes beside its product: `GET /api/{marketplace}/actions` has the schema of each. A"
    " field that it does not name changes nothing."
)


class Given(BaseModel):
    """What a caller gives."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def changes_of(body: type[Given], name: str, doc: str, *, example: JsonDict) -> type[Given]:
    """Return the body of a PATCH: the fields of `body`, none of them required; `model_fields_set` says which change."""
    fields: dict[str, Any] = {field: (_optional(info), None) for field, info in body.model_fields.items()}
    made: type[Given] = create_model(name, __base__=Given, __doc__=doc, **fields)
    made.model_config["json_schema_extra"] = {"examples": [example]}
    made.model_rebuild(force=True)
    return made


def _optional(field: FieldInfo) -> Any:
    facts = field.asdict()
    kind, checks, told = facts["annotation"], facts["metadata"], facts["attributes"]
    told = {key: value for key, value in told.items() if key not in {"default", "default_factory"}}
    return Annotated[kind, *checks, Field(**told)]


CURSOR: Final = r"^[A-Za-z0-9_=.:-]+$"


ID_CURSOR: Final = "^[0-9]{1,10}$"  # told of most lists; others tell their own


class PageQuery(Given):
    """Where to read on, and how much."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="50 where it is not given.")] = 50
    cursor: (
        Annotated[str, Field(min_length=1, max_length=200, pattern=CURSOR, json_schema_extra={"pattern": ID_CURSOR})]
        | None
    ) = None


class NoQuery(Given):
    """No parameter at all."""


class NoBody(Given):
    """An empty body, or an empty object."""


class RawBody(Given):
    """The bytes of the body as they came, of whatever type."""

    content: bytes


class FormBody(Given):
    """The fields of a page's form, sent as browsers send them; a field that is a tuple may be there several times."""


class FileBody(Given):
    """One file that is the whole body, of whatever type; handlers are given it as the only one of `Uploaded`."""


def reasons_of(error: ValidationError) -> tuple[FieldError, ...]:
    """Return every reason, each naming its field; never what was given."""
    return tuple(
        FieldError(".".join(str(part) for part in reason["loc"]) or "body", reason["msg"].removeprefix("Value error, "))
        for reason in error.errors(include_url=False, include_input=False, include_context=False)
    )
