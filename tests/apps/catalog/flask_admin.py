"""Flask-Admin: views of models, files and an index behind Flask-Login, each a blueprint, over SQLAlchemy."""

from pathlib import Path
from typing import Any

ARGUMENTS = {
    "export_type": "csv",
    "filename": "none.css",
    "path": "notes.txt",
    "/admin/static/<path:filename>": {"filename": "admin/css/bootstrap4/admin.css"},
    "/admin/files/b/<path:path>": {"path": "drafts"},
    "/admin/files/mkdir/<path:path>": {"path": "drafts"},
    "/admin/files/upload/<path:path>": {"path": "drafts"},
}
PATHS = [
    "/admin/author/?sort=0&desc=1",
    "/admin/author/?search=Ann",
    "/admin/author/edit/?id=1",
    "/admin/author/details/?id=1",
    "/admin/author/edit/?id=99",
    "/admin/author/export/csv/",
    "/admin/book/?flt1_0=Maps",
    "/admin/book/edit/?id=1",
    "/admin/book/ajax/lookup/?name=author&query=A",
    "/admin/files/download/notes.txt",
    "/admin/files/edit/?path=notes.txt",
]
ANSWERED = 20


def create(folder: Path) -> Any:
    from flask import Flask, redirect, request, session, url_for
    from flask_admin import Admin, AdminIndexView, expose
    from flask_admin.contrib.fileadmin import FileAdmin
    from flask_admin.contrib.sqla import ModelView
    from flask_babel import Babel
    from flask_sqlalchemy import SQLAlchemy

    app = Flask("library")
    app.config.update(SECRET_KEY="secret", SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'library.db'}")
    Babel(app)
    db = SQLAlchemy(app)

    class Author(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String, nullable=False)
        books = db.relationship("Book", backref="author")

        def __str__(self) -> str:
            return self.name

    class Book(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        title = db.Column(db.String)
        author_id = db.Column(db.ForeignKey(Author.id))

    class Guarded:
        def is_accessible(self) -> bool:
            return "user" in session

        def inaccessible_callback(self, name: str, **arguments: Any) -> Any:
            return redirect(url_for("admin.login"))

    class Index(AdminIndexView):
        @expose("/login")
        def login(self) -> Any:
            session["user"] = request.args.get("name", "")
            return redirect(url_for("admin.index"))

    class Authors(Guarded, ModelView):
        column_searchable_list = ("name",)
        can_export = can_view_details = True

    class Books(Guarded, ModelView):
        column_filters = ("title",)
        column_editable_list = ("title",)
        form_ajax_refs = {"author": {"fields": ("name",)}}  # noqa: RUF012

    class Files(Guarded, FileAdmin):
        editable_extensions = ("txt",)

    files = folder / "files"
    files.mkdir()
    (files / "drafts").mkdir()
    (files / "notes.txt").write_text("Notes\n")
    admin = Admin(app, name="Library", index_view=Index())
    admin.add_view(Authors(Author, db))
    admin.add_view(Books(Book, db))
    admin.add_view(Files(str(files), name="Files", endpoint="files"))
    with app.app_context():
        db.create_all()
        ann = Author(name="Ann")
        db.session.add_all([ann, Author(name="Bea"), Book(title="Maps", author=ann), Book(title="Seas", author=ann)])
        db.session.commit()
    return app


def login(client: Any) -> None:
    client.get("/admin/login?name=ann")
