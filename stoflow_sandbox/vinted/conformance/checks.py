"""What every plugin has to do, one check after another; each builds on what those before it left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import uuid4

from stoflow.http.sockets.events import PLUGIN_EVENTS, PluginHello
from stoflow_sandbox.vinted.conformance.station import SHORT_LIFE_S
from stoflow_sandbox.vinted.conformance.trial import Trial, Wrong, done, failed, validate
from stoflow_sandbox.vinted.conformance.wire import HELLO, OPENED

TURNED_AWAY: Final = 2
HASTE_S: Final = 5.0
MOST_HELLOS: Final = 8
PRIVATE: Final = "Call me: the buyer's own words."


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # one that it builds on failed


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one check; `detail` says why where it did not pass."""

    name: str
    result: Result
    detail: str = ""


Check = Callable[[Trial], None]


def handshake(trial: Trial) -> None:
    """It connects over a websocket and says who it is."""
    opened = trial.hear(OPENED)
    if opened is None:
        raise Wrong("it opened no websocket at /socket.io")
    hello = trial.hear(HELLO)
    if hello is None:
        raise Wrong("it opened a websocket and did not say who it is (a CONNECT packet with `auth`)")
    validate(PluginHello, hello.data, "hello")


def session(trial: Trial) -> None:
    """It says how the seller's own session at the site is."""
    said = trial.hear("session_update") or trial.hear("vinted_session_update", within_s=0.1)
    if said is None:
        raise Wrong("it did not say `session_update` after it had connected")
    validate(PLUGIN_EVENTS[said.name], said.data, said.name)


def photo(trial: Trial) -> None:
    """It fetches a photo with the token in force, and uploads it."""
    payload = {"temp_uuid": trial.session, "url": "/api/products/5/photos/1"}
    made = done(trial.do("vinted.photo.upload", payload), "vinted.photo.upload")
    authorization = (trial.station.photos or [""])[-1]
    if not authorization.startswith("Bearer "):
        raise Wrong("it asked StoFlow for a photo without `Authorization: Bearer`")
    trial.photo = int(made["id"])


def command(trial: Trial) -> None:
    """It does a command once, also one that belongs to a trace, and answers with what the site said."""
    draft = trial.draft(id=None, assigned_photos=[{"id": trial.photo, "orientation": 0}])
    payload = {"draft": draft, "parcel": None, "upload_session_id": trial.session}
    request_id = trial.station.command("vinted.draft.create", payload, traced=True)
    answer = trial.answer("vinted.draft.create", request_id)
    trial.listing = str(done(answer, "vinted.draft.create")["draft"]["id"])
    trial.created = request_id, payload, answer
    _counted(trial, "draft.create", 1)


def repeated(trial: Trial) -> None:
    """The same command over its next connection is answered again, and not done again."""
    assert trial.created
    request_id, payload, first = trial.created
    trial.station.wait_until_taken(request_id, within_s=trial.within_s)
    mark = trial.station.wire.mark()
    trial.station.wire.drop()
    trial.station.command("vinted.draft.create", payload, request_id=request_id)
    if trial.answer("vinted.draft.create", request_id, since=mark) != first:
        raise Wrong("it answered the same request_id otherwise the second time: repeat the answer out of the journal")
    _counted(trial, "draft.create", 1)


def lost_answer(trial: Trial) -> None:
    """Its connection breaks before the answer is taken: it comes back, answers, and does not act again."""
    draft = trial.draft(id=int(trial.listing), photos=[{"id": trial.photo, "orientation": 0}])
    payload = {"id": trial.listing, "draft": draft, "push_up": False, "upload_session_id": trial.session}
    request_id, mark = str(uuid4()), trial.station.wire.mark()
    trial.station.wire.lose_answer(request_id)
    trial.station.command("vinted.draft.complete", {**payload, "parcel": None}, request_id=request_id)
    if trial.hear("plugin_response", lambda said: said.get("request_id") == request_id, since=mark) is None:
        raise Wrong("vinted.draft.complete was not answered")
    again = trial.station.wire.mark()
    answer = trial.answer("vinted.draft.complete", request_id, since=again)
    if not answer.success and answer.error_code != "unknown":
        raise Wrong(f"it answered {answer.error_code}: repeat the answer, or say `unknown` where it is not known")
    _counted(trial, "draft.complete", 1)


def deadline(trial: Trial) -> None:
    """A command after its deadline is not begun."""
    payload = {"draft": trial.draft(), "parcel": None, "upload_session_id": trial.session}
    failed(trial.do("vinted.draft.create", payload, late=True), "deadline")
    _counted(trial, "draft.create", 1)


def unknown_action(trial: Trial) -> None:
    """A command that it does not know is answered so."""
    failed(trial.do("vinted.rain.make", {}), "unknown_action")


def refusal(trial: Trial) -> None:
    """What the site refuses is handed on: its status, and what it said."""
    answer = trial.do("vinted.item.get", {"id": "1"})
    failed(answer, "http_404")
    if answer.data.get("status") != 404:  # noqa: PLR2004  a status
        raise Wrong("it did not hand on the site's status in `data.status`")


def discretion(trial: Trial) -> None:
    """Nothing of a buyer's is handed on."""
    control, member = trial.station.sandbox.sandbox.control, trial.station.member["external_id"]
    written = control.behave("vinted", member, "write", {"listing_id": trial.listing, "text": PRIVATE})
    answer = trial.do("vinted.conversation.get", {"id": written.offer_id})
    done(answer, "vinted.conversation.get")
    if PRIVATE in str(answer.data):
        raise Wrong("it handed on what a buyer wrote: leave everything out that the schema does not name")


def renewal(trial: Trial) -> None:
    """It tells of a newer token on the open socket, before the old one ends."""
    mark = trial.station.wire.mark()
    trial.station.issue(lives_s=SHORT_LIFE_S)
    said = trial.hear("token", since=mark)
    if said is None:
        raise Wrong("it had a newer token, or could have got one, and did not say `token` on its open socket")
    validate(PLUGIN_EVENTS["token"], said.data, "token")


def closed(trial: Trial) -> None:
    """Closed before it is let in, it comes back by itself, as often as it takes."""
    mark, door = trial.station.wire.mark(), trial.station.door
    door.away = True
    trial.station.wire.drop()
    came = _hellos(trial, mark, TURNED_AWAY)
    door.away = False
    if not came:
        raise Wrong("it did not come back after it was closed with 1013: that passes by itself")
    _is_back(trial)


def connect_error(trial: Trial) -> None:
    """Refused, it does not hammer; with a newer token it comes back."""
    mark, door = trial.station.wire.mark(), trial.station.door
    door.refusing = True
    trial.station.wire.drop()
    if not _hellos(trial, mark, 1):
        raise Wrong("it did not come back after its socket broke")
    trial.station.wire.wait_for(lambda _: False, within_s=HASTE_S)
    hellos = sum(heard.name == HELLO for heard in trial.station.wire.since(mark))
    door.refusing = False
    trial.station.issue()
    if hellos > MOST_HELLOS:
        raise Wrong(f"refused with CONNECT_ERROR, it came {hellos} times within {HASTE_S:.0f} s")
    _is_back(trial)


ALL: Final[Sequence[Check]] = (
    *(handshake, session, photo, command, repeated, lost_answer, deadline, unknown_action, refusal, discretion),
    *(renewal, closed, connect_error),
)
NEEDED: Final[Mapping[Check, Check]] = {
    command: photo,
    repeated: command,
    lost_answer: command,
    discretion: lost_answer,
}
"""What a check builds on, beside the handshake."""


def checked(trial: Trial, tell: Callable[[Checked], None] = lambda _: None) -> Sequence[Checked]:
    """Run every check; one whose ground is missing is skipped."""
    broken, results = set[Check](), list[Checked]()
    for check in ALL:
        name = check.__name__
        if handshake in broken or NEEDED.get(check) in broken:
            broken.add(check)
            results.append(Checked(name, Result.SKIPPED, "what it builds on failed"))
        else:
            try:
                check(trial)
                results.append(Checked(name, Result.PASSED))
            except Wrong as wrong:
                broken.add(check)
                results.append(Checked(name, Result.FAILED, str(wrong)))
        tell(results[-1])
    return results


def _hellos(trial: Trial, mark: int, count: int) -> bool:
    """Wait for so many hellos since the mark."""
    for _ in range(count):
        heard = trial.station.wire.wait_for(lambda one: one.name == HELLO, since=mark, within_s=trial.within_s)
        if heard is None:
            return False
        mark += 1 + trial.station.wire.since(mark).index(heard)
    return True


def _is_back(trial: Trial) -> None:
    try:
        done(trial.do("vinted.user.get", {}), "vinted.user.get")
    except Wrong as wrong:
        raise Wrong(f"it is not back: {wrong}") from None


def _counted(trial: Trial, operation: str, count: int) -> None:
    times = trial.station.count(operation)
    if times != count:
        raise Wrong(f"the site did {operation} {times} times, not {count}")
