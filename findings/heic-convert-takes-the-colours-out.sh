#!/usr/bin/env bash
# heic-convert 2.1.0 (npm): the red of a phone's photo is another red as JPEG: numbers of Display P3 without the profile that says so.
#
# iPhones record in Display P3, whose primaries are stronger than sRGB's, and say so by an ICC profile in the HEIC.
# Expected: the JPEG has the profile, too, or its numbers are converted to sRGB, which is what numbers without a profile are.
# Happens:  neither. Each colour comes out paler, the strong ones by far: a coat's (241, 35, 17) is shown as (221, 60, 40), in JPEG and PNG. The
#           preview in the shop's page is so, and so is the photo that is sent to the marketplace; grey stays grey, so that many
#           photos pass. Buyers send back what has another colour. pillow-heif hands the profile on.
# Seen on 2026-11-29 with libheif-js 1.19.8, Pillow 13.0.0 and pillow-heif 1.8.1, a red of Display P3 as a page shows it, which takes for sRGB what
# has no profile:
#   the HEIC                      profile of 512 bytes  (241, 35, 17)
#   heic-convert, JPEG            no profile            (221, 60, 40)
#   heic-convert, PNG             no profile            (221, 60, 40)
#   pillow-heif, saved as JPEG    profile of 512 bytes  (241, 35, 17)
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0 pillow-heif==1.8.1
npm install --silent --no-audit --no-fund --prefix "$folder" heic-convert@2.1.0 libheif-js@1.19.8 >/dev/null
cd "$folder"
cat > write.py <<'PYTHON'
import struct

from PIL import Image
from pillow_heif import register_heif_opener

D50 = (0.9642, 1.0, 0.8249)
PRIMARIES = {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189), b"bXYZ": (0.1571, 0.06657, 0.78407)}


def fixed(*numbers):
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def display_p3():
    """An ICC profile of version 4 with Display P3's primaries and sRGB's curve."""
    text = "Display P3".encode("utf-16-be")
    words = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    curve = b"para" + struct.pack(">4xHH", 3, 0) + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {b"desc": words, b"cprt": words, b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50)}
    tags |= {name: b"XYZ \0\0\0\0" + fixed(*xyz) for name, xyz in PRIMARIES.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, data = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(data), len(tag))
        data += tag + bytes(-len(tag) % 4)
    size = 128 + len(table) + len(data)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp") + fixed(*D50)
    return head.ljust(128, b"\0") + table + data


register_heif_opener()
Image.new("RGB", (64, 64), (220, 60, 40)).save("coat.heic", quality=95, icc_profile=display_p3())
PYTHON
cat > convert.cjs <<'NODE'
const convert = require("heic-convert");
const { readFileSync, writeFileSync } = require("node:fs");

async function main() {
  for (const format of ["JPEG", "PNG"]) {
    const buffer = await convert({ buffer: readFileSync("coat.heic"), format, quality: 0.95 });
    writeFileSync(`coat.${format.toLowerCase()}`, Buffer.from(buffer));
  }
}

main();
NODE
cat > see.py <<'PYTHON'
from io import BytesIO

from PIL import Image, ImageCms
from pillow_heif import register_heif_opener


def shown(name, file):
    image = Image.open(file)
    profile = image.info.get("icc_profile")
    image = image.convert("RGB")
    if profile:
        space = ImageCms.ImageCmsProfile(BytesIO(profile))
        image = ImageCms.profileToProfile(image, space, ImageCms.createProfile("sRGB"))
    colour = image.getpixel((32, 32))
    print(f"{name:29} {f'profile of {len(profile)} bytes' if profile else 'no profile':21} {colour}")
    return bool(profile), colour


register_heif_opener()
heic = Image.open("coat.heic")
heic.save("pillow.jpeg", quality=95, icc_profile=heic.info["icc_profile"])
seen = [
    shown("the HEIC", "coat.heic"),
    shown("heic-convert, JPEG", "coat.jpeg"),
    shown("heic-convert, PNG", "coat.png"),
    shown("pillow-heif, saved as JPEG", "pillow.jpeg"),
]
assert seen[1:3] == [(False, (221, 60, 40))] * 2, "changed"
assert seen[0] == seen[3] == (True, (241, 35, 17)), "changed: the witness"
PYTHON
venv/bin/python write.py
node convert.cjs
venv/bin/python see.py
