"""The JSON value of a typed field: of a whole response, or of a part of its parent's value."""

from typing import Any

from restgql.bindings import RequestBinding, SelectBinding
from restgql.formats import json, select
from restgql.formats.charge import Charge
from restgql.sub_response import SubResponse


def typed_value(binding: RequestBinding, response: SubResponse, charge: Charge) -> Any:
    """Return the value of a field that made a request, as JSON text if it is passed through. Raises its error."""
    if response.status in binding.null_on:
        return None
    if binding.passthrough and binding.select is None:
        return response.data()
    value = response.parsed()
    return value if binding.select is None else select.search(binding.select, value, charge)


def select_value(binding: SelectBinding, value: Any, response: SubResponse | None, charge: Charge) -> Any:
    """Return the value of a field that is part of its parent's. Raises BadSelect."""
    if binding.status:
        return response.status if response is not None else None
    if binding.header is not None:
        value = _header_value(binding.header, response)
    return binding.of(value, charge)


def _header_value(name: str, response: SubResponse | None) -> Any:
    """Return a header field: Link (RFC 8288) as an object of targets by relation, JSON as it is, others as text."""
    text = response.header(name) if response is not None else None
    if text is None:
        return None
    if name.lower() == "link":
        from requests.utils import parse_header_links  # importing requests costs more than importing Flask

        links = parse_header_links(text)
        return {rel: link["url"] for link in reversed(links) for rel in link.get("rel", "").split()}
    try:
        return json.value(text.encode()) if text[:1] in ("{", "[") else text
    except json.NotJson:
        return text
