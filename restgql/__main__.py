"""`python -m restgql`: the commands of `flask restgql`."""

import sys

from restgql.cli import import_problem

try:
    from restgql.cli.standalone import main
except Exception as exc:
    sys.exit(f"Error: {import_problem(exc)}")

main()
