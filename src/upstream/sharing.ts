import { createHash } from "node:crypto";

import { canonicalJson, isJsonObject } from "../domain/json.ts";
import type { Era } from "../domain/protocol.ts";
import type { ServerSettings } from "../domain/server.ts";
import type { ClientSelf, UpstreamCall } from "./connection.ts";

/** Of whom a connection is: of all, of one scope, or of one scope and one call at a time. */
export type Sharing = "shared" | "leased" | "exclusive";

/** Whose call it is, and what the caller can do. */
export type Caller = Pick<UpstreamCall, "scope" | "era" | "envelope">;

/** What the rules need to know of a kind of upstreams. */
export interface SharingTraits {
  /** Who gets a connection of his own, unless the settings say otherwise. */
  readonly leases: "sessions" | "interactive" | "never";
  /** Whether it can be told which call a question belongs to. If not, no two calls of different users may be on one connection. */
  readonly questionsNameCalls: boolean;
}

/** What the gateway says of itself where it does not speak for one client: it knows all questions, and refuses them. */
export const EVERYTHING: ClientSelf = {
  capabilities: { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } },
};

/** A caller that can do nothing. */
export const NOBODY: ClientSelf = { capabilities: {} };

/** A caller that can answer questions. */
export function isInteractive(self: ClientSelf | undefined): boolean {
  if (self === undefined) return false;
  const { sampling, elicitation, roots } = self.capabilities;
  return isJsonObject(sampling) || isJsonObject(elicitation) || isJsonObject(roots);
}

/** Without a session or a process of the upstream's (2026, stateless) there is nothing that callers could not share. */
export function sharingOf(
  traits: SharingTraits,
  sessions: ServerSettings["sessions"],
  connection: { readonly era: Era; readonly sessionful?: boolean },
  caller: Caller,
): Sharing {
  if (caller.scope === "" || sessions === "shared" || traits.leases === "never" || connection.era === "2026")
    return "shared";
  // A client of this era has no session, so its calls cannot be told apart by anything else.
  if (!traits.questionsNameCalls && caller.era === "2026" && isInteractive(caller.envelope))
    return "exclusive";
  if (sessions === "per-client") return "leased";
  const isOwn =
    traits.leases === "sessions" ? connection.sessionful === true : isInteractive(caller.envelope);
  return isOwn ? "leased" : "shared";
}

const digests = new WeakMap<ClientSelf, string>();

/**
 * Tells apart what clients of one scope can do: a connection declares it once and for all. Clients that can do nothing
 * are alike. The era belongs to it where questions can come: they reach the clients of one era only.
 */
export function clientKey({ envelope, era }: { envelope?: ClientSelf | undefined; era: Era }): string {
  if (envelope === undefined || Object.keys(envelope.capabilities).length === 0) return "";
  let digest = digests.get(envelope);
  if (digest === undefined) {
    const { capabilities, clientInfo } = envelope;
    digest = createHash("sha256")
      .update(canonicalJson([capabilities, clientInfo]))
      .digest("base64url");
    digests.set(envelope, digest);
  }
  return isInteractive(envelope) ? `${era} ${digest}` : digest;
}
