#!/usr/bin/env bash
# pillow-heif 1.8.1: a HEIC saved with `exif=` an Exif object lies on its side; with the bytes of the same object it stands.
#
# A HEIC is turned by its `irot` property, not by EXIF's orientation.
# Expected: `exif=exif` and `exif=exif.tobytes()` write the same picture, as Pillow's own formats do.
# Happens:  only the bytes are looked into for the orientation. With the object no `irot` is written, the tag goes into EXIF all
#           the same, and on reading it is reset to 1, so that nothing shows that the picture was held upright.
# Seen on 2026-11-28 with Pillow 13.0.0, a picture of 64 x 32 and orientation 6 (held upright):
#   Exif object: irot False, read as (64, 32), orientation 1, upright (64, 32)
#   its bytes:   irot True, read as (32, 64), orientation 1, upright (32, 64)
#   JPEG, Exif object: upright (32, 64)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 pillow-heif==1.8.1
"$folder/venv/bin/python" - <<'PYTHON'
from io import BytesIO

from PIL import ExifTags, Image, ImageOps
from pillow_heif import register_heif_opener

register_heif_opener()
exif = Image.Exif()
exif[ExifTags.Base.Orientation] = 6


def saved(kind, given):
    file = BytesIO()
    Image.new("RGB", (64, 32), "red").save(file, kind, exif=given)
    return file


def seen(file):
    image = Image.open(file)
    return image.size, image.getexif().get(ExifTags.Base.Orientation), ImageOps.exif_transpose(image).size


files = {"Exif object:": saved("HEIF", exif), "its bytes:  ": saved("HEIF", exif.tobytes())}
for name, file in files.items():
    size, orientation, upright = seen(file)
    print(f"{name} irot {b'irot' in file.getvalue()}, read as {size}, orientation {orientation}, upright {upright}")
jpeg = seen(saved("JPEG", exif))
print(f"JPEG, Exif object: upright {jpeg[2]}")
lying, standing = files.values()
assert seen(standing) == ((32, 64), 1, (32, 64)) and b"irot" in standing.getvalue(), "changed: bytes are not looked into"
assert seen(lying) == ((64, 32), 1, (64, 32)) and b"irot" not in lying.getvalue(), "changed: an Exif object turns the picture"
assert jpeg[2] == (32, 64), "changed: JPEG loses the orientation of an Exif object"
PYTHON
