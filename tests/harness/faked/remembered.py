"""What fakes of the use cases remember of tenants."""

import itertools
import threading
from collections.abc import Mapping, Sequence

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.http.auth.auth import TenantStatus
from stoflow.http.context import Health


class Remembered:
    """Tenants, and what all fakes share of them. `away` makes everything fail as PostgreSQL would."""

    def __init__(self) -> None:
        self.ids = itertools.count(1)
        self._tenants = itertools.count(1)
        self.reset()

    def reset(self) -> None:
        """Forget everything; the tenants are new ones, so that nothing remembered about others counts."""
        self.away = False
        self.missed = threading.Event()  # somebody asked while everything was away
        self.alice, self.bob = TenantId(next(self._tenants)), TenantId(next(self._tenants))
        self.status_of_tenant = {self.alice: TenantStatus.ACTIVE, self.bob: TenantStatus.ACTIVE}
        self.health = Health(postgres=True, redis=True)

    def another_tenant(self) -> TenantId:
        made = TenantId(next(self._tenants))
        self.status_of_tenant[made] = TenantStatus.ACTIVE
        return made

    def statuses(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantStatus]:
        self.answers()
        return {tenant: self.status_of_tenant[tenant] for tenant in tenants if tenant in self.status_of_tenant}

    def answers(self) -> None:
        """Fail where everything is away."""
        if self.away:
            self.missed.set()
            raise DatabaseUnavailable("connection to server at 10.0.0.7 failed: secret words")
