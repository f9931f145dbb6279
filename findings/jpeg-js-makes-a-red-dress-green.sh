#!/usr/bin/env bash
# jpeg-js 0.4.4, Jimp 1.6.1 (npm): of a JPEG that is kept in red, green and blue the colours are others: a red dress is green.
#
# Expected: a JPEG whose Adobe marker says 0, for no transform, has its components as red, green and blue: browsers, Pillow and libjpeg show it so,
#           and "the adobe transform marker overrides any previous setting" says the code of jpeg-js.
# Happens:  it takes a 0 for no marker, and what has three components for luma and chroma. The photo is decoded without an error in colours that it
#           never had, and Jimp, which decodes with it, writes thumbnails of them. Photos as phones and most programs write them are well;
#           those kept in RGB come from whoever wanted no colour lost between two programs. A photo of four inks is well too.
# Seen on 2026-11-30, the colour of a red photo that Pillow 13.0.0 has written in each way:
#            Pillow       jpeg-js      Jimp
#   YCbCr    254,0,0      254,0,0      254,0,0
#   RGB      255,0,0      75,255,28    75,255,28
#   CMYK     255,0,0      255,0,0      255,0,0
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$folder" jpeg-js@0.4.4 jimp@1.6.1 >/dev/null
cd "$folder"
cat > write.py <<'PYTHON'
import json
from pathlib import Path

from PIL import Image

red = Image.new("RGB", (64, 64), (255, 0, 0))
red.save("YCbCr.jpg", quality=95)
red.save("RGB.jpg", quality=95, keep_rgb=True)
red.convert("CMYK").save("CMYK.jpg", quality=95)
shown = {}
for name in ("YCbCr", "RGB", "CMYK"):
    with Image.open(f"{name}.jpg") as photo:
        shown[name] = ",".join(map(str, photo.convert("RGB").getpixel((32, 32))))
Path("pillow.json").write_text(json.dumps(shown))
PYTHON
venv/bin/python write.py
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { Jimp, intToRGBA } from "jimp";
import { decode } from "jpeg-js";

const GIVEN = {
  YCbCr: ["254,0,0", "254,0,0", "254,0,0"],
  RGB: ["255,0,0", "75,255,28", "75,255,28"],
  CMYK: ["255,0,0", "255,0,0", "255,0,0"],
};

const pillow = JSON.parse(readFileSync("pillow.json", "utf8"));
console.log("         Pillow       jpeg-js      Jimp");
for (const [name, expected] of Object.entries(GIVEN)) {
  const { data, width } = decode(readFileSync(`${name}.jpg`));
  const begin = (32 * width + 32) * 4;
  const { r, g, b } = intToRGBA((await Jimp.read(`${name}.jpg`)).getPixelColor(32, 32));
  const seen = [pillow[name], [...data.subarray(begin, begin + 3)].join(","), [r, g, b].join(",")];
  console.log(name.padEnd(8), seen.map((colour) => colour.padEnd(12)).join(" ").trimEnd());
  assert.deepEqual(seen, expected, "changed");
}
NODE
node see.mjs
