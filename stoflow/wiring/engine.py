"""How the engine of a worker, or of an api that takes a plugin's answers, is put together."""

from contextlib import closing
from functools import partial

from stoflow.execution.engine import Engine, Feed
from stoflow.marketplaces.registry import direct_profiles
from stoflow.storage.applications import Applications
from stoflow.storage.credentials.renewals import Renewals
from stoflow.storage.credentials.seller_tokens import SellerTokens
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.taxonomy import TaxonomyCache
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.grants import renew
from stoflow.transports.direct.transport import DirectTransport
from stoflow.upkeep.lease import Lease
from stoflow.wiring.installation import Installation
from stoflow.wiring.photos import media_of


def make_engine(installation: Installation, lease: Lease, feed: Feed) -> Engine:
    settings, applications = installation.settings, installation.applications()
    media = media_of(settings)
    return Engine(
        database=installation.database,
        recorder=Recorder(installation.database),
        registry=installation.registry,
        transport=_transport(installation, applications),
        feed=feed,
        tempo=installation.tempo,
        process=lease.process,
        lease_s=settings.process_lease_s,
        quiet_s=installation.quiet_s,
        second_look_s=installation.second_look_s,
        media_root=str(media.root),
        photos=media.elsewhere,
        taxonomy=TaxonomyCache(installation.database).of,
        applications=applications,
        settings=settings,
        clock=installation.clock,
    )


def _transport(installation: Installation, applications: Applications) -> DirectTransport:
    profiles = direct_profiles(installation.registry, installation.settings)
    client = make_client(installation)
    grants = {profile.name: profile.grant for profile in profiles if profile.grant}
    tokens = SellerTokens(Renewals(installation.database, installation.vault), grants, partial(renew, client))
    return DirectTransport(profiles, tokens, client, renews=applications.renews)


def make_client(installation: Installation) -> DirectClient:
    return installation.resources.enter_context(closing(DirectClient(clock=installation.clock)))
