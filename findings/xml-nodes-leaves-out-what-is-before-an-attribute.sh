#!/usr/bin/env bash
# xml-nodes 0.1.5, xtreamer 1.1.2 (npm): of a feed of four articles two come out, or one, because one has an attribute.
#
# Expected: xml-nodes, a "streaming XML node splitter", "emits each tag" of a name, xtreamer "individual xml nodes".
# Happens:  xml-nodes looks for the next element with attributes and for the next without, and goes on at the one that
#           is further away: all that stands between, and came in the same piece of the stream, is left out. One
#           `<item sale="yes">` among others takes all before it away; how many depends on how the pieces fall, so that
#           a feed in small pieces is well. To neither is `<item` an element where a new line follows, as printers of
#           XML write it before attributes; to xtreamer that, and one `<item sale="yes"/>`, is the end of the feed. No
#           error is raised. Feeds whose articles all have attributes in the same line, or none, are well.
# Seen on 2026-11-30, the articles that come out of four, in one piece and in pieces of one byte:
#                                  xml-nodes             xtreamer
#   no attributes                  1 2 3 4 | 1 2 3 4     1 2 3 4 | 1 2 3 4
#   the third has one              3 4 | 1 2 3 4         1 2 3 4 | 1 2 3 4
#   the first has one              2 3 4 | 1 2 3 4       1 2 3 4 | 1 2 3 4
#   the second, in a new line      1 3 4 | 1 3 4         1 | 1
#   the second, and it is empty    2 3 4 | 1 2 3 4       1 | 1
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" xml-nodes@0.1.5 xtreamer@1.1.2 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { Readable } = require("node:stream");
const xmlNodes = require("xml-nodes");
const xtreamer = require("xtreamer");

const whole = (number, attributes = "") => `<item${attributes}><no>${number}</no></item>`;
const ALL = "1 2 3 4 | 1 2 3 4";
const GIVEN = [
  ["no attributes", [whole(1), whole(2), whole(3), whole(4)], ALL, ALL],
  ["the third has one", [whole(1), whole(2), whole(3, ' sale="yes"'), whole(4)], "3 4 | 1 2 3 4", ALL],
  ["the first has one", [whole(1, ' sale="yes"'), whole(2), whole(3), whole(4)], "2 3 4 | 1 2 3 4", ALL],
  ["the second, in a new line", [whole(1), whole(2, '\n  sale="yes"'), whole(3), whole(4)], "1 3 4 | 1 3 4", "1 | 1"],
  ["the second, and it is empty", [whole(1), '<item no="2"/>', whole(3), whole(4)], "2 3 4 | 1 2 3 4", "1 | 1"],
];

async function read(splitter, feed, size) {
  const piece = (_, at) => Buffer.from(feed.slice(at * size, (at + 1) * size));
  const nodes = Readable.from(Array.from({ length: Math.ceil(feed.length / size) }, piece)).pipe(splitter);
  let text = "";
  for await (const node of nodes) text += node;
  return [...text.matchAll(/<no>(\d)|no="(\d)"/g)].map(([, inside, beside]) => inside ?? beside).join(" ");
}

(async () => {
  console.log("                               xml-nodes             xtreamer");
  for (const [what, articles, ...expected] of GIVEN) {
    const feed = `<items>${articles.join("")}</items>`;
    const seen = [];
    for (const split of [xmlNodes, xtreamer]) {
      seen.push(`${await read(split("item"), feed, 65536)} | ${await read(split("item"), feed, 1)}`);
    }
    console.log(what.padEnd(30), seen[0].padEnd(21), seen[1]);
    assert.deepEqual(seen, expected, "changed");
  }
})();
NODE
node see.cjs
