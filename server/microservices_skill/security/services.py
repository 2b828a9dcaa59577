"""What holds in the code of each service, its image and the containers of one machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from microservices_skill.model.access import grants_of
from microservices_skill.model.system import AuthKind
from microservices_skill.security import checklist
from microservices_skill.security.checklist import Item, Site

COMPOSE, CLIENTS, IGNORED = "docker-compose.yml", "security/clients.yaml", ".gitignore"
HEADERS = ("Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Referrer-Policy")
ALWAYS_MASKED = ("authorization", "cookie", "password", "secret", "token")

ITEMS: list[Item] = []


@checklist.item(ITEMS, "operations-guarded")
def _operations_guarded(site: Site) -> Iterator[str]:
    """Every operation that changes something asks for a token, a scope, and has a rate limit."""
    if site.architecture.system.platform.auth is AuthKind.NONE:
        yield "architecture.yaml: system.platform.auth is none; set it to jwt"
    for service in site.architecture.services:
        for each in (each for each in service.endpoints if each.action.is_mutation):
            missing = [name for name, value in (("scope", each.scope), ("rateLimit", each.rate_limit)) if value is None]
            missing += [] if each.auth else ["auth: true"]
            if missing:
                yield f"architecture.yaml: {each.operation} of {service.name}: set {', '.join(missing)}"


@checklist.item(ITEMS, "production-needs-issuer")
def _production_needs_issuer(site: Site) -> Iterator[str]:
    """Production does not start without an issuer, nor without tokens of its own where a service calls others."""
    for each in site.housed:
        wanted = ["DATABASE_URL", "BROKER_URL"]
        wanted += ["AUTH_JWKS_URL", "AUTH_ISSUER"] if any(endpoint.auth for endpoint in each.service.endpoints) else []
        wanted += ["AUTH_TOKEN_URL"] if grants_of(site.architecture, each.service) else []
        yield from _lacking(site, f"{each.folder}/{each.safeguards.settings}", [rf"""[(\[]["']{name}["']""" for name in wanted], wanted)


@checklist.item(ITEMS, "transport-encrypted")
def _transport_encrypted(site: Site) -> Iterator[str]:
    """Production does not start where the database or the broker is reached in the clear."""
    names = ["DATABASE_URL", "BROKER_URL"]
    patterns = [rf"""[(\[]["']{name}["'], ["'](?:add|begin) """ for name in names]
    for each in site.housed:
        path = f"{each.folder}/{each.safeguards.settings}"
        yield from _lacking(site, path, [*patterns, r"""environment !==? ["']production["']"""], [*names, "ALLOW_PLAINTEXT"])


@checklist.item(ITEMS, "least-privilege")
def _least_privilege(site: Site) -> Iterator[str]:
    """The issuer's clients may do what the model says that they do, and no more."""
    clients = site.data(CLIENTS).get("clients")
    said = {each.get("id"): each.get("grants") for each in clients if isinstance(each, dict)} if isinstance(clients, list) else {}
    for service in site.architecture.services:
        meant = [
            {"audience": each.audience, "scopes": list(each.scopes), "operations": list(each.operations)}
            for each in grants_of(site.architecture, service)
        ]
        if said.get(service.name) != meant:
            yield f"{CLIENTS}: the grants of {service.name} are not those of the model; generate the file again"
    for name in said.keys() - site.architecture.services_by_name.keys():
        yield f"{CLIENTS}: there is no service {name}; remove the client"


@checklist.item(ITEMS, "sensitive-masked")
def _sensitive_masked(site: Site) -> Iterator[str]:
    """Every field that is classified is masked in logs, and so are credentials."""
    for each in site.housed:
        path = each.safeguards.logs if each.safeguards.logs.endswith(".py") else "src/config/service.ts"
        groups = [entity.fields for entity in each.service.entities] + [view.fields for view in each.service.views]
        groups += [value.fields for value in each.service.value_types]
        names = {field.name for fields in groups for field in fields if field.classification.is_sensitive}
        wanted = [*ALWAYS_MASKED, *sorted(names)]
        yield from _lacking(site, f"{each.folder}/{path}", [rf"""^\s*["']{name}["'],$""" for name in wanted], wanted)


@checklist.item(ITEMS, "changes-audited")
def _changes_audited(site: Site) -> Iterator[str]:
    """Every change and every refusal leaves an audit record."""
    for each in site.housed:
        yield from _lacking(site, f"{each.folder}/{each.safeguards.audit}", [r"""log\.info\(\s*["']audit["']"""], ["the record"])


@checklist.item(ITEMS, "headers-set")
def _headers_set(site: Site) -> Iterator[str]:
    """Answers carry the headers that keep browsers from being used against the API."""
    for each in site.housed:
        yield from _lacking(site, f"{each.folder}/{each.safeguards.headers}", [re.escape(name) for name in HEADERS], HEADERS, re.IGNORECASE)


@checklist.item(ITEMS, "dependencies-locked")
def _dependencies_locked(site: Site) -> Iterator[str]:
    """What a service is built from is locked, each file by its hash."""
    for each in site.housed:
        path = f"{each.folder}/{each.safeguards.lock}"
        needed = r"^[a-z0-9][^\n]*==" if path.endswith(".txt") else r'^    "(?:node_modules/[^"]+)": \{'
        mark = "--hash=sha256:" if path.endswith(".txt") else '"integrity": "sha512-'
        count, text = len(re.findall(needed, site.text(path), re.MULTILINE | re.IGNORECASE)), site.text(path)
        if count == 0 or text.count(mark) < count:
            yield f"{path}: not every package has a hash; lock them again"


@checklist.item(ITEMS, "images-confined")
def _images_confined(site: Site) -> Iterator[str]:
    """Images are of a named version and run as a user without rights; what they do not need stays out."""
    for each in site.housed:
        path = f"{each.folder}/{each.safeguards.image}"
        text = site.text(path)
        users, bases = re.findall(r"^USER (\S+)", text, re.MULTILINE), _bases(text)
        if not users or users[-1].partition(":")[0] in ("0", "root"):
            yield f"{path}: the last USER is root or missing; add USER with a number over 0"
        for base in bases:
            if ":" not in base or base.endswith(":latest"):
                yield f"{path}: {base} is of no fixed version; name one"
        left_out = site.text(f"{each.folder}/.dockerignore").splitlines()
        if not {".env", "*"} & {*left_out} or "!.env" in left_out:
            yield f"{each.folder}/.dockerignore: .env may get into the image; leave it out"


def _bases(text: str) -> list[str]:
    """The images that an image stands on: not its own stages, and the defaults of arguments."""
    defaults = dict(re.findall(r"^ARG (\w+)=(\S+)", text, re.MULTILINE))
    named = [defaults.get(name.removeprefix("${").removesuffix("}"), name) for name in re.findall(r"^FROM (\S+)", text, re.MULTILINE)]
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE))
    return [name for name in named if name not in stages]


@checklist.item(ITEMS, "containers-confined")
def _containers_confined(site: Site) -> Iterator[str]:
    """Containers of services have a read-only disk and no capabilities, cannot gain rights, and listen on this machine alone."""
    containers = site.data(COMPOSE).get("services")
    for name, each in containers.items() if isinstance(containers, dict) else ():
        if not isinstance(each, dict):
            continue
        if "build" in each:
            wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
            for key, value in wanted.items():
                if each.get(key) != value:
                    yield f"{COMPOSE}: {name}: set {key}: {str(value).lower()}"
        for port in each.get("ports") or ():
            if not str(port).startswith("127.0.0.1:"):
                yield f"{COMPOSE}: {name}: port {port} is open to the network; write 127.0.0.1:{port}"


@checklist.item(ITEMS, "secrets-outside")
def _secrets_outside(site: Site) -> Iterator[str]:
    """No secret stands in the tree: containers take theirs from the environment, and git ignores where they are kept."""
    containers = site.data(COMPOSE).get("services")
    for name, each in containers.items() if isinstance(containers, dict) else ():
        given = each.get("environment") if isinstance(each, dict) else None
        for key, value in given.items() if isinstance(given, dict) else ():
            if is_secret(str(key), str(value)):
                yield f"{COMPOSE}: {name}: {key} holds a secret; write ${{{key}:?}} and set it in .env"
    for line in (".env", ".run/"):
        if line not in site.text(IGNORED).splitlines():
            yield f"{IGNORED}: add {line}, which holds secrets"
    if not site.text(".gitleaks.toml"):
        yield ".gitleaks.toml: it is not there; generate it again, so that a scanner of secrets can run"


def is_secret(key: str, value: str) -> bool:
    """Whether a setting holds a secret rather than a reference to one."""
    is_named = re.search(r"PASS(WORD)?$|SECRET|TOKEN$|API_KEY", key) is not None and not value.startswith("${")
    return is_named or re.search(r"://[^/:@\s]*:(?!\$\{)[^@\s]+@", value) is not None


def _lacking(site: Site, path: str, patterns: list[str], names: list[str] | tuple[str, ...], flags: int = 0) -> Iterator[str]:
    """Names whose pattern a file does not hold."""
    missing = [name for name, pattern in zip(names, patterns, strict=True) if not re.search(pattern, site.text(path), re.MULTILINE | flags)]
    if missing:
        yield f"{path}: it lacks {', '.join(missing)}; generate the file again, or see what was changed in it"
