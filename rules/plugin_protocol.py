"""`python -m rules.plugin_protocol`: writes docs/plugin-protocol.json from the schemas that plugins are held to."""

import json
from pathlib import Path

from stoflow.http.sockets.protocol import plugin_protocol
from stoflow.marketplaces.registry import BUILT_IN

PAGE = Path(__file__).parents[1] / "docs" / "plugin-protocol.json"


def page() -> str:
    """Return the document as it should stand in docs/."""
    return json.dumps(plugin_protocol(BUILT_IN), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
