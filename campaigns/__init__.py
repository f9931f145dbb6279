"""Campaigns against StoFlow: real processes under attack, judged by the marketplaces' ledger. Not shipped."""
