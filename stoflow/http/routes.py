"""Every route, in one table: Starlette's routes and the OpenAPI document are both made from it."""

from typing import Final

from stoflow.http.health import healthz, readyz
from stoflow.http.resources.answers import Alive, JobBody, JobsPage, ProductBody, ProductsPage, Ready, TimelineBody
from stoflow.http.resources.attribute_answers import AttributesPage
from stoflow.http.resources.attribute_routes import list_attributes
from stoflow.http.resources.connection_routes import (
    AuthorizationBody,
    ConnectionBody,
    authorize,
    change_connection,
    disconnect,
    read_connection,
    refresh_connection,
    take_consent,
)
from stoflow.http.resources.inventory_answers import ListingsPage, OrdersPage
from stoflow.http.resources.inventory_routes import list_listings, list_orders
from stoflow.http.resources.job_routes import (
    cancel_job,
    create_job,
    list_all_jobs,
    list_marketplace_jobs,
    read_job,
    read_timeline,
    retry_job,
)
from stoflow.http.resources.product_routes import (
    PHOTO_TYPES,
    change_product,
    create_product,
    list_products,
    read_photo,
    read_product,
)
from stoflow.http.resources.schemas import (
    AllJobsQuery,
    AttributesQuery,
    ChangedProductBody,
    ChosenBody,
    JobsQuery,
    ListingsQuery,
    NewJob,
    NewProductBody,
    PageQuery,
    ReturnedQuery,
)
from stoflow.http.rest.endpoint import Operation

IDEMPOTENCY = {
    "Idempotency-Key": "Up to 200 visible characters; the same key and body answer the same job for 24 hours. Used at"
    " another marketplace it is a conflict."
}

OPERATIONS: Final = (
    # jobs
    Operation(
        "POST", "/api/{marketplace}/jobs", "createJob", "Ask for a job.",
        create_job, JobBody, 201, body=NewJob, headers=IDEMPOTENCY, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/{marketplace}/jobs", "listMarketplaceJobs", "List the jobs of one marketplace, newest first.",
        list_marketplace_jobs, JobsPage, query=JobsQuery, problems=(404, 422),
    ),
    Operation(
        "GET", "/api/jobs", "listJobs", "List jobs, newest first.",
        list_all_jobs, JobsPage, query=AllJobsQuery, problems=(422,),
    ),
    Operation(
        "GET", "/api/jobs/{id}", "readJob", "Read one job with its tasks.",
        read_job, JobBody, problems=(404, 422),
    ),
    Operation(
        "GET", "/api/jobs/{id}/timeline", "readTimeline", "Read what happened to a job, in order.",
        read_timeline, TimelineBody, problems=(404, 422),
    ),
    Operation(
        "POST", "/api/jobs/{id}/cancel", "cancelJob", "Ask for a job to be cancelled.",
        cancel_job, JobBody, 202, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "POST", "/api/jobs/{id}/retry", "retryJob", "Take a failed job up again where it stopped.",
        retry_job, JobBody, 202, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    # what an account has
    Operation(
        "GET", "/api/{marketplace}/listings", "listListings", "List what the marketplace shows of the account.",
        list_listings, ListingsPage, query=ListingsQuery, problems=(404, 422),
    ),
    Operation(
        "GET", "/api/{marketplace}/orders", "listOrders", "List the account's orders, last learned of first.",
        list_orders, OrdersPage, query=PageQuery, problems=(404, 422),
    ),
    # products
    Operation(
        "POST", "/api/products", "createProduct", "Add a product.",
        create_product, ProductBody, 201, body=NewProductBody, problems=(400, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/products", "listProducts", "List products, newest first.",
        list_products, ProductsPage, query=PageQuery, problems=(422,),
    ),
    Operation(
        "GET", "/api/products/{id}", "readProduct", "Read one product.",
        read_product, ProductBody, problems=(404, 422),
    ),
    Operation(
        "PATCH", "/api/products/{id}", "changeProduct",
        "Change a product; its listings follow with a job `update`, and end by themselves at quantity 0.",
        change_product, ProductBody, body=ChangedProductBody, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/products/{id}/photos/{position}", "readPhoto", "Read one photo of a product, as it was given.",
        read_photo, PHOTO_TYPES, problems=(404, 422),
    ),
    # attributes
    Operation(
        "GET", "/api/attributes/{catalogue}", "listAttributes", "List the values that a product's attribute may have.",
        list_attributes, AttributesPage, query=AttributesQuery, problems=(404, 422),
    ),
    # connections
    Operation(
        "GET", "/api/{marketplace}/connection", "readConnection", "Read how the seller is connected to a marketplace.",
        read_connection, ConnectionBody, problems=(404, 422),
    ),
    Operation(
        "DELETE", "/api/{marketplace}/connection", "deleteConnection",
        "Disconnect: the tokens are forgotten, and jobs there wait until the seller consents again.",
        disconnect, ConnectionBody, problems=(404, 409, 422),
    ),
    Operation(
        "PATCH", "/api/{marketplace}/connection", "changeConnection",
        "Choose what the account sells with: values out of `choices`, and the seller's own declarations. A choice that "
        "the change leaves without alternative is made, one that it makes impossible is left open.",
        change_connection, ConnectionBody, body=ChosenBody, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "POST", "/api/{marketplace}/connection/refresh", "refreshConnection",
        "Ask the marketplace again what the account has to choose from; what is chosen and still there stays.",
        refresh_connection, ConnectionBody, problems=(400, 404, 408, 409, 413, 415, 422, 502),
    ),
    Operation(
        "GET", "/api/{marketplace}/oauth/authorize", "authorize",
        "Begin a consent: send the seller's browser to the `url`. It is JSON and no redirect, since a browser that "
        "follows a link brings no access token. A cookie ties it to the browser that asks here.",
        authorize, AuthorizationBody, problems=(404, 409, 422),
    ),
    Operation(
        "GET", "/api/{marketplace}/oauth/callback", "takeConsent",
        "End a consent: what the marketplace sends the seller's browser back with. The state says whose it is. Only "
        "the browser that began it may bring it (its cookie), or a page that passes it on with that seller's access "
        "token, so that nobody is connected by another's link. A 502 says whether to open the same address again.",
        take_consent, ConnectionBody, query=ReturnedQuery, problems=(400, 401, 403, 404, 409, 422, 502), public=True,
    ),
    # health
    Operation(
        "GET", "/healthz", "healthz", "Say that this process answers.",
        healthz, Alive, problems=(422,), public=True,
    ),
    Operation(
        "GET", "/readyz", "readyz", "Say whether PostgreSQL and Redis answer.",
        readyz, Ready, problems=(422,), public=True,
    ),
)  # fmt: skip
