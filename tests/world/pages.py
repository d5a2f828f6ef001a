"""What a browser may do with an HTML page: its policy, and whatever in the page the policy does not cover."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

LOADS = {"src", "srcset", "data", "poster", "background", "action", "formaction", "xlink:href"}
HARMLESS_LINKS = ("#", "https://app.hubspot.com/")
STRICT = {"default-src": "'none'", "base-uri": "'none'"}


def directives(policy: str) -> dict[str, str]:
    """A Content-Security-Policy by directive."""
    pairs = [one.strip().partition(" ") for one in policy.split(";")]
    return {name: value for name, _, value in pairs}


def faults(html: str) -> list[str]:
    """Everything about the page that a strict policy forbids, or that makes its policy less than strict."""
    page = _Page()
    page.feed(html)
    found = list(page.faults)
    if len(page.policies) != 1 or not page.policy_is_first:
        return [*found, "the page has to begin with one policy"]
    policy = directives(page.policies[0])
    found += [name for name, value in STRICT.items() if policy.get(name) != value]
    if policy.get("form-action") not in ("'none'", "'self'"):
        found.append("form-action")
    if "unsafe" in page.policies[0] or "*" in page.policies[0] or "http" in page.policies[0]:
        found.append("a source that anybody can use")
    for style in page.styles:
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        if f"'sha256-{digest}'" not in policy.get("style-src", ""):
            found.append("a style that the policy does not allow")
        if re.search(r"url\(|@import", style):
            found.append("a style that loads something")
    if page.referrer != "no-referrer":
        found.append("referrer")
    return found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.policies: list[str] = []
        self.policy_is_first = True
        self.styles: list[str] = []
        self.referrer = ""
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given["content"])
        elif tag == "meta" and given.get("name") == "referrer":
            self.referrer = given["content"]
        elif tag not in ("html", "head", "meta") and not self.policies:
            self.policy_is_first = False
        if tag in ("script", "link", "iframe", "object", "embed", "base", "img"):
            self.faults.append(f"<{tag}>")
        for name, value in given.items():
            if name in LOADS or name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}>")
            if name == "href" and not value.startswith(HARMLESS_LINKS):
                self.faults.append(f"a link to {value}")
        self._in_style = tag == "style"
        if self._in_style:
            self.styles.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles[-1] += data
