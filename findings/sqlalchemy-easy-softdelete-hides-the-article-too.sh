#!/usr/bin/env bash
# sqlalchemy-easy-softdelete 0.9.1 (Python), SQLAlchemy 2.0.58: with its only offer deleted an article is gone as well.
#
# Expected: it will "automatically filter out soft-deleted objects from your queries": an outer join gives each article,
#           and beside it the offers that are not deleted; a subquery, too, has those only.
# Happens:  "deleted_at IS NULL" is asked of the whole row, and not of the join: an article that has never had an offer
#           is given, one whose offers are all deleted is not, and no count has it. And within WHERE nothing is added:
#           an article whose offer is deleted "has an offer", in EXISTS as in IN. Who looks for the articles that are to
#           be published again, without an offer, does not find B in either way. Its README has neither.
# Seen on 2026-11-30; A has an offer, B's is deleted, C never had one; no article is deleted:
#   all articles                              A, B, C
#   articles, offers by outer join            A, C
#   how many offers each one has              A 1, C 0
#   without an offer, by outer join           C
#   without an offer, by NOT EXISTS           C
#   with an offer, by IN                      A, B
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sqlalchemy-easy-softdelete==0.9.1 sqlalchemy==2.0.58
cd "$folder"
cat > see.py <<'PYTHON'
from datetime import datetime

from sqlalchemy import ForeignKey, create_engine, exists, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy_easy_softdelete.mixin import generate_soft_delete_mixin_class


class SoftDelete(generate_soft_delete_mixin_class()):
    deleted_at: Mapped[datetime | None]


class Base(DeclarativeBase):
    pass


class Article(SoftDelete, Base):
    __tablename__ = "article"
    sku: Mapped[str] = mapped_column(primary_key=True)


class Offer(SoftDelete, Base):
    __tablename__ = "offer"
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("article.sku"))


of_article = Offer.sku == Article.sku
articles = select(Article.sku).order_by(Article.sku)
counted = select(Article.sku, func.count(Offer.id)).outerjoin(Offer, of_article).group_by(Article.sku)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Article(sku=sku) for sku in "ABC"])
    withdrawn = Offer(sku="B")
    session.add_all([Offer(sku="A"), withdrawn])
    session.flush()
    withdrawn.delete()
    session.commit()
    for name, statement, expected in (
        ("all articles", articles, "A, B, C"),
        ("articles, offers by outer join", articles.outerjoin(Offer, of_article), "A, C"),
        ("how many offers each one has", counted.order_by(Article.sku), "A 1, C 0"),
        ("without an offer, by outer join", articles.outerjoin(Offer, of_article).where(Offer.id.is_(None)), "C"),
        ("without an offer, by NOT EXISTS", articles.where(~exists().where(of_article)), "C"),
        ("with an offer, by IN", articles.where(Article.sku.in_(select(Offer.sku))), "A, B"),
    ):
        seen = ", ".join(" ".join(map(str, row)) for row in session.execute(statement))
        print(f"{name:<41} {seen}")
        assert seen == expected, f"changed: {name}"
PYTHON
venv/bin/python see.py
