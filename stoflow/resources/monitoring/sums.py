"""Sums over thousands of places of which few change from look to look: what changed is taken out and put in anew."""

import threading
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from heapq import heapify, heappop, heappush

from stoflow.monitoring.live.place import LivePlace
from stoflow.resources.monitoring.held import Held, waiting_at


class Least:
    """The least of numbers that come and go."""

    def __init__(self) -> None:
        self._heap: list[float] = []
        self._gone: Counter[float] = Counter()  # still in the heap
        self._gone_in_all = 0

    def put(self, number: float | None, times: int) -> None:
        """Add the number once, or take it away where `times` is -1."""
        if number is None:
            return
        if times > 0:
            heappush(self._heap, number)
            return
        self._gone[number] += 1
        self._gone_in_all += 1
        if self._gone_in_all > len(self._heap) // 2:
            self._clean()

    @property
    def value(self) -> float | None:
        while self._heap and self._gone.get(self._heap[0]):
            self._gone[heappop(self._heap)] -= 1
            self._gone_in_all -= 1
        return self._heap[0] if self._heap else None

    def _clean(self) -> None:
        self._heap = list((Counter(self._heap) - self._gone).elements())
        heapify(self._heap)
        self._gone.clear()
        self._gone_in_all = 0


class HeldSum:
    """What a Held is made of, place by place."""

    def __init__(self) -> None:
        self.jobs = self.places = 0
        self._until, self._oldest = Least(), Least()
        self._tenants: dict[int, int] = {}  # how many places of each

    def add(self, jobs: int, until: float | None, tenant: int, oldest: float | None, times: int = 1) -> None:
        """Add a place, or take it out where `times` is -1."""
        self.jobs += times * jobs
        self.places += times
        self._until.put(until, times)
        self._oldest.put(oldest, times)
        self._tenants[tenant] = self._tenants.get(tenant, 0) + times
        if not self._tenants[tenant]:
            del self._tenants[tenant]

    def held(self) -> Held:
        one = next(iter(self._tenants), None)
        return Held(self.jobs, self.places, self._until.value, one, self._oldest.value)


class PlaceSum:
    """All places of one marketplace together; `minute` and `hour` count what was done there and what failed."""

    def __init__(self) -> None:
        self.tenants = self.pending = self.in_flight = self.cap = 0
        self.minute, self.hour = [0, 0], [0, 0]
        self.oldest = Least()
        self.waiting: dict[str, HeldSum] = defaultdict(HeldSum)
        self.holds: dict[str, HeldSum] = defaultdict(HeldSum)

    def add(self, place: LivePlace, times: int) -> None:
        """Add a place, or take it out where `times` is -1."""
        pending = place.pending
        self.tenants += times * bool(place.flow or place.queue)
        self.pending += times * pending
        self.in_flight += times * place.in_flight
        self.cap += times * int(place.flow.get("cap", 0))
        self.oldest.put(place.queue.get("oldest"), times)
        for counts, ended in ((self.minute, place.minute), (self.hour, place.hour)):
            counts[0] += times * ended.done
            counts[1] += times * ended.failed
        for kind, jobs, until, since in waiting_at(place):
            self.waiting[kind].add(jobs, until, place.tenant, since, times)
        for hold in place.holds:
            self.holds[hold["kind"]].add(pending, hold["until"], place.tenant, None, times)


class Sums:
    """By marketplace. Of who looks again and again: a place that is the same value as at the last look is counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Mapping[int, LivePlace] = {}  # by what is the place's own as long as it is kept here
        self._by_marketplace: dict[str, PlaceSum] = defaultdict(PlaceSum)

    @contextmanager
    def over(self, places: Iterable[LivePlace]) -> Generator[Mapping[str, PlaceSum]]:
        """Give the sums over these, for as long as nobody else asks for others."""
        with self._lock:
            now, before = {id(place): place for place in places}, self._counted
            self._counted = {}  # where it goes wrong in the middle, all is counted anew
            if not before:
                self._by_marketplace.clear()
            for gone in before.keys() - now.keys():
                self._by_marketplace[before[gone].marketplace].add(before[gone], -1)
            for come, place in now.items():
                if come not in before:
                    self._by_marketplace[place.marketplace].add(place, 1)
            self._counted = now
            yield self._by_marketplace
