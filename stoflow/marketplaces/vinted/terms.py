"""What a seller is told before the plugin acts on Vinted in their browser. Another wording gets another version."""

from typing import Final

from stoflow.marketplaces.contract import Terms

TERMS: Final = Terms(
    "2026-10",
    "What you switch on is a program that acts on Vinted for you, in your own browser and in your own "
    "session: what you ask StoFlow for, what follows from it (what was sold elsewhere is taken away), and from "
    "time to time a look at your own things and orders. It does one thing at a time, where you can see it, and "
    "you can pause it at any moment.\n\n"
    "Vinted has not made it and has not approved it. What you may do on Vinted is said by Vinted's own terms, "
    "in the wording of October 2026 or a newer one: they bind you, StoFlow cannot change them, and it cannot "
    "tell you that they allow this. Read them on Vinted's site first, above all what they say of automated "
    "means and of other companies' programs.\n\n"
    "Vinted may limit or block an account for it. It has happened to a maker of such a program, and StoFlow "
    "can neither prevent nor undo it.\n\n"
    "The program evades nothing. Where Vinted asks whether you are a person, where it refuses, or where you "
    "are signed out, it stops and asks you. It never signs in for you. Of what others do it hands StoFlow "
    "only which of your things were bought, when, and for how much.\n\n"
    "If you sell as a business, Vinted has an official interface for accounts that it admits (Vinted Pro): "
    "prefer it.",
)
