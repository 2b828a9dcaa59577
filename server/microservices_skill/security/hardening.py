"""The checklist of a hardened system. Each item is a check of the generated files, as they stand on a disk, against the model.

To add one, write a function with ``@item``: it yields what is wrong, with the file and what to do; a test breaks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import yaml

from microservices_skill.model.access import grants_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.model.system import AuthKind
from microservices_skill.security.safeguards import Safeguards, safeguards_of

COMPOSE, CLIENTS, IGNORED = "docker-compose.yml", "security/clients.yaml", ".gitignore"
HEADERS = ("Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Referrer-Policy")
ALWAYS_MASKED = ("authorization", "cookie", "password", "secret", "token")

Check = Callable[["Site"], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist."""

    id: str
    what: str
    check: Check


@dataclass(frozen=True, slots=True)
class Result:
    """An item, and what is wrong; nothing where it holds."""

    item: Item
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Housed:
    """A service in a folder, with where its code keeps its promises."""

    service: Service
    folder: str
    safeguards: Safeguards


@dataclass(frozen=True, slots=True)
class Site:
    """A system as it stands: its model, and its files by path."""

    architecture: Architecture
    files: Mapping[str, str]

    def text(self, path: str) -> str:
        """What stands in a file; nothing where there is none."""
        return self.files.get(path, "")

    def data(self, path: str) -> dict[str, object]:
        """What a file of data says; nothing where it cannot be read."""
        try:
            found = yaml.safe_load(self.text(path))
        except yaml.YAMLError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def housed(self) -> tuple[Housed, ...]:
        """Every service whose code is generated, in each language in which it is there."""
        found = []
        for service in self.architecture.services:
            for suffix, language in (("", service.language), *((f"-{each}", each) for each in type(service.language))):
                guards = safeguards_of(service.model_copy(update={"language": language}))
                folder = f"services/{service.name}{suffix}"
                if guards is not None and (not suffix or f"{folder}/{guards.settings}" in self.files):
                    found.append(Housed(service, folder, guards))
        is_doubled = {each.service.name for each in found if each.folder != f"services/{each.service.name}"}
        return tuple(each for each in found if each.service.name not in is_doubled or each.folder != f"services/{each.service.name}")


_ITEMS: list[Item] = []


def item(identity: str) -> Callable[[Check], Check]:
    """Put a check on the list; its docstring says what holds."""

    def add(check: Check) -> Check:
        _ITEMS.append(Item(identity, (check.__doc__ or "").strip().partition("\n")[0], check))
        return check

    return add


def items() -> tuple[Item, ...]:
    """The checklist."""
    return tuple(_ITEMS)


def harden(architecture: Architecture, files: Mapping[str, str]) -> tuple[Result, ...]:
    """Go through the list."""
    site = Site(architecture, files)
    return tuple(Result(each, tuple(each.check(site))) for each in items())


@item("operations-guarded")
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


@item("production-needs-issuer")
def _production_needs_issuer(site: Site) -> Iterator[str]:
    """Production does not start without an issuer, nor without tokens of its own where a service calls others."""
    for each in site.housed:
        wanted = ["DATABASE_URL", "BROKER_URL"]
        wanted += ["AUTH_JWKS_URL", "AUTH_ISSUER"] if any(endpoint.auth for endpoint in each.service.endpoints) else []
        wanted += ["AUTH_TOKEN_URL"] if grants_of(site.architecture, each.service) else []
        yield from _lacking(site, f"{each.folder}/{each.safeguards.settings}", [rf"""[(\[]["']{name}["']""" for name in wanted], wanted)


@item("transport-encrypted")
def _transport_encrypted(site: Site) -> Iterator[str]:
    """Production does not start where the database or the broker is reached in the clear."""
    names = ["DATABASE_URL", "BROKER_URL"]
    patterns = [rf"""[(\[]["']{name}["'], ["'](?:add|begin) """ for name in names]
    for each in site.housed:
        path = f"{each.folder}/{each.safeguards.settings}"
        yield from _lacking(site, path, [*patterns, r"""environment !==? ["']production["']"""], [*names, "ALLOW_PLAINTEXT"])


@item("least-privilege")
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


@item("sensitive-masked")
def _sensitive_masked(site: Site) -> Iterator[str]:
    """Every field that is classified is masked in logs, and so are credentials."""
    for each in site.housed:
        path = each.safeguards.logs if each.safeguards.logs.endswith(".py") else "src/config/service.ts"
        groups = [entity.fields for entity in each.service.entities] + [view.fields for view in each.service.views]
        groups += [value.fields for value in each.service.value_types]
        names = {field.name for fields in groups for field in fields if field.classification.is_sensitive}
        wanted = [*ALWAYS_MASKED, *sorted(names)]
        yield from _lacking(site, f"{each.folder}/{path}", [rf"""^\s*["']{name}["'],$""" for name in wanted], wanted)


@item("changes-audited")
def _changes_audited(site: Site) -> Iterator[str]:
    """Every change and every refusal leaves an audit record."""
    for each in site.housed:
        yield from _lacking(site, f"{each.folder}/{each.safeguards.audit}", [r"""log\.info\(\s*["']audit["']"""], ["the record"])


@item("headers-set")
def _headers_set(site: Site) -> Iterator[str]:
    """Answers carry the headers that keep browsers from being used against the API."""
    for each in site.housed:
        yield from _lacking(site, f"{each.folder}/{each.safeguards.headers}", [re.escape(name) for name in HEADERS], HEADERS, re.IGNORECASE)


@item("dependencies-locked")
def _dependencies_locked(site: Site) -> Iterator[str]:
    """What a service is built from is locked, each file by its hash."""
    for each in site.housed:
        path = f"{each.folder}/{each.safeguards.lock}"
        needed = r"^[a-z0-9][^\n]*==" if path.endswith(".txt") else r'^    "(?:node_modules/[^"]+)": \{'
        mark = "--hash=sha256:" if path.endswith(".txt") else '"integrity": "sha512-'
        count, text = len(re.findall(needed, site.text(path), re.MULTILINE | re.IGNORECASE)), site.text(path)
        if count == 0 or text.count(mark) < count:
            yield f"{path}: not every package has a hash; lock them again"


@item("images-confined")
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


@item("containers-confined")
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


@item("secrets-outside")
def _secrets_outside(site: Site) -> Iterator[str]:
    """No secret stands in the tree: containers take theirs from the environment, and git ignores where they are kept."""
    containers = site.data(COMPOSE).get("services")
    for name, each in containers.items() if isinstance(containers, dict) else ():
        given = each.get("environment") if isinstance(each, dict) else None
        for key, value in given.items() if isinstance(given, dict) else ():
            if _is_secret(str(key), str(value)):
                yield f"{COMPOSE}: {name}: {key} holds a secret; write ${{{key}:?}} and set it in .env"
    for line in (".env", ".run/"):
        if line not in site.text(IGNORED).splitlines():
            yield f"{IGNORED}: add {line}, which holds secrets"
    if not site.text(".gitleaks.toml"):
        yield ".gitleaks.toml: it is not there; generate it again, so that a scanner of secrets can run"


def _is_secret(key: str, value: str) -> bool:
    is_named = re.search(r"PASS(WORD)?$|SECRET|TOKEN$|API_KEY", key) is not None and not value.startswith("${")
    return is_named or re.search(r"://[^/:@\s]*:(?!\$\{)[^@\s]+@", value) is not None


def _lacking(site: Site, path: str, patterns: list[str], names: list[str] | tuple[str, ...], flags: int = 0) -> Iterator[str]:
    """Names whose pattern a file does not hold."""
    missing = [name for name, pattern in zip(names, patterns, strict=True) if not re.search(pattern, site.text(path), re.MULTILINE | flags)]
    if missing:
        yield f"{path}: it lacks {', '.join(missing)}; generate the file again, or see what was changed in it"
