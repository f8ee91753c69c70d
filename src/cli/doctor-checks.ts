import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";

import { GatewayError } from "../domain/errors.ts";
import { type JsonObject, stringAt } from "../domain/json.ts";
import { countAt, objectAt } from "./answer-fields.ts";
import type { Context, Target } from "./context.ts";
import { type GatewayClient } from "./gateway-client.ts";
import { probeGateway } from "./gateway-probe.ts";
import { withServerSuggestion } from "./suggestions.ts";

export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly summary: string;
  readonly fix?: string;
  /** Of a server that was tried. */
  readonly stderr_tail?: string;
}

const OLDEST_NODE = [20, 19] as const;
const CLOCK_MS = 60_000;

/** What can be told without the gateway. */
export function localChecks(context: Context, version = process.versions.node): readonly Check[] {
  return [nodeCheck(version), configCheck(context), folderCheck(context.dataDir)];
}

/** The gateway, the key, its storage, the clock and every server (or one, which is tried now), as far as it can be reached. */
export async function remoteChecks(context: Context, server?: string): Promise<readonly Check[]> {
  const target = context.target();
  const version = await probeGateway(target.url, context.deps.fetch);
  if (version === undefined) return [await absentCheck(target)];
  const client = context.client(target);
  const gateway: Check = { name: "gateway", status: "ok", summary: `${target.url}, version ${version}` };
  const key = await keyCheck(client);
  if (key.status !== "ok") return [gateway, key];
  const inner = await innerChecks(client, server === undefined);
  return [gateway, key, ...inner, ...(server === undefined ? [] : [await tryServer(client, server)])];
}

function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (isNew) return { name: "node", status: "ok", summary: version };
  return {
    name: "node",
    status: "fail",
    summary: `${version} is too old`,
    fix: `Install Node.js ${OLDEST_NODE.join(".")} or newer`,
  };
}

function configCheck(context: Context): Check {
  try {
    const { file, mcpServers } = context.loadConfig();
    const count = Object.keys(mcpServers).length;
    const summary =
      file === undefined
        ? "no file; all defaults"
        : `${file}, ${count} ${count === 1 ? "server" : "servers"}`;
    return { name: "config", status: "ok", summary };
  } catch (error) {
    return failed("config", error, "Correct the file; config/switchgear.example.jsonc shows every key");
  }
}

function folderCheck(folder: string): Check {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { name: "data folder", status: "ok", summary: folder };
  } catch (error) {
    const summary = `${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
    return {
      name: "data folder",
      status: "fail",
      summary,
      fix: "Name another with --data-dir or SWITCHGEAR_DATA",
    };
  }
}

async function absentCheck({ url }: Target): Promise<Check> {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port) || (protocol === "https:" ? 443 : 80);
  if (await isFree(hostname.replace(/^\[|\]$/g, ""), number))
    return {
      name: "gateway",
      status: "warn",
      summary: `not running; ${url} is free`,
      fix: "switchgear serve",
    };
  return {
    name: "gateway",
    status: "fail",
    summary: `${url} does not answer as a gateway does`,
    fix: `Find out who uses the port (lsof -i :${number}), or name the gateway with --url`,
  };
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

async function keyCheck(client: GatewayClient): Promise<Check> {
  try {
    const me = await client.get("/api/v1/auth/me");
    return { name: "key", status: "ok", summary: `${stringAt(me, "subject")}, role ${stringAt(me, "role")}` };
  } catch (error) {
    return failed("key", error, "Give a key with --key or SWITCHGEAR_API_KEY");
  }
}

async function innerChecks(client: GatewayClient, all: boolean): Promise<readonly Check[]> {
  try {
    const detailed = await client.get("/health/detailed");
    const storage = objectAt(objectAt(detailed, "services"), "storage");
    const skew = Math.abs(Date.parse(stringAt(detailed, "timestamp") ?? "") - Date.now());
    const health = objectAt(detailed, "health");
    return [
      { name: "storage", ...levelOf(storage) },
      clockCheck(skew),
      ...(all ? Object.keys(health).map((server) => serverCheck(server, objectAt(health, server))) : []),
    ];
  } catch (error) {
    return [failed("health", error, "Look at the gateway's log")];
  }
}

/** Connects to it now. A name that nobody knows ends the command: there is nothing to check. */
async function tryServer(client: GatewayClient, server: string): Promise<Check> {
  const path = `/api/v1/servers/${encodeURIComponent(server)}/test`;
  const tried = await withServerSuggestion(client, server, () => client.post(path, {}));
  const health = objectAt(tried, "health");
  const check = serverCheck(server, health);
  const tail = stringAt(health, "stderr_tail");
  const took = `${check.summary} (${Math.round(countAt(tried, "took_ms"))} ms)`;
  return { ...check, summary: took, ...(tail === undefined ? {} : { stderr_tail: tail }) };
}

function clockCheck(skew: number): Check {
  if (!(skew > CLOCK_MS)) return { name: "clock", status: "ok", summary: "agrees with the gateway's" };
  const summary = `differs from the gateway's by ${Math.round(skew / 1_000)} s`;
  return {
    name: "clock",
    status: "warn",
    summary,
    fix: "Set both by NTP: keys expire by the gateway's clock",
  };
}

function serverCheck(server: string, health: JsonObject): Check {
  const action = objectAt(health, "action");
  const [label, command] = [stringAt(action, "label"), stringAt(action, "command")];
  const fix = label === undefined ? {} : { fix: command === undefined ? label : `${label}: ${command}` };
  return { name: server, ...levelOf({ ...health, status: health["level"] ?? null }), ...fix };
}

function levelOf(part: JsonObject): Pick<Check, "status" | "summary"> {
  const level = stringAt(part, "status") ?? "unknown";
  const summary = stringAt(part, "summary") ?? level;
  if (level === "healthy" || part["code"] === "disabled") return { status: "ok", summary };
  return { status: level === "unhealthy" ? "fail" : "warn", summary };
}

function failed(name: string, error: unknown, fix: string): Check {
  if (!(error instanceof GatewayError)) throw error;
  return { name, status: "fail", summary: error.message, fix: error.fix[0]?.label ?? fix };
}
