#!/usr/bin/env bash
# Sidequest 1.16.4 (npm): `retry("quota used up", until tomorrow)` comes back in an hour, and "in 60 s" in 30, or in 12 minutes.
#
# Expected: "this.retry(reason, delay)" tries again after the delay; a comment in the code says that it takes precedence over the
#           job's own. Who has read a marketplace's Retry-After gives it there.
# Happens:  the delay is the base of the exponential backoff that each job has unless it names another strategy: it is doubled for each try,
#           multiplied with a random number from 0.5 to 1.5 and cut off at an hour. A used up daily quota is asked
#           after each hour, and after four of them the fifth try, which is the last one, has failed. Half of all first retries come too early.
# Seen on 2026-11-29, with the factory that the engine makes of what `run` returned:
#   asked for 86400 s, try 1..4    3600 s, 3600 s, 3600 s, 3600 s, then failed
#   asked for 60 s, try 1          from 30 s to 90 s
#   asked for 60 s, try 4          from 240 s to 720 s
#   backoff_strategy "fixed"       60 s
# `this.snooze(delay)` waits as long as it was told, and counts no try. Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" \
    @sidequest/core@1.16.4 @sidequest/backend@1.16.4 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { JOB_FALLBACK } from "@sidequest/backend";
import { configureLogger, Job, JobTransitionFactory } from "@sidequest/core";

configureLogger({ level: "none" });
class Publish extends Job {
  run() {}
}

/** In how many seconds a job comes back that has run for the nth time and asks for a delay, or its state. */
function comesBack(attempt, asked_s, changes = {}) {
  const job = { ...JOB_FALLBACK, id: 1, class: "Publish", state: "running", attempt, ...changes };
  const result = new Publish().retry("429", asked_s * 1000);
  const next = JobTransitionFactory.create(result).apply(job);
  return next.state === "waiting" ? `${Math.round((next.available_at - Date.now()) / 1000)} s` : next.state;
}

function between(attempt, asked_s) {
  const { random } = Math;
  const ends = [0, 1 - Number.EPSILON].map((number) => {
    Math.random = () => number;
    return comesBack(attempt, asked_s);
  });
  Math.random = random;
  return `from ${ends.join(" to ")}`;
}

const seen = {
  "asked for 86400 s, try 1..4": `${[1, 2, 3, 4].map((attempt) => comesBack(attempt, 86400)).join(", ")}, then ${comesBack(5, 86400)}`,
  "asked for 60 s, try 1": between(1, 60),
  "asked for 60 s, try 4": between(4, 60),
  'backoff_strategy "fixed"': comesBack(1, 60, { backoff_strategy: "fixed" }),
};
for (const [asked, answer] of Object.entries(seen)) console.log(asked.padEnd(30), answer);
assert.deepEqual(Object.values(seen), [
  "3600 s, 3600 s, 3600 s, 3600 s, then failed", "from 30 s to 90 s", "from 240 s to 720 s", "60 s",
], "changed");
NODE
node see.mjs
