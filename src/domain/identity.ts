/** Each role may do all that the roles before it may. */
export const ROLES = ["viewer", "user", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Who calls. Always the outcome of an authentication, never a stand-in for "anybody". */
export interface Identity {
  readonly subject: string;
  readonly tenant: string;
  readonly role: Role;
  /** The id of the API key that proved the identity, if one did. */
  readonly keyId?: string;
}
