/** JSON and times (ISO 8601, UTC) are kept as text, so that the same tables work on SQLite and on Postgres. */
export interface Tables {
  readonly servers: {
    readonly id: string;
    readonly name: string;
    readonly source: string;
    readonly version: number;
    readonly entry: string;
    readonly egress: string;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly offerings: { readonly server_id: string; readonly offering: string };
  readonly api_keys: {
    readonly id: string;
    readonly name: string;
    readonly role: string;
    readonly tenant: string;
    readonly hash: string;
    readonly created_at: string;
    readonly expires_at: string | null;
    readonly last_used_at: string | null;
    readonly revoked_at: string | null;
  };
  readonly http_tools: {
    readonly id: string;
    readonly name: string;
    readonly revision: number;
    readonly definition: string;
    readonly created_at: string;
    readonly updated_at: string;
  };
  readonly settings: { readonly key: string; readonly value: string };
  readonly migrations: { readonly name: string; readonly applied_at: string };
}
