"""Every error StoFlow raises on purpose.

StoflowError
├── ConfigurationError          a setting or an argument is wrong; names it
├── InputError                  bad input, with a reason per field
├── NotFound                    no such thing for this tenant
├── Conflict                    the state does not allow it
│   └── AccountTaken            another tenant sells with this marketplace account
├── ConsentRefused              a seller's consent cannot be taken: it is used, too late, not theirs, or withheld
├── SignInRefused               nobody is known by this password or refresh token
├── AccountSuspended            somebody is, and may not come in now
├── TooManyTries                it was tried too often from there; says how long to wait
├── QuotaExceeded               it is more than the tenant may have; says of what, and when there is room
├── NoCredits                   no credit is left for a text
├── PhotosUnavailable           where photos are kept cannot be reached now
├── DatabaseError
│   ├── DatabaseUnavailable     PostgreSQL cannot be reached now
│   │   └── DatabaseMisnamed    it will not be, as long as the setting that names it stays as it is
│   ├── DatabaseRefused         PostgreSQL answered, and refused a statement
│   │   └── DatabaseNotPrepared the tables are not there, or not those of this StoFlow
│   └── SchemaCreationError
├── APIError                    a call did not bring an answer
│   ├── APIConnectionError
│   │   ├── ApplicationNotAccepted  the marketplace does not take StoFlow's own key, whoever the seller is
│   │   ├── ConsentKept         the marketplace did not say whose a consent is, which may be asked again
│   │   └── MarketplaceResting  it told that no call is left for a while, and none was made
│   └── APITimeoutError
└── MarketplaceError
    ├── VintedError
    ├── EbayError
    └── EtsyError
"""

from typing import Self

from stoflow.domain.consent import ConsentEnd
from stoflow.domain.outcome import FieldError
from stoflow.domain.quota import Quota, QuotaName


class StoflowError(Exception):
    """The root of the tree above."""


class ConfigurationError(StoflowError):
    pass


class _OfFields(StoflowError):
    def __init__(self, message: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors

    @property
    def told(self) -> str:
        """The error in one line, with the reason of each field that it does not name itself."""
        reasons = "; ".join(f"{each.field}: {each.message}" for each in self.errors)
        return f"{self} ({reasons})" if reasons and reasons != str(self) else str(self)


class InputError(_OfFields):
    """Bad input; `errors` names each field."""


class NotFound(StoflowError):
    pass


class Conflict(_OfFields):
    """The state does not allow it; `errors` names the fields where it is about some."""


class AccountTaken(Conflict):
    pass


class Changed(StoflowError):
    """It is no longer as the caller knew it: read it again."""


class ConsentRefused(StoflowError):
    def __init__(self, message: str, end: ConsentEnd = ConsentEnd.UNKNOWN) -> None:
        super().__init__(message)
        self.end = end


class SignInRefused(StoflowError):
    pass


class AccountSuspended(StoflowError):
    pass


class TooManyTries(StoflowError):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"This was tried too often: wait for {retry_after_s} s.")
        self.retry_after_s = retry_after_s


WHAT_TO_DO = {
    QuotaName.PRODUCTS: "Delete some first, or ask for more.",
    QuotaName.MARKETPLACES: "Disconnect one first, or ask for more.",
    QuotaName.JOBS_PER_DAY: "There are more after midnight in UTC.",
}


class QuotaExceeded(StoflowError):
    def __init__(self, quota: Quota, asked: int = 1) -> None:
        words = quota.name.replace("_", " ")
        super().__init__(
            f"This is more than your quota: {quota.limit:,} {words}, of which {quota.used:,} are used; {asked:,} more"
            f" asked for. {WHAT_TO_DO[quota.name]}"
        )
        self.quota, self.asked = quota, asked
        self.retry_after_s = quota.free_in_s


class NoCredits(StoflowError):
    def __init__(self) -> None:
        super().__init__("No AI credits are left: ask for more. Nothing was written, and nothing taken.")


class PhotosUnavailable(StoflowError):
    pass


class DatabaseError(StoflowError):
    pass


class DatabaseUnavailable(DatabaseError):
    pass


class DatabaseMisnamed(DatabaseUnavailable):
    pass


class DatabaseRefused(DatabaseError):
    pass


class DatabaseNotPrepared(DatabaseRefused):
    def __init__(self, message: str = "The database is not prepared: run `stoflow migrate`.") -> None:
        super().__init__(message)


class SchemaCreationError(DatabaseError):
    pass


class APIError(StoflowError):
    """No answer came. `sent` is False only where the call certainly never left."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent

    def saying(self, message: str, *, sent: bool | None = None) -> Self:
        """Return an error of the same class that says this; all else of it is as it was, but for `sent` where given.

        The class is not called: some of them take other arguments.
        """
        error = type(self).__new__(type(self), message)
        error.__dict__.update(self.__dict__)
        error.sent = self.sent if sent is None else sent
        return error


class APIConnectionError(APIError):
    pass


class ApplicationNotAccepted(APIConnectionError):
    pass


class ConsentKept(APIConnectionError):
    pass


class MarketplaceResting(APIConnectionError):
    def __init__(self) -> None:
        super().__init__("The marketplace takes no more calls for now.", sent=False)


class APITimeoutError(APIError):
    pass


class MarketplaceError(StoflowError):
    pass


class VintedError(MarketplaceError):
    pass


class EbayError(MarketplaceError):
    pass


class EtsyError(MarketplaceError):
    pass
