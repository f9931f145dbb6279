// What the plugin did, on disk: a command that comes again is answered and not done again.
//
// A row: {request_id, action, acts, at, page, tab, answer?, ended_at?, replayed?}. It is written before the act may happen
// (`start`), and again when it is known what came of it (`finish`). Nothing in it is a buyer's.

const DATABASE = "stoflow";
const ROWS = "commands";
const KEPT = 500;

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(ROWS, { keyPath: "request_id" }).createIndex("at", "at");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function within(mode, work) {
  const transaction = (await database()).transaction(ROWS, mode, { durability: "strict" });
  const asked = work(transaction.objectStore(ROWS));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  return asked?.result;
}

export const find = (requestId) => within("readonly", (rows) => rows.get(requestId));

/** Record that the act may happen from now on. `page` is the document that is to do it, by its own id. */
export async function start({ request_id, action }, { acts, page, tab }) {
  await within("readwrite", (rows) => rows.put({ request_id, action, acts, page, tab, at: Date.now() }));
  await prune();
}

/** Record what came of it, unless that is known: the first answer stands. Returns the answer that stands. */
export async function finish(requestId, answer) {
  const row = await find(requestId);
  if (row?.answer) return row.answer;
  await within("readwrite", (rows) => rows.put({ ...row, request_id: requestId, answer, ended_at: Date.now() }));
  return answer;
}

export async function noteReplay(row) {
  await within("readwrite", (rows) => rows.put({ ...row, replayed: (row.replayed ?? 0) + 1 }));
}

/** Return the newest rows first. */
export async function newest(count) {
  const all = await within("readonly", (rows) => rows.index("at").getAll());
  return all.reverse().slice(0, count);
}

async function prune() {
  const keys = await within("readonly", (rows) => rows.index("at").getAllKeys());
  const old = keys.slice(0, Math.max(0, keys.length - KEPT));
  if (old.length) await within("readwrite", (rows) => void old.forEach((key) => rows.delete(key)));
}
