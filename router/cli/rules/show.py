"""`router show`: the policy as a tree, or as a document for people."""

from __future__ import annotations

from pathlib import Path

import click

from router.cli.shared.output import say
from router.cli.shared.rules_here import RulesHere, rules_here
from router.cli.shared.screen import screen


@click.command(epilog="Examples: router show    router show --doc fr --out public")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--doc", type=click.Choice(["fr", "en"]), help="Write a document, in Markdown and HTML.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the document goes.  [default: Markdown to standard output]",
)
@click.option(
    "--language", type=click.Choice(["fr", "en"]), help="Of the tree.  [default: that of the rules]"
)
def show(directory: Path | None, *, doc: str | None, out: Path | None, language: str | None) -> None:
    """Show the policy of DIR (default: CONFIG_DIR, or config): who gets what, in what order.

    With --doc it becomes a document that a new hire understands, generated from the files: publish it,
    and write it again whenever they change. Needs no other setting and no network.
    """
    if out is not None and doc is None:
        raise click.UsageError("--out is where a document goes: add --doc fr or --doc en.")
    if doc is not None and language is not None:
        raise click.UsageError("A document is in the language of --doc; --language is for the tree.")
    here = rules_here(directory)
    if doc is not None:
        _write(here, doc, out)
        return
    from router.cli.rules.policy_tree import policy_tree

    screen().print(policy_tree(here.policy, here.catalog, language=language or here.policy.language))


def _write(here: RulesHere, language: str, out: Path | None) -> None:
    from router.pages import page
    from router.rulefiles.document.markdown import as_markdown
    from router.rulefiles.document.policy_document import document_of

    document = document_of(here.policy, here.catalog, language=language)
    if out is None:
        say(as_markdown(document), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    html = page("policy.html", language=language, title=document.title, document=document)
    for ending, text in (("md", as_markdown(document)), ("html", html)):
        path = out / f"policy.{language}.{ending}"
        path.write_text(text, encoding="utf-8")
        say(f"Wrote {path}")
