#!/usr/bin/env bash
# @dsnp/parquetjs 1.8.8 (npm): of the prices it wrote itself it reads back those of other articles, and each second one as 0; 19.99 is 19.98.
#
# Expected: a column of DECIMAL(9,2), a price, holds what it was given, and is read as it was written.
# Happens:  it is written as 64-bit integers, which Parquet allows for so few digits, and read as 32-bit ones: half an integer for each article.
#           The second one gets the upper half of the first one's price, zero, the third one the second one's, and so on; the last half
#           of the prices is not read at all. Nothing is reported. With precision 10 or more both have 64 bits, so that a test with other
#           digits passes. Other readers read the file right, but each price was multiplied by 100 as a float and cut off: of those
#           up to 100.00, 573 are a cent less.
# Seen on 2026-11-29 with pyarrow 22.0.0; 19.99 is the first article's price, 5.00 the second's, 7.50 the third's, 2.50 the fourth's:
#   DECIMAL(9,2), itself    19.98  0  5  0
#   DECIMAL(10,2), itself   19.98  5  7.5  2.5
#   DECIMAL(9,2), pyarrow   19.98  5.00  7.50  2.50
#   0.01 to 100.00, pyarrow 573 of 10000 a cent less
# Its issue 182, of 2026, tells of the cents. 1.8.9, which asks for Node 24.18, does the same; 1.9.3 was published without its code.
# Needs Node 18.18 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==22.0.0
npm install --silent --no-audit --no-fund --prefix "$folder" @dsnp/parquetjs@1.8.8 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { ParquetReader, ParquetSchema, ParquetWriter } = require("@dsnp/parquetjs");

async function write(name, precision, prices) {
  const schema = new ParquetSchema({ sku: { type: "UTF8" }, price: { type: "DECIMAL", precision, scale: 2 } });
  const writer = await ParquetWriter.openFile(schema, name);
  for (const [at, price] of prices.entries()) await writer.appendRow({ sku: `A${at}`, price });
  await writer.close();
}

async function read(name) {
  const reader = await ParquetReader.openFile(name);
  const cursor = reader.getCursor();
  const prices = [];
  for (let row = await cursor.next(); row; row = await cursor.next()) prices.push(row.price);
  await reader.close();
  return prices;
}

async function main() {
  const prices = [19.99, 5, 7.5, 2.5];
  await write("nine.parquet", 9, prices);
  await write("ten.parquet", 10, prices);
  await write("many.parquet", 9, Array.from({ length: 10000 }, (_, at) => (at + 1) / 100));
  const [nine, ten] = [await read("nine.parquet"), await read("ten.parquet")];
  console.log("DECIMAL(9,2), itself   ", nine.join("  "));
  console.log("DECIMAL(10,2), itself  ", ten.join("  "));
  assert.deepEqual(nine, [19.98, 0, 5, 0], "changed");
  assert.deepEqual(ten, [19.98, 5, 7.5, 2.5], "changed: of ten digits");
}

main();
NODE
cat > see.py <<'PYTHON'
import pyarrow.parquet as parquet


def prices(name):
    return parquet.read_table(name).column("price").to_pylist()


nine = [str(price) for price in prices("nine.parquet")]
less = [at - price * 100 for at, price in enumerate(prices("many.parquet"), start=1) if price * 100 != at]
print("DECIMAL(9,2), pyarrow  ", "  ".join(nine))
print(f"0.01 to 100.00, pyarrow {len(less)} of 10000 a cent less")
assert nine == ["19.98", "5.00", "7.50", "2.50"], "changed: as another reads it"
assert len(less) == 573 and set(less) == {1}, "changed: what is written"
PYTHON
node see.cjs
venv/bin/python see.py
