"""The lives of jobs on every marketplace there is: the suite that packages run too."""

from stoflow.testing.contract.test_lifecycle import *  # noqa: F403
