"""The back end with Flask-Aggregator."""

from flask_aggregator import Aggregator

from benchmarks.backend import create_app

app = create_app()
Aggregator(app)
