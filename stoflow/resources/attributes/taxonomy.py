"""What marketplaces ask in each category, asked anew where their tree of categories has changed."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.marketplaces.taxonomy import Taxonomy
from stoflow.storage.database.session import Database
from stoflow.storage.taxonomy import forget_others, read_answers, save_answer

Ask = Callable[[Request], Reply]
Said = TypeVar("Said")

PATIENCE = 10


@dataclass(frozen=True, slots=True)
class SiteRefreshed:
    """What is known of one site now; `absent` are categories StoFlow lists in and the site does not have."""

    site: str
    tree_version: str
    asked: int
    kept: int
    absent: tuple[str, ...]


def refresh_site(database: Database, marketplace: str, taxonomy: Taxonomy, site: str, ask: Ask) -> SiteRefreshed:
    """Ask about each category whose answer is missing or of another version of the tree; raise MarketplaceError.

    Each answer is kept as it comes: a refresh that is broken off goes on where it stopped.
    """
    tree, wanted = _said(taxonomy.tree(site), ask), taxonomy.categories()
    answers = {
        category: answer
        for (where, category), answer in read_answers(database, marketplace).items()
        if where == site and category in wanted and (answer.tree_id, answer.tree_version) == (tree.id, tree.version)
    }
    due = [category for category in wanted if category not in answers]
    for category in due:
        answers[category] = _said(taxonomy.aspects(tree, category), ask)
        save_answer(database, marketplace, site, category, answers[category])
    forget_others(database, marketplace, site, wanted)
    absent = tuple(category for category in wanted if not answers[category].known)
    return SiteRefreshed(site, tree.version, len(due), len(wanted) - len(due), absent)


def patient(ask: Ask, pause_s: Callable[[Reply], float], sleep: Callable[[float], None] = time.sleep) -> Ask:
    """Return what asks again after the pause that an answer wants, so many times; then the answer stands."""

    def ask_again(request: Request) -> Reply:
        reply = ask(request)
        for _ in range(PATIENCE):
            wanted_s = pause_s(reply)
            if not wanted_s:
                break
            sleep(wanted_s)
            reply = ask(request)
        return reply

    return ask_again


def _said(conversation: Generator[Call, Response, Said], ask: Ask) -> Said:
    """Hold a conversation with the marketplace to its end."""
    try:
        call = next(conversation)
        while True:
            if not isinstance(call, Request):
                message = "A taxonomy is asked over HTTP."
                raise TypeError(message)
            call = conversation.send(ask(call))
    except StopIteration as ended:
        return ended.value
