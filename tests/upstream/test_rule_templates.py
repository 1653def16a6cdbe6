"""The literal that tells a path apart from those of a rule, without routing it."""

import pytest
from flask import Flask

from restgql.upstream.rule_templates import longest_literal


@pytest.mark.parametrize(
    ("rule", "literal"),
    [
        ("/graphql", "/graphql"),
        ("/graphql/<path:name>", "/graphql/"),
        ("/<tenant>/graphql/<int(min=1):id>.json", "/graphql/"),
        ("/<tenant>", "/"),
        ("/ähnlich/<id>", ""),
        ("/a%20b", ""),
    ],
)
def test_each_path_of_a_rule_contains_its_literal(rule: str, literal: str) -> None:
    app = Flask("app")
    app.add_url_rule(rule, "view", lambda **arguments: arguments)
    (added,) = (each for each in app.url_map.iter_rules() if each.endpoint == "view")
    assert longest_literal(added) == literal
