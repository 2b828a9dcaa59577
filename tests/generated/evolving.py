"""A service that is generated again and again from a model that changes, as the versions that run of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.generated.architectures import ROOT
from tests.generated.languages import Toolchain, TypescriptToolchain
from tests.generated.processes import Running
from tests.generated.servers import Database

from microservices_skill.app import generation
from microservices_skill.app.results import Writing
from microservices_skill.model.system import Language

MODEL = (ROOT / "tests" / "generated" / "cases" / "evolving.yaml").read_text(encoding="utf-8")
SERVICE = "order"

DOWN = """
import { loadSettings } from './dist/config/configuration.js';
import { Database } from './dist/infrastructure/database/database.js';
import { MIGRATIONS } from './dist/infrastructure/database/migrations/index.js';
const database = new Database(loadSettings());
const source = await database.ready();
for (const _ of MIGRATIONS) { await source.undoLastMigration(); }
await database.close();
"""

TABLES = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2
"""
CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
)
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
TRIGGERS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


def catalogue(database: Database) -> list[object]:
    """All that PostgreSQL knows of a schema, in an order that does not tell how it came about."""
    return [sorted(map(str, database.rows(each))) for each in (TABLES, CONSTRAINTS, INDEXES, TRIGGERS, FUNCTIONS)]


@dataclass
class Evolving:
    """A workspace that a service is generated into, and a copy of each version that was built."""

    root: Path
    toolchain: Toolchain
    language: Language
    versions: int = 0

    def generate(self, model: str, *, allow_destructive: bool = False) -> Writing:
        """Generate the service from a model into the same folder."""
        source = self.root / "architecture.yaml"
        source.write_text(model, encoding="utf-8")
        return generation.generate_service(self.root, source, service=SERVICE, language=self.language, allow_destructive=allow_destructive)

    def built(self, **settings: str) -> Running:
        """A copy of the service as it is now, ready to migrate and to start."""
        self.versions += 1
        folder = self.root / "versions" / str(self.versions)
        shutil.copytree(self.root / "services" / SERVICE, folder)
        self.toolchain.prepare(folder)
        return Running(self.toolchain, folder, settings)

    @property
    def first_migration(self) -> bytes:
        """The bytes of the first migration."""
        return self._migration("0001").read_bytes()

    def _migration(self, number: str) -> Path:
        folder = self.root / "services" / SERVICE / "src"
        return next(each for each in sorted(folder.rglob(f"{number}*")) if "migrations" in each.parts)


def downgrade(running: Running) -> None:
    """Take every migration back."""
    if isinstance(running.toolchain, TypescriptToolchain):
        (running.folder / "down.mjs").write_text(DOWN, encoding="utf-8")
        _run(running, "node", "down.mjs")
    else:
        _python(running, "command.downgrade(migrate.config(), 'base')")


def check_models(running: Running) -> None:
    """Have Alembic compare the models with the database; TypeORM's models do not say enough for that."""
    if not isinstance(running.toolchain, TypescriptToolchain):
        _python(running, "command.check(migrate.config())")


def _python(running: Running, call: str) -> None:
    _run(running, "python", "-c", f"from alembic import command; from {SERVICE} import migrate; {call}")


def _run(running: Running, *command: str) -> None:
    environment = {**os.environ, **running.toolchain.environment(running.folder), **running.settings}
    done = subprocess.run(command, cwd=running.folder, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, json.dumps([done.stdout[-3000:], done.stderr[-5000:]])
