"""What the files' names say of the revisions is what Alembic reads in them."""

import pytest
from alembic.script import ScriptDirectory

from stoflow.migrations.revisions import SHARED, TENANT, folder_of, head_of, is_known


@pytest.mark.parametrize("stream", [SHARED, TENANT])
def test_the_files_names_tell_the_revisions_and_the_newest(stream: str) -> None:
    scripts = ScriptDirectory(str(folder_of(stream)))
    assert head_of(stream) == scripts.get_current_head()
    named = {path.stem for path in (folder_of(stream) / "versions").glob("*.py")} - {"__init__"}
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert in_order == sorted(named), "a revision's name stands behind those of the ones before it"
    assert all(is_known(stream, name) for name in named)
    assert not is_known(stream, "29990101_0001_newer")
