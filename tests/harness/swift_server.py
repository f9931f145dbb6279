"""`/usr/bin/python3 swift_server.py FOLDER`: OpenStack Swift with its S3 door, all in one process of Debian's Python.

It says its port on the first line, and ends when its input does. The key is test:tester, its secret "testing", and
there is a bucket "photos". Debian: `apt-get install python3-swift`.
"""

# pyright: reportMissingImports=false
import sys
from pathlib import Path

import eventlet

eventlet.monkey_patch()

from swift.account.server import AccountController  # noqa: E402
from swift.common import utils, wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.swob import Request  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402

HERE = "127.0.0.1"
PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats s3api tempauth proxy-server
[app:proxy-server]
use = egg:swift#proxy
swift_dir = {folder}
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
allow_multipart_uploads = false
max_bucket_listing = 50
auth_pipeline_check = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
"""


class Memory(dict[str, object]):
    """What Swift would keep in memcached; it is there also while it is empty."""

    def __bool__(self) -> bool:
        return True

    def get(self, key: str, *_: object, **__: object) -> object:
        return super().get(key)

    def set(self, key: str, value: object, *_: object, **__: object) -> None:
        self[key] = value

    def delete(self, key: str, *_: object, **__: object) -> None:
        self.pop(key, None)


def main(folder: Path) -> None:
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = of-tests\n")
    utils.set_swift_dir(str(folder))
    logger = utils.get_logger({"log_level": "CRITICAL"}, log_to_console=False)
    conf = {"devices": str(folder), "swift_dir": str(folder), "mount_check": "false", "fallocate_reserve": "0"}
    (folder / "disk").mkdir()
    for name, server in (
        ("account", AccountController),
        ("container", ContainerController),
        ("object", ObjectController),
    ):
        _serve(server(conf, logger), _ring(folder, name), logger)
    written = folder / "proxy.conf"
    written.write_text(PROXY.format(folder=folder))
    door, swift, memory = eventlet.listen((HERE, 0)), wsgi.loadapp(str(written)), Memory()

    def remembering(asked: "dict[str, object]", answer: object) -> object:
        return swift({**asked, "swift.cache": memory}, answer)

    eventlet.spawn(eventlet.wsgi.server, door, remembering, logger, log_output=False)
    trusted = {"REQUEST_METHOD": "PUT", "swift.authorize_override": True, "swift.authorize": lambda _: None}
    assert Request.blank("/v1/AUTH_test/photos", environ=trusted).get_response(swift).is_success
    sys.stdout.write(f"{door.getsockname()[1]}\n")
    sys.stdout.flush()
    eventlet.tpool.execute(sys.stdin.read)


def _ring(folder: Path, name: str) -> "eventlet.greenio.GreenSocket":
    """Write where this kind of things is kept: at one server on one disk; return the server's socket."""
    listening = eventlet.listen((HERE, 0))
    builder = RingBuilder(1, 1, 0)
    place = {"region": 1, "zone": 1, "ip": HERE, "port": listening.getsockname()[1], "device": "disk", "weight": 1.0}
    builder.add_dev(place)
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{name}.ring.gz"))
    return listening


def _serve(server: object, listening: "eventlet.greenio.GreenSocket", logger: object) -> None:
    eventlet.spawn(eventlet.wsgi.server, listening, server, logger, log_output=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
