import { createHash } from "node:crypto";

import type { Identity } from "../domain/identity.ts";
import { canonicalJson } from "../domain/json.ts";
import type { ToolCall } from "./call.ts";

/** What a key is looked up by: nothing of it can be read back from the database. */
export interface KeyIds {
  readonly id: string;
  readonly owner: string;
  readonly digest: string;
  /** A request with the user's answers is another part of the same call. Empty for the first part. */
  readonly leg: string;
}

/** Two callers, or two tools, never share a key. */
export function keyIds({ identity, tool, args, extra = {} }: ToolCall, key: string): KeyIds {
  const { inputResponses, requestState, ...asked } = extra;
  const isFirst = inputResponses === undefined && requestState === undefined;
  return {
    id: digestOf(["key", ...ownerOf(identity), tool.server, tool.name, key]),
    owner: digestOf(["owner", ...ownerOf(identity)]),
    digest: digestOf(["call", args, asked]),
    leg: isFirst ? "" : digestOf(["leg", inputResponses ?? null, requestState ?? null]),
  };
}

function ownerOf({ tenant, subject }: Identity): readonly string[] {
  return [tenant, subject];
}

function digestOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(canonicalJson(parts)).digest("base64url");
}
