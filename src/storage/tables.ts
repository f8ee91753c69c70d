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
  readonly mcp_sessions: {
    readonly id: string;
    readonly endpoint: string;
    readonly tenant: string;
    readonly subject: string;
    readonly protocol_version: string;
    readonly capabilities: string;
    readonly client_info: string;
    readonly log_level: string | null;
    readonly subscriptions: string;
    readonly created_at: string;
    readonly last_seen_at: string;
  };
  readonly settings: { readonly key: string; readonly value: string };
  readonly tool_vectors: { readonly key: string; readonly vector: Uint8Array; readonly used_on: string };
  readonly idempotency_keys: {
    readonly id: string;
    readonly owner: string;
    readonly digest: string;
    readonly leg: string;
    readonly instance: string;
    readonly state: string;
    readonly answer: Uint8Array | null;
    readonly bytes: number;
    readonly started_at: string;
    readonly expires_at: string;
  };
  readonly gateway_instances: { readonly id: string; readonly seen_at: string };
  readonly calls: {
    readonly id: string;
    readonly tenant: string;
    readonly subject: string;
    readonly request_id: string;
    readonly server: string;
    readonly tool: string;
    readonly outcome: string;
    readonly failed: number;
    readonly view: string;
  };
  readonly migrations: { readonly name: string; readonly applied_at: string };
}
