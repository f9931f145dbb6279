"""A fence: the number of the claim under which an attempt may write, and by which a later claim shuts it out."""


class Fence(int):
    """How often a thing was claimed. It is a number to PostgreSQL and in messages, and none to reckon with."""

    __slots__ = ()

    def next(self) -> "Fence":
        """Return the fence of the attempt that claims what stands at this one."""
        return Fence(int(self) + 1)

    def before(self) -> "Fence":
        """Return the fence that a thing stood at when this attempt claimed it."""
        return Fence(int(self) - 1)
