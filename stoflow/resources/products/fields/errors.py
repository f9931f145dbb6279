"""What is said of a value that cannot be taken in; the message is for the person who wrote the file."""


class BadValue(ValueError):
    """The cell does not hold what its field needs."""


class UnclearText(BadValue):
    """The text hides what it says: escaped over and over, or markup that never ends."""
