"""`python -m benchmarks.bare URL PORT SCHEMA`: the least that could answer: Starlette, one query, the same driver."""

import sys

import uvicorn
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

CONNECTIONS = 12  # as many as an api has


def main() -> None:
    url, port, schema = sys.argv[1:]
    query = f"SELECT id, title, description FROM {schema}.products WHERE id = %s".encode()  # noqa: S608
    pool = ConnectionPool(url, min_size=CONNECTIONS, kwargs={"row_factory": dict_row}, open=True)

    def read(request: Request) -> JSONResponse:
        with pool.connection() as connection:
            return JSONResponse(connection.execute(query, [request.path_params["product"]]).fetchone())

    app = Starlette(routes=[Route("/api/products/{product:int}", read)])
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_config=None, access_log=False)


if __name__ == "__main__":
    main()
