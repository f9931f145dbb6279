#!/usr/bin/env bash
# Pillow 13.0.0: the red of an AVIF or a PNG that says "Display P3" in four numbers is another red, and nothing says so.
#
# Besides an ICC profile there is a shorter way to name a picture's colours, by the numbers of ITU-T H.273: `colr` of the kind `nclx` in AVIF and HEIC,
# the chunk cICP in PNG (third edition, 2025). 12, 13 is Display P3 with sRGB's curve. Encoders write the numbers where no profile is given.
# Expected: `info` has a profile, or the numbers, so that who saves another format can keep or convert the colours.
# Happens:  the pixels come as they are and `info` says nothing of them: to Pillow, to ImageCms and to the JPEG that is saved, Display P3 is sRGB, and
#           strong colours come out pale. pillow-heif 1.8.1 tells the numbers of a HEIC (`nclx_profile`) and converts nothing either.
#           Chromium shows the original and the saved one beside each other as two reds.
# Seen on 2026-11-29 with Chromium 156.0, what a page has of a (220, 60, 40) of Display P3, and of the JPEG that Pillow makes of it:
#   AVIF  info: no colours  the page: 239, 35, 20  saved as JPEG: 221, 60, 42
#   PNG   info: no colours  the page: 239, 35, 17  saved as JPEG: 221, 60, 40
# Needs Chromium besides (CHROMIUM=its command, where that is not chromium).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
cd "$folder"
cat > see.py <<'PYTHON'
import re
import struct
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from os import environ
from pathlib import Path
from queue import Queue
from threading import Thread
from urllib.parse import unquote
from zlib import crc32

from PIL import Image

DISPLAY_P3, SRGB_CURVE = 12, 13
PAGE = """<!doctype html><body><script>
async function colour(name) {
  const image = new Image();
  image.src = name;
  await image.decode();
  const context = Object.assign(document.createElement("canvas"), { width: 64, height: 64 }).getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(32, 32, 1, 1).data].slice(0, 3).join(", ");
}
(async () => {
  const seen = [];
  for (const name of ["coat.avif", "coat.png", "avif.jpg", "png.jpg"]) seen.push(await colour(name));
  await fetch(`/seen/${encodeURIComponent(seen.join(" / "))}`);
})();
</script>"""


seen = Queue()


class Page(SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/seen/"):
            seen.put(unquote(self.path).removeprefix("/seen/").split(" / "))
            self.path = "/page.html"
        super().do_GET()

    def log_message(self, *_):
        pass


def saved(kind, **options):
    file = BytesIO()
    Image.new("RGB", (64, 64), (220, 60, 40)).save(file, kind, **options)
    return file.getvalue()


avif = bytearray(saved("AVIF", quality=95))
at = avif.index(b"colrnclx") + len(b"colrnclx")
avif[at : at + 4] = struct.pack(">HH", DISPLAY_P3, SRGB_CURVE)
png = saved("PNG")
chunk = b"cICP" + bytes([DISPLAY_P3, SRGB_CURVE, 0, 1])
end_of_head = 33
png = png[:end_of_head] + struct.pack(">I", 4) + chunk + struct.pack(">I", crc32(chunk)) + png[end_of_head:]

colours = []
for name, content in (("avif", bytes(avif)), ("png", png)):
    Path(f"coat.{name}").write_bytes(content)
    image = Image.open(BytesIO(content))
    image.load()
    colours.append(sorted(key for key in image.info if re.search("icc|nclx|cicp|prof|prim|srgb|gamma", key, re.IGNORECASE)))
    image.convert("RGB").save(f"{name}.jpg", quality=100, subsampling=0)

Path("page.html").write_text(PAGE)
server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Page, directory="."))
Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/page.html"
line = [environ.get("CHROMIUM", "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=browser", address]
with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
    try:
        reds = seen.get(timeout=60)
    finally:
        browser.terminate()
for name, known, shown, jpeg in zip(("AVIF", "PNG"), colours, reds[:2], reds[2:], strict=True):
    print(f"{name:5} info: {', '.join(known) or 'no colours'}  the page: {shown}  saved as JPEG: {jpeg}")
assert colours == [[], []], "changed: it tells the colours"
assert reds == ["239, 35, 20", "239, 35, 17", "221, 60, 42", "221, 60, 40"], "changed"
PYTHON
venv/bin/python see.py
