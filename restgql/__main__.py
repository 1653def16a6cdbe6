"""`python -m restgql`: the commands of `flask restgql`."""

from restgql.cli import main

main()
