#!/usr/bin/env bash
# html-email-to-text 1.0.4 (npm): the plain text of each mail begins with all those that were made before it.
#
# Expected: `htmlToText('Html as a string')` gives "formatted plain text as a string", that of this HTML.
# Happens:  what it writes into belongs to the module, and nothing empties it: the second call gives the text of the
#           first mail and then its own, the thousandth that of a thousand, until the process is started again. The
#           plain part of a mail that tells a buyer that his parcel is on its way has the names, addresses and parcels
#           of all buyers before him in it, a description those of the other articles; it is longer each time. The HTML
#           part is well, and that is what one looks at, and a test that makes one mail sees nothing. No error is
#           raised.
# Seen on 2026-11-30 with htmlparser2 3.10.1; three mails, one after the other:
#   <p>Parcel 1 is on its way.</p>  Parcel 1 is on its way.
#   <p>Parcel 2 is on its way.</p>  Parcel 1 is on its way. Parcel 2 is on its way.
#   <p>Parcel 3 is on its way.</p>  Parcel 1 is on its way. Parcel 2 is on its way. Parcel 3 is on its way.
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" html-email-to-text@1.0.4 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const htmlToText = require("html-email-to-text");

const told = [];
for (const parcel of [1, 2, 3]) {
  told.push(`Parcel ${parcel} is on its way.`);
  const html = `<p>${told.at(-1)}</p>`;
  const seen = htmlToText(html).trim();
  console.log(html, "", seen);
  assert.equal(seen, told.join(" "), "changed");
}
NODE
node see.cjs
