#!/usr/bin/env bash
# persist-queue 1.1.0 (Python): of a priority queue that is committed by `task_done()`, what came first and can wait is deleted unread.
#
# Expected: each item is got once, the lowest number first; with `auto_commit=False`, under which what was got and not done is there again after
#           a crash, `task_done()` takes away what was got.
# Happens:  it remembers the row that it got last, looks for others behind it only, and `task_done()` deletes all before it, as in a queue without
#           priorities, whose base it has. An urgent job that was put behind one that can wait hides that one: `get` says Empty, while
#           `size` says that there is one. At the next `task_done()` it is gone from the file, without an error. With
#           `auto_commit=True` all three come.
# Seen on 2026-11-30; put were photos with 5, stock with 1, price with 3, each got and done:
#   PriorityQueue, auto_commit=True    stock, price, photos; size 0, opened anew 0
#   PriorityQueue, auto_commit=False   stock, price; size 1, opened anew 0
#   SQLiteQueue, auto_commit=False     photos, stock, price; size 0, opened anew 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet persist-queue==1.1.0
cd "$folder"
cat > see.py <<'PYTHON'
import tempfile

import persistqueue

JOBS = (("photos", 5), ("stock", 1), ("price", 3))


def worked(kind, auto_commit):
    """The jobs that were got and done, how many are said to be left, and how many are when the queue is opened anew."""
    folder = tempfile.mkdtemp(dir=".")
    queue = kind(folder, auto_commit=auto_commit)
    for job, priority in JOBS:
        if kind is persistqueue.PriorityQueue:
            queue.put(job, priority=priority)
        else:
            queue.put(job)
    done = []
    try:
        for _ in JOBS:
            done.append(queue.get(block=False))
            queue.task_done()
    except persistqueue.Empty:
        pass
    left = queue.size
    queue.close()
    return done, left, kind(folder, auto_commit=auto_commit).size


for kind, auto_commit, expected in (
    (persistqueue.PriorityQueue, True, (["stock", "price", "photos"], 0, 0)),
    (persistqueue.PriorityQueue, False, (["stock", "price"], 1, 0)),
    (persistqueue.SQLiteQueue, False, (["photos", "stock", "price"], 0, 0)),
):
    done, left, anew = seen = worked(kind, auto_commit)
    print(f"{f'{kind.__name__}, auto_commit={auto_commit}':<34} {', '.join(done)}; size {left}, opened anew {anew}")
    assert seen == expected, "changed"
PYTHON
venv/bin/python see.py
