"""Suspended tenants on every marketplace there is: the suite that packages run too."""

from stoflow.testing.contract.test_suspended import *  # noqa: F403
