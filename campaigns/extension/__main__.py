"""`python -m campaigns.extension`."""

import sys

from campaigns.extension.campaign import main

sys.exit(main())
