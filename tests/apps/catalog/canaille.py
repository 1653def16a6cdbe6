"""Canaille: accounts, OpenID Connect and SCIM: converters that load models, hooks that open a database, CSRFProtect."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

ANN, READERS, NONE = (SimpleNamespace(identifier=identifier) for identifier in ("ann", "readers", "none"))
ARGUMENTS = {
    "client": NONE,
    "consent": NONE,
    "edited_user": ANN,
    "email": "ann@example.org",
    "filename": "js/base.js",
    "group": READERS,
    "identifier": "ann",
    "puppet": ANN,
    "resource_type_name": "User",
    "schema_id": "urn:ietf:params:scim:schemas:core:2.0:User",
    "token": "none",
    "user": ANN,
    "username": "ann",
    "/admin/token/<token:token>": {"token": NONE},
}
PATHS = [
    "/users?page=1",
    "/oauth/authorize?response_type=code&client_id=none",
    "/.well-known/webfinger?resource=acct:ann@localhost",
]
ANSWERED = 38


def create(folder: Path) -> Any:
    from canaille import create_app
    from canaille.app import models
    from canaille.backends.memory.backend import MemoryBackend

    permissions = ["edit_self", "use_oidc", "manage_users", "manage_oidc", "manage_all_groups"]
    configuration = {
        "SECRET_KEY": "secret",
        "CANAILLE": {
            "DATABASE": "memory",
            "TIMEZONE": "UTC",
            "ACL": {"DEFAULT": {"PERMISSIONS": permissions, "READ": ["user_name"], "WRITE": ["emails"]}},
        },
        "CANAILLE_OIDC": {},
        "CANAILLE_SCIM": {},
    }
    backend = MemoryBackend(configuration)
    app = create_app(configuration, backend=backend)
    with app.app_context(), backend.session():
        backend.install(app)
        ann = models.User(formatted_name="Ann", family_name="A", user_name="ann", emails=["ann@example.org"])
        backend.save(ann)
        backend.save(models.Group(members=[ann], display_name="readers"))
        ANN.id = ann.id
    return app


def login(client: Any) -> None:
    with client.session_transaction() as session:
        session["sessions"] = [{"user": ANN.id, "last_login_datetime": "2024-01-01T00:00:00+00:00"}]
