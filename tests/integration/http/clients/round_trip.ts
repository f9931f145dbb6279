// What a page made with our document does: it creates, changes one field, reads back, and nothing else has changed.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.d.ts";
import everything from "./product.json" with { type: "json" };

type NewProduct = components["schemas"]["NewProductBody"];
type Changes = components["schemas"]["ChangedProductBody"];
type NewJob = components["schemas"]["NewJob"];
type JobStatus = components["schemas"]["JobStatus"];

const [baseUrl = "", token = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

// The compiler refuses what the api would refuse; an expected error that is none fails the build.
// @ts-expect-error no field has this name
const misspelt: Changes = { titel: "Red coat" };
// @ts-expect-error a title cannot be taken away
const untitled: Changes = { title: null };
// @ts-expect-error a product has a title
const nameless: NewProduct = { brand: "Zara" };
// @ts-expect-error there is no such action
const impossible: NewJob = { action_type: "explode" };
const priceless: Changes = { price: null };
const least: NewProduct = { title: "Coat" };

function must<T>(answer: { data?: T; error?: unknown }): T {
  assert.ok(answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data;
}

function isOver(status: JobStatus): boolean {
  switch (status) {
    case "pending":
    case "running":
      return false;
    case "completed":
    case "failed":
    case "cancelled":
    case "expired":
      return true;
  }
}

async function change(id: number, body: Changes) {
  return must(await client.PATCH("/api/products/{id}", { params: { path: { id } }, body }));
}

async function read(id: number) {
  return must(await client.GET("/api/products/{id}", { params: { path: { id } } }));
}

async function changesNothingElse() {
  const whole: Required<NewProduct> = everything;
  const made = must(await client.POST("/api/products", { body: whole }));
  assert.deepEqual({ ...made, ...whole }, made);
  await change(made.id, { title: "Red coat" });
  assert.deepEqual(await read(made.id), { ...made, title: "Red coat" });
  await change(made.id, {});
  await change(made.id, priceless);
  assert.deepEqual(await read(made.id), { ...made, title: "Red coat", price: null });
  return made.id;
}

async function leavesTheSoldSold() {
  const made = must(await client.POST("/api/products", { body: { ...least, quantity: 0 } }));
  await change(made.id, { title: "Sold coat" });
  assert.deepEqual(await read(made.id), { ...made, title: "Sold coat", quantity: 0 });
}

async function asksForJobs(product_id: number) {
  const path = { marketplace: "ebay" } as const;
  const made = must(await client.POST("/api/{marketplace}/jobs", { params: { path }, body: { action_type: "publish", product_id } }));
  const job = must(await client.GET("/api/jobs/{id}", { params: { path: { id: made.id } } }));
  assert.equal(isOver(job.status), false);
  assert.ok(job.tasks.every((task) => task.status === "pending"));
  const jobs = must(await client.GET("/api/jobs", { params: { query: { status: "pending", marketplace: "ebay" } } }));
  assert.deepEqual(jobs.items.map((one) => one.id), [job.id]);
}

async function readsPages() {
  const ids: number[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: 1 } : { limit: 1, cursor };
    const page = must(await client.GET("/api/products", { params: { query } }));
    ids.push(...page.items.map((product) => product.id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 2);
}

async function isToldWhatIsWrong() {
  const { error, response } = await client.POST("/api/products", { body: { title: "" } });
  assert.equal(response.status, 422);
  assert.deepEqual(error?.errors?.map((one) => one.field), ["title"]);
}

await asksForJobs(await changesNothingElse());
await leavesTheSoldSold();
await readsPages();
await isToldWhatIsWrong();
