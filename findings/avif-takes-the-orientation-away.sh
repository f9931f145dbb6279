#!/usr/bin/env bash
# Pillow 13.0.0: saving an AVIF takes the orientation out of the Exif object that it is given.
#
# Expected: `save` reads its arguments; one Exif object serves for several files of the same photo.
# Happens:  the AVIF is right (its `irot` is written), but the tag is popped from the caller's own object: what is saved with it
#           after that lies on its side, so that the result depends on the order of the formats. JPEG, PNG and WebP take nothing.
# Seen on 2026-11-28, a picture of 64 x 32 and orientation 6 (held upright):
#   JPEG, AVIF: upright [(32, 64), (32, 64)], left in the Exif object: {}
#   AVIF, JPEG: upright [(32, 64), (64, 32)], left in the Exif object: {}
#   JPEG, PNG, WEBP: upright [(32, 64), (32, 64), (32, 64)], left in the Exif object: {274: 6}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
from io import BytesIO

from PIL import ExifTags, Image, ImageOps


def save_all(*kinds):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    sizes = []
    for kind in kinds:
        file = BytesIO()
        Image.new("RGB", (64, 32), "red").save(file, kind, exif=exif)
        sizes.append(ImageOps.exif_transpose(Image.open(file)).size)
    left = {int(tag): value for tag, value in exif.items()}
    print(f"{', '.join(kinds)}: upright {sizes}, left in the Exif object: {left}")
    return sizes, left


UPRIGHT, LYING = (32, 64), (64, 32)
assert save_all("JPEG", "AVIF") == ([UPRIGHT, UPRIGHT], {}), "changed: AVIF leaves the Exif object as it was"
assert save_all("AVIF", "JPEG") == ([UPRIGHT, LYING], {}), "changed: the order of the formats does not matter"
assert save_all("JPEG", "PNG", "WEBP")[1] == {274: 6}, "changed: other formats take the orientation away too"
PYTHON
