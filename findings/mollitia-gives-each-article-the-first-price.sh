#!/usr/bin/env bash
# mollitia 0.1.1 (npm): when a module behind the cache is switched off, each article has the price of the first one
# that was asked for.
#
# Expected: a circuit's cache keeps an answer by the parameters of the call; a module that is not `active`, "whether
#           the Module is active or not", is as one that is not there.
# Happens:  what is passed on to a module are the next ones and their circuit, two for each that is active, and then
#           the parameters; the cache counts two for each that is there, active or not, and takes what is left for the
#           parameters. With a retry that is off the key of a call with one parameter is empty: the first answer is
#           the answer to all calls, for as long as it is kept; of a shop, an article and a currency the currency is
#           left. Whoever switches the retries off, because a marketplace is overloaded, writes one article's price or
#           stock to all others. The same circuit without the module, or with it, is right.
# Seen on 2026-11-30, the prices of A-17, B-2 and C-9, which are 12.50, 480.00 and 7.90:
#   cache                    12.50  480.00  7.90
#   cache, retry             12.50  480.00  7.90
#   cache, retry (off)       12.50  12.50   12.50
#   retry (off), cache       12.50  480.00  7.90
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" mollitia@0.1.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { Cache, Circuit, Retry } from "mollitia";

const PRICES = { "A-17": "12.50", "B-2": "480.00", "C-9": "7.90" };
const RIGHT = Object.values(PRICES);

/** The prices of the articles, as a circuit with these modules gives them. */
async function prices(name, modules) {
  const circuit = new Circuit({ func: async (sku) => PRICES[sku], options: { modules } });
  const seen = [];
  for (const sku of Object.keys(PRICES)) seen.push(await circuit.execute(sku));
  console.log(name.padEnd(24), seen.map((price) => price.padEnd(7)).join(" ").trim());
  circuit.dispose();
  return seen;
}

const cache = () => new Cache({ ttl: 60_000 });
const retry = (active) => new Retry({ attempts: 2, active });
assert.deepEqual(await prices("cache", [cache()]), RIGHT, "changed: cache");
assert.deepEqual(await prices("cache, retry", [cache(), retry(true)]), RIGHT, "changed: cache, retry");
const off = await prices("cache, retry (off)", [cache(), retry(false)]);
assert.deepEqual(off, RIGHT.map(() => RIGHT[0]), "changed");
assert.deepEqual(await prices("retry (off), cache", [retry(false), cache()]), RIGHT, "changed: retry, cache");
process.exit();
NODE
node see.mjs
