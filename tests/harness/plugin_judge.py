"""What StoFlow asks of a plugin, and what a plugin answers, held against the protocol's own schemas."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.http.sockets.protocol import plugin_protocol
from stoflow.marketplaces.registry import BUILT_IN
from stoflow.testing.acting import Judge

STATUS_CODE = re.compile(r"http_[1-5][0-9][0-9]")
PROTOCOL = plugin_protocol(BUILT_IN)


@cache
def _validator(action: str, part: str) -> Draft202012Validator:
    return Draft202012Validator(PROTOCOL["commands"][action][part])


def faults(action: str, part: str, said: Any) -> list[str]:
    """Return what the schema of `part` ("payload" or "data") of a command says against it."""
    return [f"{error.json_path}: {error.message}" for error in _validator(action, part).iter_errors(said)]


@dataclass
class PluginJudge(Judge):
    """Fails a test at the command, or at the answer, that breaks the protocol of this marketplace's plugin."""

    marketplace: str = ""

    def hear_call(self, call: Call) -> None:
        assert isinstance(call, Command), call
        self.requests += 1
        wrong = faults(call.action, "payload", dict(call.payload))
        assert not wrong, f"{call.action}: {wrong}"

    def hear_response(self, call: Call, response: Response) -> None:
        assert isinstance(call, Command), call
        assert isinstance(response, Answer), response
        self.replies += 1
        if response.success:
            wrong = faults(call.action, "data", dict(response.data))
            assert not wrong, f"{call.action} was answered: {wrong}"
        else:
            code = response.error_code
            is_known = code in PROTOCOL["errors"][self.marketplace] or STATUS_CODE.fullmatch(code)
            assert is_known, f"{call.action} was answered {code}, which the protocol does not know"
