// The TypeScript SDK's client: lists tools, asks, reads a document. Arguments: address, key.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [address, key] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(address), {
  requestInit: { headers: { Authorization: `Bearer ${key}` } },
});
const client = new Client({ name: "other", version: "1.0.0" });
await client.connect(transport);
const { tools } = await client.listTools();
console.log(tools.map((tool) => tool.name).join(" "));
let steps = 0;
const answer = await client.callTool(
  { name: "ask", arguments: { question: "What does the premium plan cost?" } },
  undefined,
  { onprogress: () => (steps += 1) },
);
console.log(answer.content[0].text, steps);
const closed = await client.callTool({ name: "search", arguments: { question: "salary review of the board" } });
console.log(closed.content[0].text);
const { resources } = await client.listResources();
console.log((await client.readResource({ uri: resources[0].uri })).contents[0].text);
await client.close();
