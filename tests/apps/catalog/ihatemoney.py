"""I Hate Money: two blueprints, Flask-RESTful, ProxyFix, Flask-Talisman, Flask-Limiter, sessions and SQLAlchemy."""

from pathlib import Path
from typing import Any

ARGUMENTS = {
    "bill_id": 1,
    "file": "bills",
    "filename": "favicon.ico",
    "format": "csv",
    "lang": "fr",
    "member_id": 1,
    "project_id": "trip",
    "token": "none",
}
PATHS = ["/trip/export/transactions.json", "/trip/export/bills.json", "/trip/edit/99", "/none/"]
HEADERS = {"Authorization": "Basic dHJpcDp0cmlw"}
ANSWERED = 28


def create(folder: Path) -> Any:
    from ihatemoney.models import Bill, Person, Project, db
    from ihatemoney.run import create_app
    from werkzeug.security import generate_password_hash

    class Configuration:
        SECRET_KEY = "secret"
        SQLALCHEMY_DATABASE_URI = f"sqlite:///{folder / 'bills.db'}"
        SQLALCHEMY_TRACK_MODIFICATIONS = False
        ACTIVATE_DEMO_PROJECT = False
        RATELIMIT_ENABLED = False

    app = create_app(Configuration, instance_path=str(folder))
    with app.app_context():
        db.create_all()
        password = generate_password_hash("trip", "pbkdf2:sha1:1")
        project = Project(
            id="trip", name="Trip", password=password, contact_email="ann@example.org", default_currency="XXX"
        )
        db.session.add(project)
        people = [Person(name=name, project=project, weight=1) for name in ("Ann", "Bea")]
        db.session.add_all(people)
        db.session.flush()
        db.session.add(
            Bill(amount=12.5, owers=people, payer_id=people[0].id, project_default_currency="XXX", what="Tickets")
        )
        db.session.commit()
    return app


def login(client: Any) -> None:
    page = client.get("/authenticate").get_data(as_text=True)
    token = page.partition('name="csrf_token" type="hidden" value="')[2].partition('"')[0]
    client.post("/authenticate", data={"id": "trip", "password": "trip", "csrf_token": token})
