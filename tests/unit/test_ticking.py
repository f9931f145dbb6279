"""What goes on by itself rests while there is nothing to do, and is woken when there is."""

import threading

from stoflow.upkeep.ticking import RESTS_AFTER, Ticking

WAIT_S = 30.0
LONG_S = 3600.0


class Work:
    """So much of it is there to do, one piece a turn; `turns` counts down to where somebody waits."""

    def __init__(self, pieces: int = 0) -> None:
        self.pieces = pieces
        self.taken = 0
        self.turned = threading.Semaphore(0)

    def turn(self) -> int:
        self.taken += 1
        found = min(self.pieces, 1)
        self.pieces -= found
        self.turned.release()
        return found

    def wait(self, turns: int) -> None:
        for _ in range(turns):
            assert self.turned.acquire(timeout=WAIT_S)


def ticking(work: Work, *, idle_s: float = LONG_S) -> Ticking:
    made = Ticking("work", work.turn, every_s=0.0, doing="working", idle_s=idle_s)
    made.start()
    return made


def test_it_rests_after_a_few_turns_with_nothing_to_do() -> None:
    work = Work()
    resting = ticking(work)
    work.wait(RESTS_AFTER)
    resting.stop()
    assert work.taken == RESTS_AFTER


def test_it_does_all_there_is_before_it_rests() -> None:
    work = Work(pieces=5)
    resting = ticking(work)
    work.wait(5 + RESTS_AFTER)
    resting.stop()
    assert (work.pieces, work.taken) == (0, 5 + RESTS_AFTER)


def test_who_wakes_it_ends_its_rest() -> None:
    work = Work()
    resting = ticking(work)
    work.wait(RESTS_AFTER)
    work.pieces = 1
    resting.wake()
    work.wait(1)
    assert work.pieces == 0
    resting.stop()


def test_it_looks_by_itself_once_its_rest_is_over() -> None:
    work = Work()
    resting = ticking(work, idle_s=0.001)
    work.wait(RESTS_AFTER + 3)
    resting.stop()


def test_a_turn_that_fails_is_taken_again() -> None:
    turned = threading.Semaphore(0)

    def fail() -> None:
        turned.release()
        raise LookupError

    failing = Ticking("failing", fail, every_s=0.0, doing="failing")
    failing.start()
    assert all(turned.acquire(timeout=WAIT_S) for _ in range(3))
    failing.stop()
