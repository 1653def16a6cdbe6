"""Dash: component bundles from packages, and a layout as JSON by an encoder of its own."""

from pathlib import Path
from typing import Any

ARGUMENTS = {
    "fingerprinted_path": "dash_core_components.js",
    "package_name": "dcc",
    "path": "",
}
PATHS = ["/any/page", "/_dash-component-suites/dash/dcc/none.js", "/_dash-component-suites/none/a.js"]
ANSWERED = 5


def create(folder: Path) -> Any:
    from dash import Dash, Input, Output, dcc, html
    from flask import Flask

    server = Flask("figures")
    page = Dash("figures", server=server, title="Figures")
    points = {"data": [{"x": [1, 2], "y": [3, 4], "type": "bar"}]}
    page.layout = html.Div([dcc.Input(id="name", value="Ann"), html.P(id="hello"), dcc.Graph(figure=points)])

    @page.callback(Output("hello", "children"), Input("name", "value"))
    def hello(name: str) -> str:
        return f"Hello, {name}!"

    return server
