// The one build step: copies the extension and socket.io-client's own ESM build, and writes down for whom it is.
//
//   node build.mjs --stoflow https://stoflow.example --site https://www.vinted.fr [--platform https://shop.example]
//                  [--pause-ms 2000] [--out build]
//
// Nothing is fetched when it runs: the library comes from package-lock.json by `npm ci`.

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = dirname(fileURLToPath(import.meta.url));
const SHORTEST_PAUSE_MS = 1000;
const LIBRARY = "node_modules/socket.io-client";
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

const { values } = parseArgs({
  options: {
    stoflow: { type: "string" },
    site: { type: "string" },
    platform: { type: "string", multiple: true, default: [] },
    "pause-ms": { type: "string", default: "2000" },
    out: { type: "string", default: join(HERE, "build") },
  },
});

function fail(message) {
  console.error(message);
  process.exit(2);
}

function address(name, text) {
  const url = URL.canParse(text ?? "") ? new URL(text) : fail(`--${name} is an address such as https://www.vinted.fr`);
  if (url.protocol !== "https:" && !LOOPBACK.has(url.hostname)) fail(`--${name}: only this machine is reached by http.`);
  return url;
}

const isSimulated = (url) => LOOPBACK.has(url.hostname);
const pattern = (url) => `${url.protocol}//${url.hostname}/*`;
const plain = (url) => url.href.replace(/\/$/, "");

const stoflow = address("stoflow", values.stoflow);
const site = address("site", values.site);
const platforms = values.platform.map((text) => address("platform", text));
const pauseMs = Number(values["pause-ms"]);
if (!(pauseMs >= (isSimulated(site) ? 0 : SHORTEST_PAUSE_MS))) {
  fail(`--pause-ms is the time between two acts, at least ${SHORTEST_PAUSE_MS}: a person is not faster.`);
}

const lock = JSON.parse(await readFile(join(HERE, "package-lock.json"), "utf8"));
const installed = JSON.parse(await readFile(join(HERE, LIBRARY, "package.json"), "utf8"));
const pinned = lock.packages[LIBRARY].version;
if (installed.version !== pinned) fail(`socket.io-client is ${installed.version}, pinned is ${pinned}: run npm ci.`);

await rm(values.out, { recursive: true, force: true });
await mkdir(join(values.out, "vendor"), { recursive: true });
await cp(join(HERE, "extension"), values.out, { recursive: true });
await cp(join(HERE, LIBRARY, "dist/socket.io.esm.min.js"), join(values.out, "vendor/socket.io.esm.min.js"));

const manifest = JSON.parse(await readFile(join(HERE, "extension/manifest.json"), "utf8"));
manifest.host_permissions = [...new Set([pattern(stoflow), pattern(site)])];
if (platforms.length) manifest.externally_connectable = { matches: platforms.map(pattern) };
else delete manifest.externally_connectable;
await writeFile(join(values.out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

const config = {
  STOFLOW: plain(stoflow),
  SITE: plain(site),
  PLATFORMS: platforms.map((url) => url.origin),
  PAUSE_MS: pauseMs,
  IS_SIMULATED: isSimulated(site),
};
const lines = Object.entries(config).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`);
await writeFile(join(values.out, "config.js"), `// Written by build.mjs.\n${lines.join("")}`);
