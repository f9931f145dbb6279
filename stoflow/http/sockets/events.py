"""What may be said on a socket, by whom, and in which shape."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator
from pydantic.config import JsonDict

from stoflow.domain.call import Answer
from stoflow.http.auth.tokens import MAX_TOKEN_CHARACTERS
from stoflow.http.rest.schemas import Given, one_line_of

MAX_TOLD_CHARACTERS: Final = 2000
MAX_CODE_CHARACTERS: Final = 200
MAX_NUMBER: Final = 2**53 - 1  # what JavaScript can count to
UNNAMED_MARKETPLACE: Final = "vinted"  # what a plugin speaks of that names none: it was the only one
Token = Annotated[str, Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]
RequestId = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{8,64}$")]
PluginId = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,100}$")]
MarketplaceName = Annotated[str, Field(pattern=r"^[0-9a-z_-]{1,50}$")]
# A marketplace's own words: shortened rather than refused, because an answer must not be lost for them.
Told = Annotated[str, AfterValidator(lambda text: one_line_of(text)[:MAX_TOLD_CHARACTERS])]
Code = Annotated[
    str,
    BeforeValidator(lambda code: "" if code is None else str(code) if isinstance(code, int | float) else code),
    AfterValidator(lambda text: one_line_of(text)[:MAX_CODE_CHARACTERS]),
]


DONE: Final[JsonDict] = {"properties": {"success": {"const": True}, "error": {"type": "null"}}}
FAILED: Final[JsonDict] = {
    "properties": {"success": {"const": False}, "error": {"type": "object"}},
    "required": ["error"],
}


class FrontendHello(Given):
    """`last_event` is the number of the last event that the page was told: it is sent what came after."""

    token: Token
    client: Literal["frontend"]
    last_event: Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None = None


class PluginHello(Given):
    token: Token
    client: Literal["plugin"]
    plugin_id: PluginId


Hello = FrontendHello | PluginHello
HELLO: Final = TypeAdapter[Hello](Annotated[Hello, Field(discriminator="client")])


class Renewal(Given):
    token: Token


class AnswerError(Given):
    code: Code
    message: Told = ""
    retryable: bool = False


class PluginResponse(Given):
    """`error` exactly where `success` is false."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [DONE, FAILED]})

    request_id: RequestId
    success: bool
    data: dict[str, Any] | None = None
    error: AnswerError | None = None

    @model_validator(mode="after")
    def _error_where_it_failed(self) -> Self:
        if self.success == (self.error is not None):
            raise ValueError("give error where success is false, and only there")
        return self

    def answer(self) -> Answer:
        if self.error is None:
            return Answer(success=True, data=self.data or {})
        return Answer(
            success=False,
            data=self.data or {},
            error_code=self.error.code,
            error_message=self.error.message,
            retryable=self.error.retryable,
        )


class PluginProgress(Given):
    request_id: RequestId
    done: Annotated[int, Field(ge=0, le=1_000_000)]
    total: Annotated[int, Field(ge=0, le=1_000_000)]


class SessionUpdate(Given):
    """`ok`: the seller's own session at the marketplace works again."""

    marketplace: MarketplaceName = UNNAMED_MARKETPLACE
    ok: bool
    reason: Told = ""


class RobotCheck(Given):
    marketplace: MarketplaceName = UNNAMED_MARKETPLACE
    reason: Told = ""


PLUGIN_EVENTS: Final[Mapping[str, type[Given]]] = {
    "token": Renewal,
    "plugin_response": PluginResponse,
    "plugin_progress": PluginProgress,
    "session_update": SessionUpdate,
    "vinted_session_update": SessionUpdate,
    "datadome_detected": RobotCheck,
}
FRONTEND_EVENTS: Final[Mapping[str, type[Given]]] = {"token": Renewal}
EVENTS_OF: Final = {"plugin": PLUGIN_EVENTS, "frontend": FRONTEND_EVENTS}
