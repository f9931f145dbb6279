"""`python -m campaigns.walk`."""

import sys

from campaigns.walk.campaign import main

sys.exit(main())
