import type { HttpTool } from "../domain/http-tool.ts";
import type { Server } from "../domain/server.ts";
import type { SecretBox } from "../secrets/secrets.ts";

/** A value with a reference is expanded when connecting and is no secret itself; every other one may be. */
const REFERENCE = /\$\{[^}]*\}/;

type Change = (value: string, context: string) => string;

/** Turns definitions into what may lie in a database, and back: literal values of `env` and `headers` are sealed. */
export class Sealing {
  readonly #seal: Change;
  readonly #open: Change;

  constructor(secrets: SecretBox) {
    this.#seal = (value, context) => (REFERENCE.test(value) ? value : secrets.seal(value, context));
    this.#open = (value, context) => (secrets.isSealed(value) ? secrets.open(value, context) : value);
  }

  sealServer(server: Server): Server {
    return withServerValues(server, this.#seal);
  }

  /** Throws GatewayError when the values were sealed with another key, or belong to another record. */
  openServer(server: Server): Server {
    return withServerValues(server, this.#open);
  }

  sealTool(tool: HttpTool): HttpTool {
    return { ...tool, headers: changeEach(tool.headers, tool.id, "headers", this.#seal) };
  }

  openTool(tool: HttpTool): HttpTool {
    return { ...tool, headers: changeEach(tool.headers, tool.id, "headers", this.#open) };
  }
}

function withServerValues(server: Server, change: Change): Server {
  const { entry, id } = server;
  switch (entry.type) {
    case "stdio":
      return { ...server, entry: { ...entry, env: changeEach(entry.env, id, "env", change) } };
    case "http-tools":
      return server;
    default:
      return { ...server, entry: { ...entry, headers: changeEach(entry.headers, id, "headers", change) } };
  }
}

/** The record and the field are bound to the value, so that one cannot be moved to another place in the database. */
function changeEach(values: Readonly<Record<string, string>>, id: string, field: string, change: Change) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, change(value, `${id}|${field}|${name}`)]),
  );
}
