"""Late copies of calls on every marketplace there is: the suite that packages run too."""

from stoflow.testing.contract.test_late_copies import *  # noqa: F403
