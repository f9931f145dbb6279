#!/usr/bin/env bash
# exif-delete 0.9.8, exif-stripper 1.3.1 (Python), Pillow 13.0.0: with the camera's name the picture goes.
#
# Expected: what has its metadata taken away looks as before: colours, transparency, what moves.
# Happens:  exif-delete copies the numbers of the pixels into a new picture. Where they are numbers of a palette, as in
#           most GIFs and many PNGs of drawings and cut-out articles, there is none any more: all is black, or nearly,
#           and nothing is transparent. The colour profile is gone from all: a phone's Display P3 or a printer's CMYK is
#           then taken for sRGB. Of what moves one frame is left. exif-stripper, which writes over the file, keeps the
#           palette, and takes the profile out of each JPEG and all frames but one out of a WebP or a PNG. Both compress
#           a JPEG anew at 75. Neither says so, and neither README does.
# Seen on 2026-11-30; a red picture with an Exif block, first as it was:
#                                as it was                  exif-delete                exif-stripper
#   PNG with a palette           200 30 40                  0 0 0                      200 30 40
#   the same, transparent        transparent                0 0 0                      transparent
#   GIF that moves               200 30 40, 3 frames        0 0 0                      200 30 40, 3 frames
#   WebP that moves              200 30 40, 3 frames        200 30 40                  200 30 40
#   JPEG with a profile          200 30 40, profile         200 30 40                  200 30 40
#   PNG with a profile           200 30 40, profile         200 30 40                  200 30 40, profile
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet exif-delete==0.9.8 exif-stripper==1.3.1 pillow==13.0.0
cd "$folder"
cat > see.py <<'PYTHON'
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageCms

RED = (200, 30, 40)
exif = Image.Exif()
exif[0x010F] = "Phone"
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
red = Image.new("RGB", (64, 64), RED)
drawn = Image.new("P", (64, 64))
drawn.putpalette([*RED, *[255] * 765])
frames = [red, Image.new("RGB", (64, 64), "white"), Image.new("RGB", (64, 64), "navy")]
moving = {"save_all": True, "append_images": frames[1:]}
drawn.save("palette.png", exif=exif)
drawn.save("transparent.png", exif=exif, transparency=0)
red.save("moving.gif", **moving)
red.save("moving.webp", exif=exif, lossless=True, **moving)
red.save("profile.jpg", exif=exif, quality=95, subsampling=0, icc_profile=profile)
red.save("profile.png", exif=exif, icc_profile=profile)


def look(path):
    with Image.open(path) as image:
        *pixel, alpha = image.convert("RGBA").getpixel((32, 32))
        if all(abs(given - meant) <= 4 for given, meant in zip(pixel, RED)):  # lossy formats are not exact
            pixel = RED
        said = [" ".join(map(str, pixel)) if alpha else "transparent"]
        if (many := getattr(image, "n_frames", 1)) > 1:
            said.append(f"{many} frames")
        if image.info.get("icc_profile"):
            said.append("profile")
    return ", ".join(said)


print(f"{'':<28} {'as it was':<26} {'exif-delete':<26} exif-stripper")
for name, file, deleted, stripped in (
    ("PNG with a palette", "palette.png", "0 0 0", "200 30 40"),
    ("the same, transparent", "transparent.png", "0 0 0", "transparent"),
    ("GIF that moves", "moving.gif", "0 0 0", "200 30 40, 3 frames"),
    ("WebP that moves", "moving.webp", "200 30 40", "200 30 40"),
    ("JPEG with a profile", "profile.jpg", "200 30 40", "200 30 40"),
    ("PNG with a profile", "profile.png", "200 30 40", "200 30 40, profile"),
):
    path = Path(file)
    was = look(path)
    subprocess.run([f"{sys.prefix}/bin/exif_delete", file], check=True, capture_output=True)
    safe = look(path.with_stem(f"{path.stem}_safe"))
    done = subprocess.run([f"{sys.prefix}/bin/exif-stripper", file], capture_output=True)  # 1 where it changed a file
    assert done.returncode in (0, 1), done.stderr.decode()
    bare = look(path)
    print(f"{name:<28} {was:<26} {safe:<26} {bare}")
    assert (safe, bare) == (deleted, stripped), f"changed: {name}"
PYTHON
venv/bin/python -W ignore see.py
