"""The model that writes texts, by the interface of OpenAI's chat completions, which many servers speak."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, APIError, APITimeoutError
from stoflow.transports.direct.client import DirectClient

COMPLETIONS = "chat/completions"


@dataclass(frozen=True, slots=True)
class TextModel:
    """Where it is, and which: `url` ends before /chat/completions. The operator named it, so any address will do."""

    client: DirectClient
    url: str
    model: str
    key: str = field(repr=False)
    timeout_s: float

    def complete(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """Return what the model answers; raise APIError, of which `sent` is False where it certainly wrote nothing."""
        asked = {"model": self.model, "messages": list(messages), "response_format": {"type": "json_object"}}
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            request = Request("POST", COMPLETIONS, json=asked)
            reply = self.client.exchange(self.url, request, headers=headers, deadline_s=self.timeout_s)
        except APITimeoutError as error:
            raise APITimeoutError("The text model did not answer in time.", sent=error.sent) from error
        except APIError as error:
            raise APIConnectionError("The text model could not be asked.", sent=error.sent) from error
        return _content(reply)


def _content(reply: Reply) -> str:
    if reply.status != HTTPStatus.OK:
        raise APIConnectionError(f"The text model answered with HTTP {reply.status}.", sent=False)
    match reply.body:
        case {"choices": [{"message": {"content": str(content)}}, *_]}:
            return content
        case _:
            raise APIConnectionError("The text model answered nothing that can be read.", sent=False)
