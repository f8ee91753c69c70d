/**
 * The two generations of MCP that are live at once. `2025`: protocol 2024-11-05 … 2025-11-25, `initialize` and
 * sessions. `2026`: protocol 2026-07-28, stateless, every request carries its own envelope in `params._meta`.
 */
export type Era = "2025" | "2026";

export const VERSION_2026 = "2026-07-28";
export const VERSION_2025 = "2025-11-25";
/** Newest first. A client of the 2025 era that asks for another version is answered with the first. */
export const VERSIONS_OF_2025 = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** Keys of a 2026 request envelope inside `params._meta` (MCP 2026-07-28, basic/lifecycle). */
export const META = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;

/** JSON-RPC 2.0 codes and those that MCP adds. */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** 2025: the session or the resource is not known. */
  notFound: -32002,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
} as const;

export type RequestId = string | number;
