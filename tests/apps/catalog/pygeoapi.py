"""pygeoapi: views that assign a dict to `response.headers`, over features in a CSV file; without strict slashes."""

import json
import os
from pathlib import Path
from typing import Any

CITIES = "id,x,y,name\n1,-9.1,38.7,Lisbon\n2,8.9,44.4,Genoa\n3,10.0,53.5,Hamburg\n"
ARGUMENTS = {
    "collection_id": "cities",
    "item_id": "1",
    "process_id": "hello-world",
    "path": "none",
    "tileMatrixSetId": "WorldCRS84Quad",
}
FORMATS = ("", "?f=json", "?f=html", "?f=none")
PATHS = [
    *(f"{path}{form}" for path in ("/", "/conformance", "/openapi", "/collections") for form in FORMATS),
    *(f"/collections/cities{form}" for form in FORMATS),
    *(
        f"/collections/cities/{below}{form}"
        for below in ("items", "items/1", "queryables", "schema")
        for form in FORMATS
    ),
    "/collections/cities/items?limit=1&offset=1",
    "/collections/cities/items?name=Genoa",
    "/collections/cities/items?bbox=0,40,20,60",
    "/collections/cities/items?f=csv",
    "/collections/cities/items?f=jsonld",
    "/collections/cities/items?resulttype=hits",
    "/collections/cities/items/99",
    "/collections/none",
    "/processes?f=html",
    "/processes/hello-world?f=html",
    "/jobs?f=html",
    "/conformance/",
]
ANSWERED = 30


def create(folder: Path) -> Any:
    (folder / "cities.csv").write_text(CITIES)
    config, document = folder / "config.json", folder / "openapi.json"
    config.write_text(json.dumps(configuration(folder)))
    os.environ["PYGEOAPI_CONFIG"], os.environ["PYGEOAPI_OPENAPI"] = str(config), str(document)
    from pygeoapi.config import get_config
    from pygeoapi.openapi import get_oas

    document.write_text(json.dumps(get_oas(get_config()), default=str))
    from pygeoapi.flask_app import APP

    return APP


def configuration(folder: Path) -> dict[str, Any]:
    texts = {"title": {"en": "Cities"}, "description": {"en": "Three cities"}, "keywords": {"en": ["city"]}}
    extents = {"spatial": {"bbox": [-180, -90, 180, 90], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}
    provider = {
        "type": "feature",
        "name": "CSV",
        "data": str(folder / "cities.csv"),
        "id_field": "id",
        "geometry": {"x_field": "x", "y_field": "y"},
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 5000},
            "url": "http://localhost",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["en-US", "fr-CA"],
            "cors": False,
            "pretty_print": True,
            "limits": {"default_items": 10, "max_items": 10},
            "map": {"url": "http://localhost/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                **texts,
                "keywords_type": "theme",
                "terms_of_service": "none",
                "url": "http://localhost",
            },
            "license": {"name": "CC-BY 4.0", "url": "http://localhost"},
            "provider": {"name": "Ann", "url": "http://localhost"},
            "contact": {"name": "Ann", "email": "ann@example.org", "url": "http://localhost"},
        },
        "resources": {
            "cities": {"type": "collection", **texts, "links": [], "extents": extents, "providers": [provider]},
            "hello-world": {"type": "process", "processor": {"name": "HelloWorld"}},
        },
    }
