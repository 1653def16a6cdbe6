"""Fava: a context class and a JSON provider of its own, `g` filled by an URL value preprocessor, a ledger in memory."""

from pathlib import Path
from typing import Any

LEDGER = """\
option "title" "Books"
option "operating_currency" "EUR"
2024-01-01 commodity EUR
2024-01-01 open Assets:Bank
2024-01-01 open Expenses:Food
2024-01-02 * "Baker" "Bread"
  Assets:Bank  -3.00 EUR
  Expenses:Food
2024-02-01 event "city" "Lisbon"
2024-02-01 query "all" "select account, sum(position) group by account"
2024-03-01 price USD 0.9 EUR
"""
ARGUMENTS = {
    "aggregation_key": "account",
    "bfile": "books",
    "endpoint": "none",
    "extension_name": "none",
    "filename": "favicon.ico",
    "name": "Assets:Bank",
    "page_slug": "options",
    "report_name": "income_statement",
    "result_format": "csv",
}
REPORTS = ("balance_sheet", "commodities", "editor", "errors", "events", "holdings", "journal", "options", "query")
PATHS = [
    *(f"/books/{report}/" for report in (*REPORTS, "statistics", "trial_balance", "none")),
    "/none/journal/",
    "/books/api/account_report?a=Assets:Bank&r=balances",
    "/books/api/query?query_string=select+account",
    "/books/api/payee_accounts?payee=Baker",
    "/books/api/payee_transaction?payee=Baker",
    "/books/api/narration_transaction?narration=Bread",
    "/books/api/source?filename=none",
    "/books/download-query/query_result.csv?query_string=select+account",
    "/books/journal/?time=2024&account=Assets",
    "/jump?time=2024",
]
ANSWERED = 40


def create(folder: Path) -> Any:
    from fava.application import create_app

    ledger = folder / "books.beancount"
    ledger.write_text(LEDGER)
    return create_app([ledger], load=True)
