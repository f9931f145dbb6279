"""Publications on every marketplace there is: the suite that packages run too."""

from stoflow.testing.contract.test_publication import *  # noqa: F403
