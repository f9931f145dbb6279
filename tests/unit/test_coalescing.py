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


def test_a_queue_that_is_closed_empty_ends_at_once() -> None:
    queue = CoalescingQueue[int](most=3)
    queue.close()
    assert list(queue) == []
