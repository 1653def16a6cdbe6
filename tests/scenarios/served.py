"""The apps of a scenario with types: the one that has the gateway, and one for each upstream, on loopback."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import yaml
from flask import Flask, Response, request
from werkzeug.datastructures import FileStorage

from restgql import Gateway, Scripted
from restgql.formats import target
from restgql.model import SubRequest
from tests.ports import free_port
from tests.scenarios.document import Scenario, answers, config_of
from tests.scenarios.request_log import Log

LATE = 1.2
"""Seconds that a route waits whose answer is a timeout."""
VIEWS = "scenario_views"


def served(
    scenario: Scenario, folder: Path, log: Log, serve: Callable[[Any], str], modules: MutableMapping[str, Any]
) -> Flask:
    """Return the app of a scenario, with a gateway. The module of its views is put into `modules`."""
    blocks, config = scenario.blocks, config_of(scenario)
    app = Flask("scenario", root_path=str(folder), static_folder=None)
    log.listen(app)
    if "views" in blocks:
        modules[VIEWS] = module = ModuleType(VIEWS)
        module.__dict__["app"] = app
        source = folder / "views.py"
        source.write_text(blocks["views"])
        exec(compile(blocks["views"], str(source), "exec"), module.__dict__)
        config.setdefault("annotations", "openapi" not in blocks)
    _add_routes(app, blocks.get("routes", ""), _templates(blocks.get("openapi")))
    if "schema" in blocks:
        (folder / "schema.graphql").write_text(blocks["schema"])
        config["schema"] = "schema.graphql"
    if "openapi" in blocks:
        config["openapi"] = yaml.safe_load(blocks["openapi"])
    if "openapi_names" in config:
        (folder / "names.json").write_text(json.dumps(config["openapi_names"]))
        config["openapi_names"] = "names.json"
    upstreams = dict(_upstreams(blocks, config.get("upstreams", {}), log, serve))
    Gateway(app, routes=["*"], profile="open", **config | ({"upstreams": upstreams} if upstreams else {}))
    return app


def body_of(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the client's request as arguments of a test client: an upload if a line of comment has files."""
    sent: dict[str, Any] = {"query": query, "variables": variables}
    line = re.search(r"^# files: (.*)$", query, re.MULTILINE)
    if line is None:
        return {"json": sent}
    files: dict[str, list[str]] = json.loads(line[1])
    form: dict[str, Any] = {
        "operations": json.dumps(sent),
        "map": json.dumps({str(number): [f"variables.{place}"] for number, place in enumerate(files)}),
    }
    for number, (name, media_type, text) in enumerate(files.values()):
        form[str(number)] = FileStorage(BytesIO(text.encode()), name, content_type=media_type)
    return {"data": form, "content_type": "multipart/form-data", "headers": {"GraphQL-Preflight": "1"}}


def _upstreams(
    blocks: Mapping[str, str], settings: Mapping[str, Any], log: Log, serve: Callable[[Any], str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, text in blocks.items():
        if not kind.startswith("upstream "):
            continue
        prefix = kind.removeprefix("upstream ")
        own = dict(settings.get(prefix, {}))
        if f"openapi {prefix}" in blocks:
            own["openapi"] = yaml.safe_load(blocks[f"openapi {prefix}"])
        if text == "down\n":
            origin = f"http://127.0.0.1:{free_port()}"
        else:
            app = Flask("upstream", static_folder=None)
            log.listen(app, prefix)
            _add_routes(app, text, [])
            origin = serve(app)
        yield prefix, own | {"url": origin + own.get("url", "")}


def _add_routes(app: Flask, text: str, templates: Sequence[str]) -> None:
    """Add a view for each path of a block, whose rule is that of the document where it has one."""
    given = list(answers(text))
    scripts: dict[str, dict[str, Any]] = {}
    for route, answer in given:
        scripts.setdefault(route["method"], {})[route["target"]] = answer

    def view(**_: Any) -> Response:
        script = scripts.get(request.method, {})
        at = target.parse(request.environ["REQUEST_URI"])
        answer = script.get(str(at), script.get(at.path))
        if answer is None:
            return Response("The document of this scenario lacks this request.", 501)
        if isinstance(answer, Exception):
            time.sleep(LATE)
            return Response(status=504)
        return _response(Scripted({at.path: answer})(SubRequest(target=at)))

    for number, rule in enumerate(dict.fromkeys(_rule(route["target"], templates) for route, _ in given)):
        methods = {route["method"] for route, _ in given if _rule(route["target"], templates) == rule}
        app.add_url_rule(rule, f"route{number}", view, methods=methods, provide_automatic_options=False)


def _response(reply: Any) -> Response:
    response = Response(reply.body, reply.status, list(reply.fields))
    if reply.header("content-type") is None:
        del response.headers["Content-Type"]
    return response


def _rule(path: str, templates: Sequence[str]) -> str:
    path = unquote(path.partition("?")[0])
    for template in templates:
        parts = re.split(r"\{[^}]*\}", template)
        if match := re.fullmatch("(.*)" + "[^/]+".join(map(re.escape, parts)), path):
            rest = (f"<p{number}>{part}" for number, part in enumerate(parts[1:]))
            return "".join([match[1], parts[0], *rest])
    return path


def _templates(document: str | None) -> list[str]:
    """Return the paths of a document, those with fewer variables first."""
    paths = [] if document is None else list(yaml.safe_load(document)["paths"])
    return sorted(paths, key=lambda path: (path.count("{"), -len(path)))
