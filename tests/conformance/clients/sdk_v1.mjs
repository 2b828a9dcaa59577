// The TypeScript SDK before its second version: node sdk_v1.mjs COMMAND ARGUMENT…
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.PACKAGES);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");
const { ElicitRequestSchema } = await load("@modelcontextprotocol/sdk/types.js");

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "v1", version: "1" }, { capabilities: { elicitation: {} } });
client.setRequestHandler(ElicitRequestSchema, async () => ({ action: "accept", content: { domain: "an online shop", features: "pay" } }));
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const { tools } = await client.listTools();
const call = async (name, given) => (await client.callTool({ name, arguments: given })).structuredContent;
const { ok } = await call("validate_architecture", {});
const { written } = await call("ask_questionnaire", {});
console.log(JSON.stringify({ version: "2025-11-25", tools: tools.length, ok, written }));
await client.close();
