"""`python -m campaigns.canaries`."""

import sys

from campaigns.canaries.campaign import main

sys.exit(main())
