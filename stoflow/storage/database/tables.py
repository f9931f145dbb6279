"""The tables that are used through Sessions: users, and what a seller has: products, photos, listings.

What the engine writes (jobs, tasks, timeline, outbox …) is plain SQL in `storage/engine/`, for speed.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, CHAR, ForeignKey, Numeric, String, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from stoflow.storage.database.sessions import TENANT_SCHEMA


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy reads it from the class
        datetime: TIMESTAMP(timezone=True),
        str: Text,
        tuple[str, ...]: ARRAY(Text, as_tuple=True),
        dict[str, Any]: JSONB,
    }


class User(Base):
    __tablename__ = "users"
    __table_args__ = {"schema": "public"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(50), server_default="user")
    is_active: Mapped[bool] = mapped_column(server_default="true")
    last_login: Mapped[datetime | None]
    subscription_tier: Mapped[str] = mapped_column(String(50), server_default="free")
    subscription_status: Mapped[str] = mapped_column(String(50), server_default="active")
    failed_login_attempts: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    email_verified: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class ActionType(Base):
    __tablename__ = "marketplace_action_types"
    __table_args__ = (UniqueConstraint("marketplace", "code"), {"schema": "public"})

    id: Mapped[int] = mapped_column(primary_key=True)
    marketplace: Mapped[str] = mapped_column(String(50))
    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    priority: Mapped[int] = mapped_column(server_default="3")
    is_batch: Mapped[bool] = mapped_column(server_default="false")
    rate_limit_ms: Mapped[int] = mapped_column(server_default="2000")
    max_retries: Mapped[int] = mapped_column(server_default="3")
    timeout_seconds: Mapped[int] = mapped_column(server_default="60")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ProductRow(Base):
    """A product as stored; what only old code reads or writes is left out.

    That is `color`, `material`, `size_*` and `images`, and `external_ref`, which `external_id` has replaced.
    """

    __tablename__ = "products"
    __table_args__ = {"schema": TENANT_SCHEMA}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(CHAR(3), server_default="EUR")
    category: Mapped[str | None]
    brand: Mapped[str | None]
    condition: Mapped[int | None]
    size: Mapped[str | None]
    colors: Mapped[tuple[str, ...]] = mapped_column(server_default="{}")
    materials: Mapped[tuple[str, ...]] = mapped_column(server_default="{}")
    fit: Mapped[str | None]
    gender: Mapped[str | None]
    season: Mapped[str | None]
    stock_quantity: Mapped[int] = mapped_column(server_default="1")
    who_made: Mapped[str | None]
    when_made: Mapped[str | None]
    sku: Mapped[str | None]
    file_digest: Mapped[str | None]
    external_id: Mapped[str | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default="{}")
    status: Mapped[str] = mapped_column(String(50), server_default="draft")
    oversold: Mapped[int] = mapped_column(server_default="0")
    restocked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    deleted_at: Mapped[datetime | None]

    photos: Mapped[list["ProductImageRow"]] = relationship(
        order_by="ProductImageRow.position", cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )


class ProductImageRow(Base):
    __tablename__ = "product_images"
    __table_args__ = (UniqueConstraint("product_id", "position"), {"schema": TENANT_SCHEMA})

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(ProductRow.id, ondelete="CASCADE"))
    position: Mapped[int]
    path: Mapped[str]


class ConnectionRow(Base):
    """The account at one marketplace; its secret is sealed text that only the vault opens."""

    __tablename__ = "connections"
    __table_args__ = {"schema": TENANT_SCHEMA}  # noqa: RUF012

    marketplace: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str]
    reason: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    secret: Mapped[str | None]
    secret_expires_at: Mapped[datetime | None]
    watermarks: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    choices: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    choices_read_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    tried_at: Mapped[datetime | None]
    next_try: Mapped[datetime | None]
    granted: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    lock: Mapped[dict[str, Any] | None]
    resume_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class ListingRow(Base):
    """A product on one marketplace. `external_id` is chosen once, by compare-and-set, and then stays."""

    __tablename__ = "listings"
    __table_args__ = (UniqueConstraint("product_id", "marketplace"), {"schema": TENANT_SCHEMA})

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(ProductRow.id, ondelete="CASCADE"))
    marketplace: Mapped[str]
    external_id: Mapped[str | None]
    visible: Mapped[bool] = mapped_column(server_default="false")
    url: Mapped[str | None]
    job_id: Mapped[int | None]
    photos: Mapped[list[Any] | None] = mapped_column(JSONB)
    quantity: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
