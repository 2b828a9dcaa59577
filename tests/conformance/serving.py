"""Our server over streamable HTTP, with the suite's fixtures, as a process: ``python -m tests.conformance.serving PORT``."""

import sys
import warnings

import uvicorn
from tests.conformance import fixtures, sse_events

from microservices_skill.mcp_server.server import build


def main() -> None:
    warnings.simplefilter("ignore")  # the suite still asks for what is deprecated
    server = build()
    fixtures.add(server)
    app = server.streamable_http_app(event_store=sse_events.Kept(), retry_interval=100)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")


if __name__ == "__main__":
    main()
