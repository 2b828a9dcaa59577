"""The hardening checklist as a page; the command goes through the same list."""

from __future__ import annotations

from microservices_skill.markdown import bullets, document, md_text, section, table
from microservices_skill.security.hardening import items

PAGE = "docs/security/hardening.md"

_BY_HAND = (
    "TLS ends at the gateway; inside, a mesh gives mTLS between services. Services speak plain HTTP themselves.",
    "Database and broker show certificates that the services check: `sslmode=verify-full`, not `require`; `ALLOW_PLAINTEXT` is not true.",
    "Certificates rotate without a restart: replace the files that these URLs name, as each new connection reads them.",
    "A connection to the database lives for `DATABASE_LIFETIME_S` at most, one to the broker until its node restarts.",
    "A new authority is trusted before anybody shows a certificate of it, and the old one until nobody does.",
    "Each service has a user of its own at the database and at the broker, with rights to nothing that others own.",
    "The issuer knows the clients of `security/clients.yaml`; their secrets come from a store of secrets and change at least yearly.",
    "Audit records (`event` is `audit`) go where services cannot delete them.",
    "People sign in with a second factor; scopes of operators are given to few and for a time.",
)


def page() -> str:
    """``docs/security/hardening.md``."""
    return document(
        "Hardening",
        "`microservices-skill harden` goes through this list over the files as they stand, and fails where one is broken: run it in CI.",
        section("Checked", table(("Item", "What holds"), [(f"`{each.id}`", md_text(each.what)) for each in items()])),
        section("By hand", "What no file here can tell:", bullets(_BY_HAND)),
    )
