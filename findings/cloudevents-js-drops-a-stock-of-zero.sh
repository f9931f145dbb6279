#!/usr/bin/env bash
# cloudevents 10.0.0 (npm): an event whose data is 0 arrives without data; an SKU "12E5" that it sends is 1200000 where Python reads it.
#
# Expected: the data of an event may be any JSON value, and a text is sent as JSON has texts where `datacontenttype` is JSON, which is also
#           what the library says of an event that names none.
# Happens:  in structured mode what counts as false in JavaScript is taken out as it is read: a stock that came to 0, a switch that was
#           turned off, a note that was emptied. The event is valid, and what is passed on has no data either; 5 pieces are 5. In binary
#           mode a text is sent without its quotation marks under the content type application/json. Its own reader takes it back so; the SDK
#           for Python reads a number where the SKU is spelled like one, and bytes where it is not.
# Seen on 2026-11-29:
#   structured   data 5 -> 5, data 0 -> undefined, data false -> undefined, data "" -> undefined
#   binary       "12E5" is sent as 12E5, application/json; cloudevents 2.2.0 (Python) -> 1200000.0
#   binary       "A-17" is sent as A-17, application/json; cloudevents 2.2.0 (Python) -> b'A-17'
# An object as data is free of both. Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cloudevents==2.2.0
npm install --silent --no-audit --no-fund --prefix "$folder" cloudevents@10.0.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { writeFileSync } from "node:fs";
import { CloudEvent, HTTP } from "cloudevents";

const ABOUT = { specversion: "1.0", id: "1", source: "/shop", type: "stock", datacontenttype: "application/json" };

function arrived(data) {
  const headers = { "content-type": "application/cloudevents+json" };
  return HTTP.toEvent({ headers, body: JSON.stringify({ ...ABOUT, data }) }).data;
}

const given = [5, 0, false, ""];
const seen = given.map(arrived);
console.log("structured  ", given.map((data, at) => `data ${JSON.stringify(data)} -> ${seen[at]}`).join(", "));
assert.deepEqual(seen, [5, undefined, undefined, undefined], "changed");

const sent = ["12E5", "A-17"].map((data) => HTTP.binary(new CloudEvent({ ...ABOUT, data })));
assert.deepEqual(sent.map(({ body }) => body), ["12E5", "A-17"], "changed");
assert(sent.every((message) => HTTP.toEvent(message).data === message.body));
writeFileSync("sent.json", JSON.stringify(sent));
NODE
node see.mjs
cat > see.py <<'PYTHON'
import json
from pathlib import Path

from cloudevents.v1.http import from_http

for message, expected in zip(json.loads(Path("sent.json").read_text()), [1200000.0, b"A-17"], strict=True):
    body, headers = message["body"], message["headers"]
    seen = from_http(headers, body.encode()).data
    kind = headers["content-type"]
    print(f'binary       "{body}" is sent as {body}, {kind}; cloudevents 2.2.0 (Python) -> {seen}')
    assert seen == expected, "changed"
PYTHON
venv/bin/python see.py
