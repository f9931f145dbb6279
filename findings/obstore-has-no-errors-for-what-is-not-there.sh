#!/usr/bin/env bash
# obstore 0.12.1: what is not there is said by Python's FileNotFoundError, never by the library's own NotFoundError; a whole bucket too.
#
# Expected: `obstore.exceptions` documents NotFoundError ("when the object is not found at given location"), a kind of BaseError, as all
#           its errors are; and writing where there is no bucket is another error than reading an object that nobody has written.
# Happens:  `get`, `head`, `put` and `delete` raise the built-in FileNotFoundError, which is neither, whether an object is missing or
#           the bucket. Who catches the documented errors catches nothing; who takes FileNotFoundError for "no such object", as the
#           library does for a local folder, loses every photo that is put before a bucket whose name has a letter too few, and
#           reads each as never having been there. Only `list` says GenericError, a BaseError. S3's own code, NoSuchBucket, is to be
#           found in the text alone.
# Seen on 2026-11-29 with moto 5.2.5 as the S3 server:
#   memory, get: builtins.FileNotFoundError
#   no bucket, put: builtins.FileNotFoundError with NoSuchBucket
#   no bucket, get: builtins.FileNotFoundError with NoSuchBucket
#   no bucket, list: obstore.exceptions.GenericError with NoSuchBucket
# StoFlow looks for that code in the text (stoflow/storage/photo_bucket.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet obstore==0.12.1 "moto[s3,server]==5.2.5"
cd "$folder"
cat > see.py <<'PYTHON'
import logging

import obstore
from moto.server import ThreadedMotoServer
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import MemoryStore, S3Store

logging.disable(logging.CRITICAL)


def said(do):
    try:
        do()
    except Exception as error:
        kind = f"{type(error).__module__}.{type(error).__name__}"
        assert not isinstance(error, NotFoundError), kind
        assert isinstance(error, BaseError) == kind.startswith("obstore"), kind
        return kind + (" with NoSuchBucket" if "NoSuchBucket" in str(error) else "")
    return "done"


server = ThreadedMotoServer(port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
keys = {"access_key_id": "a", "secret_access_key": "b", "region": "us-east-1"}
there = S3Store("no-such-bucket", endpoint=f"http://127.0.0.1:{port}", client_options={"allow_http": True}, **keys)
print("memory, get:", said(lambda: obstore.get(MemoryStore(), "coat.jpg")))
print("no bucket, put:", said(lambda: obstore.put(there, "coat.jpg", b"x")))
print("no bucket, get:", said(lambda: obstore.get(there, "coat.jpg")))
print("no bucket, list:", said(lambda: list(obstore.list(there))))
server.stop()
PYTHON
cat > expected.txt <<'TEXT'
memory, get: builtins.FileNotFoundError
no bucket, put: builtins.FileNotFoundError with NoSuchBucket
no bucket, get: builtins.FileNotFoundError with NoSuchBucket
no bucket, list: obstore.exceptions.GenericError with NoSuchBucket
TEXT
"$folder/venv/bin/python" see.py 2>/dev/null | tee seen.txt
diff expected.txt seen.txt
echo "still so"
