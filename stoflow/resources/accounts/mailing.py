"""A seller shows that an e-mail address is theirs, or comes back in with it when the password is forgotten."""

from stoflow.domain.errors import InputError, TooManyTries
from stoflow.domain.facts.sign_ins import EmailVerified, PasswordReset
from stoflow.domain.mail import MailKind
from stoflow.domain.outcome import FieldError
from stoflow.monitoring.record import record
from stoflow.resources.accounts.passwords import check_new_password, hash_password
from stoflow.resources.accounts.tries import mail_tries, mails_to, take
from stoflow.resources.needs import Reads
from stoflow.storage.credentials import account_tokens
from stoflow.storage.credentials.account_tokens import find_by_token
from stoflow.storage.credentials.sign_in_tries import take_tries
from stoflow.storage.mails import ask_for_mail

NOT_GOOD = FieldError("token", "is not good any more, or never was: ask for another mail")


def ask_for(needs: Reads, kind: MailKind, email: str, address: str) -> None:
    """Have a mail sent to whoever has that address, and tell the caller nothing; raise TooManyTries by where from.

    How often mails go to one address is limited without a word: it would tell that there were some.
    """
    known_as = email.strip().lower()
    take(needs.database, mail_tries(address))
    try:
        take_tries(needs.database, mails_to(known_as))
    except TooManyTries:
        return
    ask_for_mail(needs.database, known_as, kind)


def verify(needs: Reads, token: str) -> None:
    """Take the token of a mail; raise InputError where it is not good."""
    tenant = account_tokens.verify_email(needs.database, token)
    if tenant is None:
        raise InputError("The address is not confirmed.", (NOT_GOOD,))
    record(EmailVerified(tenant))


def reset_password(needs: Reads, token: str, new: str) -> None:
    """Change the password by a mail's token and end every sign-in; raise InputError where either is not good."""
    stored = find_by_token(needs.database, token, MailKind.RESET)
    if stored is None:
        raise InputError("The password stays as it is.", (NOT_GOOD,))
    check_new_password(new, stored.email)
    if account_tokens.reset_password(needs.database, token, hash_password(new)) is None:
        raise InputError("The password stays as it is.", (NOT_GOOD,))
    record(PasswordReset(stored.tenant))
