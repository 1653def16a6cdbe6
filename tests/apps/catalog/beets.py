"""The web plugin of beets: converters that read a database, files, and `g` filled by a hook."""

from pathlib import Path
from typing import Any

ARGUMENTS = {
    "album_id": 1,
    "ids": "1,2",
    "item_id": 1,
    "key": "artist",
    "path": "nowhere.mp3",
    "queries": "title:Seas",
}
PATHS = ["/item/1", "/item/99", "/item/?expand", "/album/1?expand", "/album/?expand=1", "/item/values/none"]
ANSWERED = 14


def create(folder: Path) -> Any:
    from beets.library import Item, Library
    from beetsplug import web

    library = Library(str(folder / "music.db"), str(folder / "music"))
    items = []
    for number, title in enumerate(("Maps", "Seas"), 1):
        sound = folder / f"{number}.mp3"
        sound.write_bytes(b"sound" * number)
        item = Item(title=title, artist="Ann", album="Songs", path=str(sound).encode(), track=number)
        library.add(item)
        items.append(item)
    album = library.add_album(items)
    cover = folder / "cover.png"
    cover.write_bytes(b"\x89PNG")
    album.artpath = str(cover).encode()
    album.store()
    web.app.config["lib"] = library
    web.app.config["READONLY"] = True
    web.app.config["INCLUDE_PATHS"] = False
    return web.app
