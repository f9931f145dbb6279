"""What is put is taken in order, together where it waits together, and all of it before the end."""

from stoflow.domain.coalescing import CoalescingQueue


def test_what_waits_together_is_taken_together_up_to_the_most_of_a_batch() -> None:
    queue = CoalescingQueue[int](most=3)
    for number in range(5):
        queue.put(number)
    queue.close()
    assert list(queue) == [[0, 1, 2], [3, 4]]


def test_nothing_is_taken_behind_the_end() -> None:
    queue = CoalescingQueue[int](most=3)
    queue.put(1)
    queue.close()
    queue.put(2)
    assert list(queue) == [[1]]
    assert len(queue) == 1


def test_whoever_begins_again_takes_what_was_put_behind_the_end() -> None:
    queue = CoalescingQueue[int](most=3)
    queue.close()
    queue.put(1)
    queue.close()
    assert [list(queue), list(queue)] == [[], [[1]]]


def test_a_queue_that_is_closed_empty_ends_at_once() -> None:
    queue = CoalescingQueue[int](most=3)
    queue.close()
    assert list(queue) == []


def test_what_nobody_waits_for_goes_with_the_room_that_others_leave() -> None:
    queue = CoalescingQueue[str](most=3)
    for page in ("p1", "p2", "p3"):
        queue.put(page, behind=True)
    for job in ("j1", "j2", "j3"):
        queue.put(job)
    queue.close()
    assert list(queue) == [["j1", "j2", "p1"], ["j3", "p2", "p3"]]
