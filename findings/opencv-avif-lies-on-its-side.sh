#!/usr/bin/env bash
# OpenCV 5.0.0 (opencv-python-headless 5.0.0.93): the same photo stands upright as JPEG, PNG and WebP, and lies on its side as AVIF.
#
# A phone writes how it was held: EXIF's Orientation, and in an AVIF the properties `irot` and `imir`, which a reader has to apply (MIAF,
# ISO/IEC 23000-22, 7.3.6.7; they are marked as essential in the file).
# Expected: `imread` returns the photo as it was held, as its documentation says of EXIF, unless IMREAD_IGNORE_ORIENTATION is given.
# Happens:  its AVIF decoder gives libavif's pixels on as they are, and libavif leaves turning and mirroring to who calls it. Photos that
#           are made smaller, cut out or compared by OpenCV lie on their side or are mirrored from the day on which AVIF comes in.
#           Nothing is logged, and as the file has no EXIF a second step finds nothing to turn by.
# Seen on 2026-11-29 with Pillow 13.0.0, a picture of 64 x 32; what OpenCV reads, against Pillow's `exif_transpose`:
#   orientation 3: JPEG same, PNG same, WEBP same, AVIF other pixels
#   orientation 6: JPEG same, PNG same, WEBP same, AVIF lying (64 x 32 for 32 x 64)
#   orientation 8: JPEG same, PNG same, WEBP same, AVIF lying (64 x 32 for 32 x 64)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet opencv-python-headless==5.0.0.93 pillow==13.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import cv2
import numpy
from PIL import ExifTags, Image, ImageOps

NEAR = 60  # of 255: what the formats lose


def see(orientation, kind):
    photo = Image.new("RGB", (64, 32), "blue")
    photo.paste("red", (0, 0, 16, 32))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    name = f"photo.{kind.lower()}"
    photo.save(name, kind, exif=exif.tobytes())
    with Image.open(name) as opened:
        upright = numpy.asarray(ImageOps.exif_transpose(opened).convert("RGB")).astype(int)
    read = cv2.imread(name)[..., ::-1].astype(int)
    if read.shape != upright.shape:
        (height, width), (right_height, right_width) = read.shape[:2], upright.shape[:2]
        return f"lying ({width} x {height} for {right_width} x {right_height})"
    return "same" if abs(read - upright).mean() < NEAR else "other pixels"


LYING = "lying (64 x 32 for 32 x 64)"
for orientation, avif in ((3, "other pixels"), (6, LYING), (8, LYING)):
    seen = {kind: see(orientation, kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF")}
    print(f"orientation {orientation}: " + ", ".join(f"{kind} {what}" for kind, what in seen.items()))
    assert seen == {"JPEG": "same", "PNG": "same", "WEBP": "same", "AVIF": avif}, "changed"
assert see(1, "AVIF") == "same", "changed: an AVIF that is not turned is read otherwise"
PYTHON
