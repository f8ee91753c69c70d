export const SINCE = "2026-01-01T00:00:00.000Z";
export const HEALTHY = {
  level: "healthy",
  admin_state: "enabled",
  code: "ok",
  summary: "Ready.",
  since: SINCE,
};
export const BROKEN = {
  level: "unhealthy",
  admin_state: "enabled",
  code: "upstream_unavailable",
  summary: 'Upstream "broken" cannot be reached: the command ended with code 1.',
  action: { label: "Install the command", command: "npm i -g broken" },
  stderr_tail: "Error: Cannot find module 'x'\n\u001B[31m    at boot\u001B[0m\n",
  since: SINCE,
};

export const ECHO = {
  id: "demo__echo",
  name: "echo",
  server: "demo",
  description: "Says what it is told.\nSecond line.",
  tags: [],
  read_only: true,
  idempotent: true,
  destructive: false,
  available: true,
};
export const ADD = { ...ECHO, id: "demo__add", name: "add", description: "Adds two numbers." };

export const CACHE = {
  entries: 7,
  bytes: 10_300,
  hits: 12,
  misses: 5,
  stale: 1,
  evictions: 0,
  degraded: true,
  tiers: [
    { tier: "memory", up: true, hits: 10, misses: 7 },
    { tier: "redis", up: false, hits: 2, misses: 5 },
  ],
};

export const ME = { subject: "key:stub", tenant: "default", role: "admin", key_id: "stub" };
