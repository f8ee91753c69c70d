import { Forbidden } from "../domain/errors.ts";
import { type Identity, ROLES, type Role } from "../domain/identity.ts";

/** Every action and the least role that may take it. */
const NEEDED_ROLE = {
  "mcp:connect": "viewer",
  "server:read": "viewer",
  "server:test": "operator",
  "server:write": "operator",
  /** To name a command is to run a program on this machine. */
  "server:write-command": "admin",
  "tool:read": "viewer",
  "tool:call": "user",
  "tool:write": "operator",
  /** One's own calls. */
  "call:read": "viewer",
  "call:read-all": "operator",
  "resource:read": "user",
  "prompt:get": "user",
  "health:read": "viewer",
  "metrics:read": "viewer",
  "cache:read": "viewer",
  "cache:purge": "operator",
  "key:read": "admin",
  "key:write": "admin",
} as const satisfies Readonly<Record<string, Role>>;

export type Action = keyof typeof NEEDED_ROLE;
export const ACTIONS = Object.keys(NEEDED_ROLE) as readonly Action[];

const RANK = new Map<Role, number>(ROLES.map((role, rank) => [role, rank]));

/** A role that is not known may do nothing. */
export function allows(identity: Identity, action: Action): boolean {
  const rank = RANK.get(identity.role);
  const needed = RANK.get(NEEDED_ROLE[action]);
  return rank !== undefined && needed !== undefined && rank >= needed;
}

/** Throws Forbidden. */
export function authorize(identity: Identity, action: Action): void {
  if (!allows(identity, action)) throw new Forbidden(identity.subject, action, neededRole(action));
}

export function neededRole(action: Action): Role {
  return NEEDED_ROLE[action];
}
