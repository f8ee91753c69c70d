import type { JsonObject } from "./json.ts";
import type { Era } from "./protocol.ts";

/** All that one upstream said it has, as last seen. Definitions are verbatim; unknown fields survive. */
export interface Offering {
  readonly tools: readonly JsonObject[];
  readonly resources: readonly JsonObject[];
  readonly resourceTemplates: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions?: string | undefined;
  /** Eras that the upstream is known to speak. */
  readonly eras: readonly Era[];
  /** Malformed definitions that were left out. */
  readonly quarantined: readonly { readonly tool: string; readonly reason: string }[];
}

export const EMPTY_OFFERING: Offering = {
  tools: [],
  resources: [],
  resourceTemplates: [],
  prompts: [],
  capabilities: {},
  serverInfo: {},
  eras: [],
  quarantined: [],
};

/** A tool as the gateway knows it. */
export interface Tool {
  /** `<server>__<name>`, at most 48 characters; what callers use on the merged endpoint. */
  readonly id: string;
  readonly server: string;
  /** The upstream's own name. */
  readonly name: string;
  readonly description: string;
  /** Verbatim definition of the upstream. */
  readonly definition: JsonObject;
  /** `annotations.readOnlyHint === true`, strictly. A hint of the upstream, not a fact. */
  readonly readOnly: boolean;
  readonly idempotent: boolean;
  readonly destructive: boolean;
  readonly tags: readonly string[];
  /** SHA-256 of the canonical definition, hex. */
  readonly hash: string;
}
