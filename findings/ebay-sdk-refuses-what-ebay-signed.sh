#!/usr/bin/env bash
# event-notification-nodejs-sdk 1.0.3 (npm, eBay's own): a notification with an amount of 12.0 or an escape is refused, though it is signed.
#
# eBay signs a notification's body and says so in X-EBAY-SIGNATURE; JSON lets one value be written in several ways (RFC 8259, 6 and 7).
# Expected: 204 for each body whose bytes were signed.
# Happens:  `process` takes the parsed message, and `validateSignature` verifies what `JSON.stringify` makes of it: 12.0 is 12, an escape is
#           the character, a space between is none. 412 is the answer, and what was told is
#           lost. Tests with what JavaScript wrote itself pass. Its example gives it what express has parsed, so that the bytes are gone.
# Seen on 2026-11-29 with Node 20.20.2, a key of the script's own in the place of eBay's:
#   204  {"amount":12}
#   412  {"amount":12.0}
#   412  {"username":"J\u00f6rg"}
#   412  {"username": "a"}
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" event-notification-nodejs-sdk@1.0.3 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { generateKeyPairSync, sign } = require("node:crypto");
const client = require("event-notification-nodejs-sdk/lib/client");
const sdk = require("event-notification-nodejs-sdk");

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = publicKey.export({ type: "spki", format: "pem" }).replaceAll("\n", "");
client.getPublicKey = async () => ({ key: pem, algorithm: "ECDSA", digest: "SHA1" });
const config = { PRODUCTION: { clientId: "id", clientSecret: "secret" }, SANDBOX: {} };
const metadata = '"metadata":{"topic":"MARKETPLACE_ACCOUNT_DELETION"}';

async function notify(data) {
  const body = `{${metadata},"notification":{"data":${data}}}`;
  const signature = sign("sha1", Buffer.from(body), privateKey).toString("base64");
  const header = Buffer.from(JSON.stringify({ alg: "ecdsa", kid: "1", digest: "SHA1", signature })).toString("base64");
  return sdk.process(JSON.parse(body), header, config, "PRODUCTION");
}

async function main() {
  const say = console.log;
  console.log = () => {}; // the SDK's processor prints what it is given
  const seen = [];
  for (const data of ['{"amount":12}', '{"amount":12.0}', '{"username":"J\\u00f6rg"}', '{"username": "a"}']) {
    seen.push(await notify(data));
    say(`${seen.at(-1)}  ${data}`);
  }
  assert.deepEqual(seen, [204, 412, 412, 412], "changed");
}

main();
NODE
node see.cjs
