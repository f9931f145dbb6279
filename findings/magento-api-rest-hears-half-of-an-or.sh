#!/usr/bin/env bash
# magento-api-rest 2.0.4 (npm): of each condition of an "or" the first half is asked for: the orders of all shops come
# back for those of one.
#
# Expected: `$or: [{ condition1 }, { condition2 }]` asks for what fits one of them, or is refused where Magento cannot
#           be asked so. Two keys beside each other are two conditions that must both hold, as outside of `$or`.
# Happens:  of each condition in `$or` the first key is taken, and the others are left out: what is pending in shop 1,
#           or processing in shop 2, is asked for as pending or processing, in all shops. Who ships what comes back
#           ships the orders of the other shops as well. And a value is put into the address as it is: an & ends it, and
#           "H&M" is asked for as "H". No error is raised.
# Seen on 2026-11-30 with axios 0.21.4, a server of the script's own in Magento's place; what it was asked for:
#   two keys                      status=pending and store_id=1
#   $or, one key in each          status=pending or status=processing
#   $or, two keys in each         status=pending or status=processing
#   an & in a value               name=H
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" magento-api-rest@2.0.4 axios@0.21.4 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const http = require("node:http");
const Magento = require("magento-api-rest").default;

const ORS = (first, second) => ({ $or: [{ status: "pending", ...first }, { status: "processing", ...second }] });
const GIVEN = [
  ["two keys", { status: "pending", store_id: 1 }, "status=pending and store_id=1"],
  ["$or, one key in each", ORS({}, {}), "status=pending or status=processing"],
  ["$or, two keys in each", ORS({ store_id: 1 }, { store_id: 2 }), "status=pending or status=processing"],
  ["an & in a value", { name: "H&M" }, "name=H"],
];
let asked;

// Groups of filters must all hold, and in each group one of its filters.
function understood(query) {
  const groups = {};
  for (const [key, value] of query) {
    const [, group, filter, part] = key.match(/\[filter_groups\]\[(\d+)\]\[filters\]\[(\d+)\]\[(\w+)\]/) ?? [];
    if (group !== undefined) {
      ((groups[group] ??= {})[filter] ??= {})[part] = value;
    }
  }
  const words = Object.values(groups).map((filters) =>
    Object.values(filters)
      .map(({ field, value }) => `${field}=${value}`)
      .join(" or "),
  );
  return words.join(" and ");
}

const server = http.createServer((request, response) => {
  asked = understood(new URL(request.url, "http://shop").searchParams);
  response.setHeader("Content-Type", "application/json");
  response.end('{"items": []}');
});

server.listen(0, "127.0.0.1", async () => {
  const keys = { consumerKey: "a", consumerSecret: "b", accessToken: "c", tokenSecret: "d" };
  const client = new Magento({ url: `http://127.0.0.1:${server.address().port}`, ...keys });
  try {
    for (const [told, given, expected] of GIVEN) {
      await client.get("orders", given);
      console.log(told.padEnd(29), asked);
      assert.equal(asked, expected, "changed");
    }
  } finally {
    server.close();
  }
});
NODE
node see.cjs
