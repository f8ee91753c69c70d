/** The smallest MCP server that both eras accept: one tool per name, each of which echoes its message. */
export interface ToolSet {
  readonly prefix: string;
  readonly count: number;
}

type Params = Readonly<Record<string, unknown>>;

interface Request {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: Params;
}

const SERVER_INFO = { name: "bench-upstream", version: "1.0.0" };
const MODERN_KEY = '"io.modelcontextprotocol/protocolVersion"';
const DISCOVERED = JSON.stringify({
  resultType: "complete",
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  ttlMs: 60_000,
  cacheScope: "public",
  _meta: { "io.modelcontextprotocol/serverInfo": SERVER_INFO },
});
const lists = new Map<string, string>();

/** The reply as text; nothing for a notification. */
export function answer(text: string, tools: ToolSet): string | undefined {
  const { id, method, params = {} } = JSON.parse(text) as Request;
  if (id === undefined) return undefined;
  const result = resultOf(method, params, tools, text.includes(MODERN_KEY));
  return result === undefined
    ? `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32601,"message":"Method not found"}}`
    : `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

function resultOf(method: string, params: Params, tools: ToolSet, modern: boolean): string | undefined {
  switch (method) {
    case "tools/call":
      return `{"content":[{"type":"text","text":${messageOf(params)}}]${modern ? ',"resultType":"complete"' : ""}}`;
    case "tools/list": {
      const rest = modern ? ',"resultType":"complete","ttlMs":60000,"cacheScope":"public"' : "";
      return `{"tools":${listOf(tools)}${rest}}`;
    }
    case "initialize":
      return JSON.stringify({
        protocolVersion: params["protocolVersion"],
        capabilities: { tools: {} },
        serverInfo: SERVER_INFO,
      });
    case "server/discover":
      return DISCOVERED;
    case "ping":
      return "{}";
    default:
      return undefined;
  }
}

function messageOf(params: Params): string {
  const { message } = params["arguments"] as { message: string };
  return JSON.stringify(message);
}

function listOf({ prefix, count }: ToolSet): string {
  const key = `${prefix}/${count}`;
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list = JSON.stringify(
    Array.from({ length: count }, (_, n) => toolOf(count === 1 ? prefix : `${prefix}_${n}`)),
  );
  lists.set(key, list);
  return list;
}

/** About as long as real ones are: 300 bytes. */
function toolOf(name: string): unknown {
  return {
    name,
    title: `Echo ${name}`,
    description:
      "Gives the message back as it was sent. Use it to find out whether the way there and back works.",
    inputSchema: {
      type: "object",
      properties: { message: { type: "string", description: "What to give back." } },
      required: ["message"],
    },
    annotations: { readOnlyHint: true },
  };
}
