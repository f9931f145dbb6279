"""What a process shows of itself."""

from stoflow.domain.facts.outages import ServerOutageBegan, ServerOutageEnded
from stoflow.monitoring.live.board import RELAPSE_S, Board


def test_a_server_that_answers_in_between_has_one_outage_and_one_that_comes_later_another() -> None:
    now = [1000.0]
    board = Board("worker", clock=lambda: now[0])
    began, ended = ServerOutageBegan("PostgreSQL", "full", "full"), ServerOutageEnded("PostgreSQL", 0.1)
    for _ in range(4):
        board.hear(began)
        now[0] += 1
        board.hear(ended)
        now[0] += RELAPSE_S - 1
    shown = board.process["outages"]()["PostgreSQL"]
    assert (shown["since"], shown["lasted_s"]) == (1000.0, 3 * RELAPSE_S + 1)

    now[0] += RELAPSE_S
    board.hear(began)

    assert board.outages_since() == {"PostgreSQL": now[0]}
