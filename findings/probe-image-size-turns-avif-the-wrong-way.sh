#!/usr/bin/env bash
# probe-image-size 7.5.0 (npm): an AVIF of a phone held upright is orientation 8 instead of 6, so that it is put on its head.
#
# How a HEIC or AVIF is turned is told by `irot`: the angle is in quarters of a turn anti-clockwise (ISO/IEC 23008-12, 6.5.10). Three of them
# are one clockwise, which EXIF calls 6.
# Expected: `orientation` is the number that the same photo has as JPEG, and that Pillow reads from the AVIF.
# Happens:  it turns its numbers the other way for each quarter (`ROTATE_CCW` has 6 for one step from 1). Who makes photos upright by it,
#           as its README advises, turns each upright photo by a half: 6 and 8 are taken for each other. Those on their head (3) and mirrored
#           ones are right, so are HEICs that have EXIF besides, and width and height may be exchanged either way.
# Seen on 2026-11-29 with Pillow 13.0.0, a photo of 64 x 32 in both formats:
#   held: 3, JPEG 3, AVIF 3
#   held: 6, JPEG 6, AVIF 8
#   held: 7, JPEG 7, AVIF 7
#   held: 8, JPEG 8, AVIF 6
# Needs Node 20 or newer. libavif's avifdec had this fault until its pull request 2729, and Pillow until 8866.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$folder" probe-image-size@7.5.0 >/dev/null
cd "$folder"
venv/bin/python - <<'PYTHON'
from PIL import ExifTags, Image, ImageOps

for held in (3, 6, 7, 8):
    for kind in ("jpeg", "avif"):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = held
        Image.new("RGB", (64, 32), "red").save(f"{held}.{kind}", exif=exif.tobytes())
        with Image.open(f"{held}.{kind}") as read:
            assert read.getexif()[ExifTags.Base.Orientation] == held, "changed: the witness"
            assert (ImageOps.exif_transpose(read).size == (32, 64)) == (held > 4), "changed: the witness"
PYTHON
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import probe from "probe-image-size";

const seen = [3, 6, 7, 8].map((held) => {
  const [jpeg, avif] = ["jpeg", "avif"].map((kind) => probe.sync(readFileSync(`${held}.${kind}`)).orientation);
  console.log(`held: ${held}, JPEG ${jpeg}, AVIF ${avif}`);
  return [jpeg, avif];
});
assert.deepEqual(seen, [[3, 3], [6, 8], [7, 7], [8, 6]], "changed");
NODE
node see.mjs
