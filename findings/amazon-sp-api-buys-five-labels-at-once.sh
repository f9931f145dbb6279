#!/usr/bin/env bash
# amazon-sp-api 1.2.1 (npm): a call whose connection breaks is made again at once, and again for as long as it breaks: a label is bought five times.
#
# Expected: `retry_remote_timeout` is "whether or not the client should retry a request to the remote server that failed with an ETIMEDOUT error",
#           and its code says of the wait: ten seconds at least, to give the server time to recover.
# Happens:  it also repeats what failed with ECONNRESET and ENOTFOUND, which says nothing of whether Amazon did it, a POST as well as a GET. The
#           wait stands in the branch that logs: without `debug_log`, as by default, there is none, and no number of tries either. Whoever
#           tries it out with the log on sees one call each ten seconds. A gateway that closes connections after Amazon has done what
#           it was asked buys a label at each, and while the network is gone the loop runs without a pause.
# Seen on 2026-11-30 with a server on this machine that takes each POST, closes the first four connections and answers the fifth:
#   by default         5 shipments made in less than a second, one told of
#   with debug_log     1 in three seconds
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" amazon-sp-api@1.2.1 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const http = require("node:http");
const https = require("node:https");
const { text } = require("node:stream/consumers");
const { setTimeout: wait } = require("node:timers/promises");
const { SellingPartner } = require("amazon-sp-api");

const BROKEN = 4;
let made = 0;
const server = http.createServer(async (request, response) => {
  await text(request);
  if (request.url === "/auth/o2/token") return response.end('{"access_token":"token"}');
  made += 1;
  if (made <= BROKEN) return request.socket.destroy();
  return response.end(JSON.stringify({ payload: { ShipmentId: `shipment-${made}` } }));
});
https.request = (options, told) => http.request({ ...options, hostname: "127.0.0.1", port: server.address().port }, told);

/** How many shipments are made, and which one is told of, in so many seconds after one was asked for. */
async function shipments(debug_log, seconds) {
  made = 0;
  const amazon = new SellingPartner({
    region: "eu",
    refresh_token: "refresh",
    credentials: { SELLING_PARTNER_APP_CLIENT_ID: "id", SELLING_PARTNER_APP_CLIENT_SECRET: "secret" },
    options: { debug_log },
  });
  const asked = amazon.callAPI({ operation: "merchantFulfillment.createShipment", body: { ShippingServiceId: "service" } });
  const told = await Promise.race([asked, wait(seconds * 1000)]);
  return [made, told?.ShipmentId];
}

async function main() {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const byDefault = await shipments(false, 1);
  console.log(`by default         ${byDefault[0]} shipments made in less than a second, ${byDefault[1] ? "one" : "none"} told of`);
  assert.deepEqual(byDefault, [BROKEN + 1, `shipment-${BROKEN + 1}`], "changed");
  const log = console.log;
  console.log = console.dir = () => {};
  const logged = await shipments(true, 3);
  console.log = log;
  console.log(`with debug_log     ${logged[0]} in three seconds`);
  assert.deepEqual(logged, [1, undefined], "changed");
  process.exit(0);
}

main();
NODE
node see.cjs
