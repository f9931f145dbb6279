#!/usr/bin/env bash
# Pillow 13.0.0: a phone's HDR photo is a JPEG, or an "animation" of two frames, by how its XMP is spelled.
#
# An Ultra HDR photo is a JPEG with a smaller one behind it, the gain map, listed by Multi-Picture Format. The Ultra HDR format (v1.1,
# "Signal of the format") tells it by `hdrgm:Version` in the XMP of the first; XMP is RDF/XML, where a property may be an attribute or
# an element (RDF 1.1 XML Syntax, 2.5), and a photo with ISO 21496-1's metadata alone has none.
# Expected: one frame, format "JPEG", however the XMP is written: the gain map is no picture to be shown.
# Happens:  `jpeg_factory` looks for the bytes ` hdrgm:Version="`. ExifTool writes properties as elements: with the first rating or
#           title given to a photo it becomes "MPO", `is_animated`, two frames, the second the gain map. Who refuses animations refuses
#           the photo; with `save_all` a PDF of it has two pages, and a GIF or PNG flickers between photo and gain map.
# Seen on 2026-11-29 with ExifTool 13.59 (exiftool-vendored.pl 13.59.3):
#   as the phone wrote it:   JPEG, 1 frame, animated False
#   rated by ExifTool:       MPO, 2 frames, animated True, sizes [(64, 48), (16, 12)]
#   ISO 21496-1 only:        MPO, 2 frames, animated True, sizes [(64, 48), (16, 12)]
#   pages of a PDF with save_all: 1, 2, 2
# Needs Perl besides.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$folder" exiftool-vendored.pl@13.59.3 >/dev/null
cd "$folder"
cat > photo.py <<'PYTHON'
import struct
from io import BytesIO

from PIL import Image, ImageSequence

HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description rdf:about="" xmlns:hdrgm="{HDRGM}" hdrgm:Version="1.0"/></rdf:RDF></x:xmpmeta>'
)
ISO = b"urn:iso:std:iso:ts:21496:-1\0" + bytes(4)  # in the first picture: the version only


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(mode, size, colour):
    file = BytesIO()
    Image.new(mode, size, colour).save(file, "JPEG")
    return file.getvalue()


def index(first, second, start):
    """Multi-Picture Format's index (CIPA DC-007): the lengths of both, and where the second starts from this index on."""
    tags = [(0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack("<I", 2)), (0xB002, 7, 32, struct.pack("<I", 50))]
    entries = struct.pack("<IIIHH", 0x030000, first, 0, 0, 0) + struct.pack("<IIIHH", 0, second, start, 0, 0)
    directory = b"".join(struct.pack("<HHI", *tag[:3]) + tag[3] for tag in tags)
    return segment(0xE2, b"MPF\0II*\0" + struct.pack("<IH", 8, 3) + directory + bytes(4) + entries)


def photo(described):
    whole, gain_map = jpeg("RGB", (64, 48), "red"), jpeg("L", (16, 12), 128)
    before, after = whole[:2] + described, whole[2:]
    length = len(before) + len(index(0, 0, 0)) + len(after)
    return before + index(length, len(gain_map), length - len(before) - 8) + after + gain_map


def see(name, path):
    with Image.open(path) as image:
        frames, animated = getattr(image, "n_frames", 1), getattr(image, "is_animated", False)
        sizes = [frame.size for frame in ImageSequence.Iterator(image)] if frames > 1 else []
        seen = (image.format, frames, animated)
    print(f"{name:<24} {seen[0]}, {frames} frame{'s' * (frames > 1)}, animated {animated}{f', sizes {sizes}' * bool(sizes)}")
    return *seen, sizes
PYTHON
cat > write.py <<'PYTHON'
from pathlib import Path

from photo import ISO, XMP, photo, segment

described = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode())
for name in ("phone.jpg", "rated.jpg"):
    Path(name).write_bytes(photo(described))
Path("iso.jpg").write_bytes(photo(segment(0xE2, ISO)))
PYTHON
cat > look.py <<'PYTHON'
from io import BytesIO

from PIL import Image
from photo import see


def count_pages(path):
    pdf = BytesIO()
    with Image.open(path) as image:
        image.save(pdf, "PDF", save_all=True)
    return pdf.getvalue().count(b"/MediaBox")


TWO = ("MPO", 2, True, [(64, 48), (16, 12)])
assert see("as the phone wrote it:", "phone.jpg") == ("JPEG", 1, False, []), "changed: an attribute is not found"
assert see("rated by ExifTool:", "rated.jpg") == TWO, "changed: an element is found, or ExifTool writes an attribute"
assert see("ISO 21496-1 only:", "iso.jpg") == TWO, "changed: ISO's gain maps are known"
pages = [count_pages(name) for name in ("phone.jpg", "rated.jpg", "iso.jpg")]
print(f"pages of a PDF with save_all: {', '.join(map(str, pages))}")
assert pages == [1, 2, 2], "changed: a PDF has other pages"
PYTHON
venv/bin/python write.py
perl node_modules/exiftool-vendored.pl/bin/exiftool -q -overwrite_original -XMP-xmp:Rating=5 rated.jpg
venv/bin/python look.py
