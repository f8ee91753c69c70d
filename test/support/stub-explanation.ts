const SINCE = "2026-01-01T00:00:00.000Z";

/** What the lists of tools cost. */
export const LISTS = [
  {
    endpoint: "/mcp",
    mode: "auto",
    effective: "full",
    tools: 182,
    tokens: { full: 41_287, hybrid: 2_911, search: 1_148 },
  },
];

/** Of a tool that can be called; through other eyes it is unknown, and in truth denied. */
export function explanation(tool: string, as: string | undefined): Readonly<Record<string, unknown>> {
  const known = {
    check: "known",
    passed: true,
    code: "known",
    summary: 'It is "echo" of the server "demo".',
  };
  const open = { tool, id: tool, visible: true, listed: true, callable: true, reason: "ok", nearest: [] };
  const own = { as: { subject: "key:stub", role: "admin" }, ...open, checks: [known] };
  if (as === undefined) return own;
  const fix = { label: "Take it out", command: "switchgear why" };
  const denied = {
    check: "server_filter",
    passed: false,
    code: "denied_by_server",
    summary: "It is denied.",
    fix,
  };
  const closed = { visible: false, listed: false, callable: false };
  const unknown = {
    check: "known",
    passed: false,
    code: "unknown_tool",
    summary: "There is none.",
    since: SINCE,
  };
  return {
    as: { subject: `role:${as}`, role: as },
    tool,
    nearest: [],
    ...closed,
    reason: "unknown_tool",
    checks: [unknown],
    truth: { ...open, ...closed, reason: "denied_by_server", checks: [known, denied] },
  };
}
