"""How mails leave: by the SMTP server that the operator names."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from stoflow.domain.errors import APIConnectionError, InputError
from stoflow.domain.mail import Mail
from stoflow.hosts import is_in_the_clear

TIMEOUT_S: Final = 10.0
PORTS: Final = {"smtp": 587, "smtps": 465}
PERMANENT: Final = range(500, 600)


@dataclass(frozen=True, slots=True)
class MailServer:
    """`url` is smtp://user:password@host:port, or smtps://… where TLS comes first; `sender` is who mails are from."""

    url: str = field(repr=False)
    sender: str

    def send(self, mail: Mail) -> None:
        """Hand a mail to the server.

        Raise InputError for an address that no mail can be sent to, APIConnectionError where it may be tried again.
        """
        message = _message(mail, self.sender)
        try:
            with self._connected() as server:
                server.send_message(message, parseaddr(self.sender)[1], [mail.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, told = error.recipients[mail.recipient]
            raise _refusal(code, told) from error
        except (smtplib.SMTPException, OSError) as error:
            raise APIConnectionError(f"{type(error).__name__}: {error}") from error

    def _connected(self) -> smtplib.SMTP:
        parts, context = urlsplit(self.url), ssl.create_default_context()
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
            _begin_tls(server, context, needed=is_in_the_clear(f"http://{host}"))
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


def _begin_tls(server: smtplib.SMTP, context: ssl.SSLContext, *, needed: bool) -> None:
    """Encrypt where the server can; one that is not in our own network must: mails bring tokens."""
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif needed:
        raise smtplib.SMTPNotSupportedError("The mail server offers no TLS.")


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage(SMTP)
    try:
        message["To"] = Address(addr_spec=mail.recipient)
    except (ValueError, MessageError, IndexError) as error:
        raise InputError("No mail can be sent to this address.") from error
    message["From"] = sender
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].partition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    message.set_content(mail.text)
    return message


def _refusal(code: int, told: bytes) -> InputError | APIConnectionError:
    words = f"{code} {told.decode(errors='replace')}"
    return InputError(words) if code in PERMANENT else APIConnectionError(words)
