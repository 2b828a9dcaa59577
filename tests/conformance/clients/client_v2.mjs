// The TypeScript client of the second version: node client_v2.mjs MODE COMMAND ARGUMENT…
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.PACKAGES);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Client } = await load("@modelcontextprotocol/client");
const { StdioClientTransport } = await load("@modelcontextprotocol/client/stdio");

const [mode, command, ...args] = process.argv.slice(2);
const client = new Client(
  { name: "v2", version: "1" },
  { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
);
client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: { domain: "an online shop", features: "pay" } }));
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const { tools } = await client.listTools();
const call = async (name, given) => (await client.callTool({ name, arguments: given })).structuredContent;
const { ok } = await call("validate_architecture", {});
const { written } = await call("ask_questionnaire", {});
console.log(JSON.stringify({ version: client.getNegotiatedProtocolVersion?.(), tools: tools.length, ok, written }));
await client.close();
