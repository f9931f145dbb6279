"""`python -m campaigns.legacy`."""

import sys

from campaigns.legacy.campaign import main

sys.exit(main())
