import { type JsonObject, stringAt } from "../domain/json.ts";
import { encodeNotification } from "../wire/message.ts";
import { allows, shownLog } from "./log-levels.ts";
import type { Session } from "./session.ts";
import type { Tasks } from "./tasks.ts";

/**
 * What an upstream says outside of any call on a connection that is one session's own, as that session is to see it;
 * nothing for what does not concern it. The lists' news come from the catalog instead.
 */
export class ScopeNews {
  readonly #sessionOf: (id: string) => Session | undefined;
  readonly #tasks: Tasks;

  constructor(deps: { sessionOf: (id: string) => Session | undefined; tasks: Tasks }) {
    this.#sessionOf = deps.sessionOf;
    this.#tasks = deps.tasks;
  }

  /** Dropped when the scope is no session's: a 2026 client hears only of its own requests. */
  tell(server: string, scope: string, method: string, params: JsonObject): void {
    const session = this.#sessionOf(scope);
    const shown = session && this.#shown(session, server, method, params);
    if (shown !== undefined) session?.send(encodeNotification(method, shown));
  }

  #shown(session: Session, server: string, method: string, params: JsonObject): JsonObject | undefined {
    const own = this.#tasks.notification(method, params, server, session.principal);
    switch (method) {
      case "notifications/message": {
        const isHeard = allows(session.logLevel, stringAt(params, "level"));
        return isHeard ? shownLog(session.endpoint, server, own) : undefined;
      }
      case "notifications/tasks/status":
      case "notifications/elicitation/complete":
        return own;
      default:
        return undefined;
    }
  }
}
