"""The client of fastmcp: ``python fastmcp_client.py MODE COMMAND ARGUMENT…``."""

import asyncio
import hashlib
import json
import os
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport
from fastmcp.skills.client import SkillsClientExtension


async def accept(*_: object) -> ElicitResult:
    """The answers of a person."""
    return ElicitResult(action="accept", content={"domain": "an online shop", "features": "pay"})


async def main() -> None:
    """Use the server and print what it answered."""
    mode, command, *arguments = sys.argv[1:]
    transport = StdioTransport(command, arguments, env=dict(os.environ), keep_alive=False)
    async with Client(transport, mode=mode, elicitation_handler=accept, extensions=[SkillsClientExtension()]) as client:
        told = {
            "version": client.protocol_version,
            "tools": len(await client.list_tools()),
            "ok": (await client.call_tool("validate_architecture", {})).structured_content["ok"],
            "written": (await client.call_tool("ask_questionnaire", {})).structured_content["written"],
        }
        if mode != "legacy":
            (skill,) = await client.list_skills()
            told["skill"] = (await client.get_skill(skill.uri)).frontmatter.name
            told["files"] = len(skill.resources)
            for each in skill.resources[:5]:
                (content,) = await client.read_resource(each.uri)
                assert f"sha256:{hashlib.sha256(content.text.encode()).hexdigest()}" == each.digest, each.uri
        print(json.dumps(told))  # noqa: T201 - read by the test


asyncio.run(main())
