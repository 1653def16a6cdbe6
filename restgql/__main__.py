"""`python -m restgql`: the commands of `flask restgql`."""

from restgql.cli.standalone import main

main()
