"""graphql-codegen with its client preset over the printed schema, and tsc over what it makes."""

import re

import pytest

from tests.clients.blog import Blog
from tests.clients.workshop import Workshop

STRICT = ("--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck")


@pytest.fixture(scope="module")
def generated(workshop: Workshop) -> Workshop:
    workshop.bring("codegen.config.mjs", "reader.ts", "misuse.ts", "print_reader.mjs")
    ran = workshop.run("graphql-codegen", "--config", "codegen.config.mjs")
    assert ran.code == 0, ran.out
    return workshop


def test_a_typed_program_is_checked_and_runs(generated: Workshop, blog: Blog, url: str) -> None:
    assert generated.run("tsc", "--outDir", "compiled", *STRICT, "reader.ts") == (0, "")
    assert generated.script("print_reader.mjs", url) == [
        "OLD MAPS (2026) by Ada Moreau, editor, https://ada.example/: paper+travel",
        "Remark 1 of 4",
        "NIGHT TRAINS (2026) by Bruno Castelli, no homepage: travel",
        "Remark 4 of 1",
        "user:ada",
        "draft 4",
    ]
    assert blog.hits["GET /users"] == 1  # of all posts the authors


def test_every_misuse_fails(generated: Workshop) -> None:
    lines = (generated.folder / "misuse.ts").read_text().splitlines()
    wrong = set(range(lines.index("// ----") + 2, len(lines) + 1))
    ran = generated.run("tsc", "--noEmit", "--pretty", "false", *STRICT, "reader.ts", "misuse.ts")
    assert ran.code != 0
    found = re.findall(r"^(\S+)\((\d+),\d+\): error TS", ran.out, re.MULTILINE)
    assert {(file, int(line)) for file, line in found} == {("misuse.ts", line) for line in wrong}


def test_a_document_that_does_not_fit_the_schema_fails(generated: Workshop) -> None:
    reader = (generated.folder / "reader.ts").read_text()
    (generated.folder / "unfit.ts").write_text(reader.replace("createdAt", "created_at"))
    config = (generated.folder / "codegen.config.mjs").read_text()
    (generated.folder / "unfit.config.mjs").write_text(config.replace("reader.ts", "unfit.ts"))
    ran = generated.run("graphql-codegen", "--config", "unfit.config.mjs")
    assert ran.code == 1
    assert 'Cannot query field "created_at" on type "Post". Did you mean "createdAt"?' in ran.out
