#!/usr/bin/env bash
# openapi-python-client 0.29.1: a file that is described as OpenAPI 3.1 says is thrown away by the client, without a word.
#
# OpenAPI 3.1 ("Considerations for File Uploads" and "Media Type Object"): raw binary content needs no schema,
# `application/octet-stream: {}`.
# Expected: the generated function returns the file, or the generator says that it cannot.
# Happens:  generating succeeds and warns of nothing about it; the function answers 200 with None. As a request body the same form
#           drops the whole operation (with a warning). 3.0's form, `type: string, format: binary`, gives
#           the file.
# Seen on 2026-11-28, a server answering 200 with the four bytes of "SKU1":
#   {}: no warning, parsed None
#   {"type": "string", "format": "binary"}: no warning, parsed b'SKU1'
#   request body {}: operation generated False, exit status 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet openapi-python-client==0.29.1 httpx==0.28.1
cd "$folder"
PATH="$folder/venv/bin:$PATH" venv/bin/python - <<'PYTHON'
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import httpx

BINARY = {"type": "string", "format": "binary"}


def generate(name, operation):
    document = {"openapi": "3.1.0", "info": {"title": name, "version": "1"}, "paths": {"/file": operation}}
    Path(f"{name}.json").write_text(json.dumps(document))
    command = ["openapi-python-client", "generate", "--path", f"{name}.json", "--meta", "none", "--output-path", name]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def answered(name, media):
    responses = {"200": {"description": "The list.", "content": {"application/octet-stream": media}}}
    done = generate(name, {"get": {"operationId": "file", "tags": ["all"], "responses": responses}})
    sys.path.insert(0, ".")
    client = import_module(name).Client(base_url="http://shop.test")
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"SKU1"))
    client.set_httpx_client(httpx.Client(base_url="http://shop.test", transport=transport))
    parsed = import_module(f"{name}.api.all_.file").sync_detailed(client=client).parsed
    warned = "WARNING" in done.stdout + done.stderr
    return warned, parsed.payload.read() if parsed else parsed


for name, media, expected in (("bare", {}, None), ("old", {"schema": BINARY}, b"SKU1")):
    warned, parsed = answered(name, media)
    print(f"{json.dumps(media.get('schema', {}))}: {'a' if warned else 'no'} warning, parsed {parsed!r}")
    assert (warned, parsed) == (False, expected), "changed: the answer is taken otherwise"

body = {"content": {"application/octet-stream": {}}}
done = generate("sent", {"put": {"operationId": "file", "requestBody": body, "responses": {"204": {"description": ""}}}})
is_generated = bool(list(Path("sent").rglob("file.py")))
print(f"request body {{}}: operation generated {is_generated}, exit status {done.returncode}")
assert not is_generated, "changed: the operation is generated"
PYTHON
