#!/usr/bin/env bash
# swagger-typescript-api 13.13.0, openapi-typescript-codegen 0.31.0 (npm): what is written for the article A#2 is written to the article A.
#
# Expected: a value in a path is percent-encoded, all but its letters, digits and -._~ (OpenAPI 3, "Path Templating"; RFC 6570, 3.2.2): the SKU
#           A#2 is /products/A%232. A client that is made from the document takes any text that its type, string, takes.
# Happens:  the first one puts the text in as it is, the second one through `encodeURI`, which leaves ; / ? : @ & = + $ , # alone. What follows "#"
#           is never sent: the stock of A#2 overwrites that of A, and the answer is 200. "A?2" asks for A, too, and "A/2" is another
#           path. A query's `explode: false` is not heard by either, and the first one sends an object, such as a range of prices, as
#           "[object Object]", so that the server filters by nothing or refuses. oazapfts 7.5.0 makes a client that has all right.
# Seen on 2026-11-29 with TypeScript 5.9.3, what the server was asked:
#   swagger-typescript-api     PUT /products/A  PUT /products/A/2  GET /products?ids=1&ids=2&price=%5Bobject%20Object%5D
#   openapi-typescript-codegen PUT /products/A  PUT /products/A/2  GET /products?ids=1&ids=2&price%5Bmin%5D=5
#   oazapfts                   PUT /products/A%232  PUT /products/A%2F2  GET /products?ids=1,2&price[min]=5
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" swagger-typescript-api@13.13.0 openapi-typescript-codegen@0.31.0 \
    oazapfts@7.5.0 @oazapfts/runtime@1.2.0 typescript@5.9.3 >/dev/null
cd "$folder"
mkdir made
cat > shop.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": {"title": "Shop", "version": "1"},
  "servers": [{"url": "http://127.0.0.1"}],
  "paths": {
    "/products": {
      "get": {
        "operationId": "listProducts",
        "tags": ["products"],
        "parameters": [
          {"name": "ids", "in": "query", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
          {
            "name": "price", "in": "query", "style": "deepObject", "explode": true,
            "schema": {"type": "object", "properties": {"min": {"type": "number"}}}
          }
        ],
        "responses": {"204": {"description": "none"}}
      }
    },
    "/products/{sku}": {
      "put": {
        "operationId": "putProduct",
        "tags": ["products"],
        "parameters": [{"name": "sku", "in": "path", "required": true, "schema": {"type": "string"}}],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}},
        "responses": {"204": {"description": "written"}}
      }
    }
  },
  "components": {"schemas": {"Product": {"type": "object", "properties": {"stock": {"type": "integer"}}}}}
}
JSON
npx --no-install swagger-typescript-api generate --path shop.json --output made/swagger --name api.ts >/dev/null 2>&1
npx --no-install openapi --input shop.json --output made/codegen --client fetch >/dev/null 2>&1
npx --no-install oazapfts shop.json made/oazapfts.ts >/dev/null 2>&1
npx --no-install tsc --outDir js --module commonjs --moduleResolution node10 --target es2022 --esModuleInterop --noCheck made/oazapfts.ts \
    made/swagger/api.ts made/codegen/index.ts
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { createServer } = require("node:http");
const { once } = require("node:events");

const LIST = { ids: ["1", "2"], price: { min: 5 } };
const STOCK = { stock: 7 };
const CLIENTS = {
  "swagger-typescript-api": (url) => {
    const { products } = new (require("./js/swagger/api.js").Api)({ baseUrl: url });
    return [(sku) => products.putProduct(sku, STOCK), () => products.listProducts(LIST)];
  },
  "openapi-typescript-codegen": (url) => {
    const { OpenAPI, ProductsService } = require("./js/codegen/index.js");
    OpenAPI.BASE = url;
    return [(sku) => ProductsService.putProduct(sku, STOCK), () => ProductsService.listProducts(LIST.ids, LIST.price)];
  },
  oazapfts: (url) => {
    const { defaults, listProducts, putProduct } = require("./js/oazapfts.js");
    defaults.baseUrl = url;
    return [(sku) => putProduct(sku, STOCK), () => listProducts(LIST)];
  },
};
const SEEN = {
  "swagger-typescript-api": "PUT /products/A  PUT /products/A/2  GET /products?ids=1&ids=2&price=%5Bobject%20Object%5D",
  "openapi-typescript-codegen": "PUT /products/A  PUT /products/A/2  GET /products?ids=1&ids=2&price%5Bmin%5D=5",
  oazapfts: "PUT /products/A%232  PUT /products/A%2F2  GET /products?ids=1,2&price[min]=5",
};

async function main() {
  let asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(204).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  for (const [name, client] of Object.entries(CLIENTS)) {
    const [put, list] = client(`http://127.0.0.1:${server.address().port}`);
    asked = [];
    for (const sku of ["A#2", "A/2"]) await put(sku);
    await list();
    console.log(name.padEnd(26), asked.join("  "));
    assert.equal(asked.join("  "), SEEN[name], "changed");
  }
  server.closeAllConnections();
  server.close();
}

main();
NODE
node see.cjs
