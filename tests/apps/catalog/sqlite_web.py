"""sqlite-web: pages over a SQLite file by peewee, a connection for each thread, a converter of its own."""

import sqlite3
from pathlib import Path
from typing import Any

ARGUMENTS = {"table": "author", "pk": "WzFd", "filename": "img/select.png"}
PATHS = [
    "/author/content/?page=1&ordering=-1",
    "/author/query/?sql=select+1",
    "/query/?sql=select+*+from+author&ordering=1",
    "/book/",
    "/none/",
]
# A hook opens the connection of its thread, and fails where the thread has one (docs/execution.md, "Threads").
OPTIONS = {"hooks": False}
ANSWERED = 20


def create(folder: Path) -> Any:
    from sqlite_web import sqlite_web

    path = folder / "library.db"
    with sqlite3.connect(path) as database:
        database.executescript(
            """
            create table author (id integer primary key, name text not null);
            create table book (id integer primary key, title text, author_id integer references author (id));
            create index book_title on book (title);
            insert into author values (1, 'Ann'), (2, 'Bea');
            insert into book values (1, 'Maps', 1), (2, 'Seas', 2), (3, null, 2);
            """
        )
    sqlite_web.initialize_app([str(path)])
    sqlite_web.app.secret_key = "secret"
    return sqlite_web.app
