"""A bookshop: an application factory, Flask-SQLAlchemy, and a gateway with types."""

from flask import Blueprint, Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from restgql import Gateway

db = SQLAlchemy()
gateway = Gateway(schema="schema")
shop = Blueprint("shop", __name__)


class Author(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int]


@shop.get("/authors")
def authors():
    """All authors, or those of the ids: /authors?id=1&id=2."""
    ids = request.args.getlist("id", type=int)
    query = select(Author).where(Author.id.in_(ids)) if ids else select(Author)
    return [{"id": author.id, "name": author.name} for author in db.session.scalars(query)]


@shop.get("/authors/<int:id>")
def author(id):
    row = db.get_or_404(Author, id)
    return {"id": row.id, "name": row.name}


@shop.get("/books")
def books():
    """All books, or those of the authors: /books?author_id=1."""
    ids = request.args.getlist("author_id", type=int)
    query = select(Book).where(Book.author_id.in_(ids)) if ids else select(Book)
    rows = db.session.scalars(query.order_by(Book.id))
    return [{"id": book.id, "title": book.title, "author_id": book.author_id} for book in rows]


def create_app(database="sqlite:///shop.sqlite3"):
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = database
    db.init_app(app)
    app.register_blueprint(shop)
    gateway.init_app(app)
    with app.app_context():
        db.create_all()
        if not db.session.scalars(select(Author)).first():
            db.session.add_all([Author(id=1, name="Ada"), Author(id=2, name="Bruno")])
            titles = ["Old maps", "Night trains", "Small gardens", "Radio plays"]
            db.session.add_all(Book(title=title, author_id=1 + n % 2) for n, title in enumerate(titles))
            db.session.commit()
    return app
